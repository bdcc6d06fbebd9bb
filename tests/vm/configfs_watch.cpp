#include "configfs_watch.h"

#include <gtest/gtest.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <array>
#include <filesystem>

#include "nvmet_tree.h"

namespace nvmeofs::vm {

ConfigfsWatch::ConfigfsWatch() : fd_(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK)) {
  watch(nvmet);
  for (const auto& entry : std::filesystem::recursive_directory_iterator(nvmet))
    if (entry.is_directory() && !entry.is_symlink()) watch(entry.path());
}

ConfigfsWatch::~ConfigfsWatch() {
  ::close(fd_);
}

std::string ConfigfsWatch::seen() {
  std::string text;
  alignas(inotify_event) std::array<char, 65536> events{};
  for (ssize_t size = 0; (size = ::read(fd_, events.data(), events.size())) > 0;) {
    for (const char* at = events.data(); at < events.data() + size;) {
      const auto* event = reinterpret_cast<const inotify_event*>(at);
      text += folders_[event->wd] + "/" + (event->len > 0 ? event->name : "") + "\n";
      at += sizeof(inotify_event) + event->len;
    }
  }
  return text;
}

// On directories: a watch on an attribute itself never fires.
void ConfigfsWatch::watch(const std::string& folder) {
  const int wd = ::inotify_add_watch(
      fd_, folder.c_str(), IN_CREATE | IN_DELETE | IN_MODIFY | IN_CLOSE_WRITE | IN_ATTRIB);
  EXPECT_GE(wd, 0) << folder;
  folders_[wd] = folder;
}

}  // namespace nvmeofs::vm
