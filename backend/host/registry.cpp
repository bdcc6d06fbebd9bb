#include "registry.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/filesystem.hpp>
#include <cerrno>

#include "attribute.h"
#include "nvmeofs/fd.h"

namespace nvmeofs {
namespace {

namespace fs = boost::filesystem;
using ErrorCode = boost::system::error_code;

int write_file(const fs::path& file, const std::string& line) {
  const std::string text = line + "\n";
  const Fd fd(open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644));
  if (!fd) return errno;
  if (fchmod(fd.get(), 0644) != 0) return errno;
  return write(fd.get(), text.data(), text.size()) < 0 ? errno : 0;
}

int write_entry(const fs::path& entry, const std::string& owner, const std::string& sysfs) {
  if (chmod(entry.c_str(), 0755) != 0) return errno;
  if (const auto number = read_attribute(sysfs + "/kernel/uevent_seqnum")) {
    if (const int errnum = write_file(entry / "seqnum", *number); errnum != 0) return errnum;
  }
  return write_file(entry / "owner", owner);
}

}  // namespace

int register_owner(const std::string& folder, const std::string& controller,
                   const std::string& owner, const std::string& sysfs) {
  if (!is_controller_name(controller)) return EINVAL;
  ErrorCode error;
  fs::create_directories(folder, error);
  if (error) return error.value();
  // Hidden, as libnvme's own are, until it is whole.
  std::string made = (fs::path(folder) / ("." + controller + ".XXXXXX")).string();
  if (mkdtemp(made.data()) == nullptr) return errno;
  int errnum = write_entry(made, owner, sysfs);
  const fs::path entry = fs::path(folder) / controller;
  ErrorCode ignored;
  if (errnum == 0) {
    fs::remove_all(entry, ignored);  // of a controller that is gone: its name is ours now
    if (rename(made.c_str(), entry.c_str()) == 0) return 0;
    errnum = errno;
  }
  fs::remove_all(made, ignored);
  return errnum;
}

bool has_owner(const std::string& folder, const std::string& controller, const std::string& owner) {
  return is_controller_name(controller) &&
         read_attribute((fs::path(folder) / controller / "owner").string()) == owner;
}

void unregister_owner(const std::string& folder, const std::string& controller,
                      const std::string& owner) {
  if (!has_owner(folder, controller, owner)) return;
  ErrorCode ignored;
  fs::remove_all(fs::path(folder) / controller, ignored);
}

}  // namespace nvmeofs
