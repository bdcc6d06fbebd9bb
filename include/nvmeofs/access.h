// Whose a file of the view is, and what others may do with it.
#pragma once

#include <sys/types.h>

#include <map>
#include <optional>
#include <string>

namespace nvmeofs {

// What chown(1) and chmod(1) have left; what they have not is as the mount has it.
struct Access {
  static constexpr mode_t permissions =
      0777;  // of a mode: the view has no setuid and no sticky bit

  std::optional<uid_t> uid{};
  std::optional<gid_t> gid{};
  std::optional<mode_t> mode{};  // of `permissions` only
  bool operator==(const Access&) const = default;

  // With what `later` says laid over it.
  Access with(const Access& later) const {
    return {later.uid ? later.uid : uid, later.gid ? later.gid : gid,
            later.mode ? later.mode : mode};
  }
};

// Of one directory: by the name of the file, and "" is the directory itself.
using AccessOf = std::map<std::string, Access>;

}  // namespace nvmeofs
