// The way of a path, place by place, links followed one by one as the kernel does.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>

namespace nvmeofs {

struct Place {
  std::string path;
  std::string directory;  // in which its name is looked up
};

// What the visitor says of a place: nothing is touched before it has said `look`.
enum class Walk { look, end };

// An absolute path, from the root to its end. `visit` is asked before each place, and `seen` told
// what is there: nullptr where there is nothing, which is the end too. Any thread.
void walk_path(const std::string& path, const std::function<Walk(const Place&)>& visit,
               const std::function<void(const Place&, const struct stat*)>& seen);

}  // namespace nvmeofs
