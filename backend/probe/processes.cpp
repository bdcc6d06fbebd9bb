#include "processes.h"

#include <fmt/format.h>
#include <sys/sysmacros.h>

#include <boost/filesystem.hpp>
#include <charconv>
#include <fstream>
#include <sstream>

namespace nvmeofs {
namespace {

namespace fs = boost::filesystem;
using ErrorCode = boost::system::error_code;

std::optional<pid_t> pid_of(const fs::path& folder) {
  const std::string name = folder.filename().string();
  pid_t pid = 0;
  const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), pid);
  if (error != std::errc() || end != name.data() + name.size()) return std::nullopt;
  return pid;
}

std::string command_of(pid_t pid) {
  std::ifstream file(fmt::format("/proc/{}/comm", pid));
  std::string name;
  std::getline(file, name);
  return name;
}

// Named so from systemd 253 on; before, as the daemon itself.
bool is_of_udev(pid_t pid) {
  const std::string name = command_of(pid);
  return name == "(udev-worker)" || name == "systemd-udevd";
}

bool has_open(const fs::path& process, const std::string& path) {
  ErrorCode error;
  for (fs::directory_iterator entry(process / "fd", error), end; !error && entry != end;
       entry.increment(error)) {
    ErrorCode closed;
    if (fs::read_symlink(entry->path(), closed) == path) return true;
  }
  return false;
}

}  // namespace

std::string process_name(pid_t pid) {
  const std::string name = command_of(pid);
  if (name.empty()) return fmt::format("pid {}", pid);
  return fmt::format("{} (pid {})", name, pid);
}

std::optional<std::string> opener_of(const std::string& path) {
  ErrorCode error;
  for (fs::directory_iterator entry("/proc", error), end; !error && entry != end;
       entry.increment(error)) {
    const auto pid = pid_of(entry->path());
    if (pid && has_open(entry->path(), path) && !is_of_udev(*pid)) return process_name(*pid);
  }
  return std::nullopt;
}

std::optional<std::string> locker_of(const struct stat& file) {
  const std::string inode =
      fmt::format("{:02x}:{:02x}:{}", major(file.st_dev), minor(file.st_dev), file.st_ino);
  std::ifstream locks("/proc/locks");
  for (std::string line; std::getline(locks, line);) {
    // "1: FLOCK  ADVISORY  WRITE 4711 fe:00:10952753 0 EOF"; a waiter has "->" in second place.
    std::istringstream words(line);
    std::string number, type, mode, access, where;
    pid_t pid = 0;
    if (words >> number >> type >> mode >> access >> pid >> where && type == "FLOCK" &&
        where == inode) {
      return process_name(pid);
    }
  }
  return std::nullopt;
}

}  // namespace nvmeofs
