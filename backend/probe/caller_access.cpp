#include "caller_access.h"

#include <fcntl.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <optional>
#include <thread>

#include "nvmeofs/text.h"
#include "path_walk.h"

namespace nvmeofs {
namespace {

// 0, or the errno of access(2) for reading and writing by that user. Whose thread this is has his
// groups for good.
int access_errno(const Caller& caller, const std::string& path) {
  // glibc's setgroups() would change all threads of the process.
  if (syscall(SYS_setgroups, caller.groups.size(), caller.groups.data()) != 0) return errno;
  setfsgid(caller.gid);
  setfsuid(caller.uid);  // takes the capabilities to read and write all files with it
  // It does not fail: it is asked what came of it.
  if (setfsuid(static_cast<uid_t>(-1)) != static_cast<int>(caller.uid) ||
      setfsgid(static_cast<gid_t>(-1)) != static_cast<int>(caller.gid))
    return EPERM;
  // Not glibc's faccessat(): where the kernel has no such call, that one asks for the process's
  // user instead, who is root.
  return syscall(SYS_faccessat2, AT_FDCWD, path.c_str(), R_OK | W_OK, AT_EACCESS) == 0 ? 0 : errno;
}

// An ACL's mask stands in the bits of the group.
bool is_roots_alone(const std::string& directory) {
  struct stat status {};
  return stat(directory.c_str(), &status) == 0 && status.st_uid == 0 &&
         (status.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

// The first directory on the way in which somebody else than root could put another thing.
std::optional<std::string> changeable_directory(const std::string& path) {
  std::optional<std::string> found;
  walk_path(
      path,
      [&](const Place& place) {
        if (!found && !is_roots_alone(place.directory)) found = place.directory;
        return found ? Walk::end : Walk::look;
      },
      [](const Place&, const struct stat*) {});
  return found;
}

}  // namespace

Result<void> check_caller_access(const Caller& caller, const std::string& path) {
  int errnum = EPERM;
  std::thread([&] { errnum = access_errno(caller, path); }).join();
  if (errnum != 0)
    return refuse(EACCES, Reason::device_not_yours,
                  "uid {} may not read and write it ({}), and could as a host of this export; root "
                  "may write it here, or let uid {} have it",
                  caller.uid, std::strerror(errnum), caller.uid);

  const auto changeable = changeable_directory(path);
  if (!changeable) return {};
  return refuse(EACCES, Reason::device_not_yours,
                "{} is not root's alone, so that others could lead the path to another disk; root "
                "may write it here",
                printable(*changeable));
}

}  // namespace nvmeofs
