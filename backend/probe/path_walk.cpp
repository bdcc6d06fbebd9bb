#include "path_walk.h"

#include <boost/filesystem.hpp>
#include <cerrno>
#include <deque>
#include <optional>

namespace nvmeofs {
namespace {

namespace fs = boost::filesystem;

// The names that are still to be walked.
class Way {
 public:
  // Before those that are left; an absolute path begins at the root.
  void prepend(const fs::path& path) {
    if (path.is_absolute()) at_ = "/";
    std::deque<std::string> names;
    for (const fs::path& name : path.relative_path()) names.push_back(name.string());
    names_.insert(names_.begin(), names.begin(), names.end());
  }

  // The next place; none at the end of the way.
  std::optional<std::string> next() {
    while (!names_.empty()) {
      const std::string name = std::move(names_.front());
      names_.pop_front();
      if (name.empty() || name == ".") continue;
      if (name != "..") return (at_ / name).string();
      at_ = at_.has_relative_path() ? at_.parent_path() : at_;
    }
    return std::nullopt;
  }

  void enter(const std::string& directory) { at_ = directory; }
  std::string at() const { return at_.string(); }

 private:
  fs::path at_ = "/";
  std::deque<std::string> names_;
};

}  // namespace

void walk_path(const std::string& path, const std::function<Walk(const Place&)>& visit,
               const std::function<void(const Place&, const struct stat*)>& seen) {
  constexpr int most_links = 40;  // as the kernel has it
  Way way;
  way.prepend(path);
  int links = 0;
  while (const auto next = way.next()) {
    const Place place{*next, way.at()};
    if (visit(place) == Walk::end) return;
    struct stat status {};
    if (lstat(place.path.c_str(), &status) != 0) {
      if (errno == ENOENT) seen(place, nullptr);
      return;
    }
    seen(place, &status);
    if (S_ISDIR(status.st_mode)) {
      way.enter(place.path);
    } else if (S_ISLNK(status.st_mode)) {
      boost::system::error_code error;
      const fs::path target = fs::read_symlink(place.path, error);
      if (error || ++links > most_links) return;
      way.prepend(target);
    } else {
      return;
    }
  }
}

}  // namespace nvmeofs
