// Real disks, mounts and networks for the tests of the probes, each gone at the end of its scope.
// Everything here needs root, and says so by failing: none of it is skipped.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "nvmeofs/export.h"
#include "nvmeofs/fd.h"

namespace nvmeofs::test {

// A shell command that must succeed; what it says is shown if it does not.
void run(const std::string& command);

DevicePath device_path(const std::string& text);
std::size_t open_descriptors();
dev_t number_of(const std::string& node);

// A mount or network namespace of this process's own, left again at the end.
class PrivateNamespace {
 public:
  explicit PrivateNamespace(int kind);  // CLONE_NEWNS, CLONE_NEWNET
  ~PrivateNamespace();

 private:
  int kind_;
  Fd before_;
};

class TempFolder {
 public:
  TempFolder();
  ~TempFolder();
  const std::string& path() const { return path_; }
  std::string operator/(std::string_view name) const;

  // A sparse file of that many MiB; its path.
  std::string file(std::string_view name, unsigned mebibytes) const;

 private:
  std::string path_;
};

// A disk whose contents are a file: the kernel sees partitions on it, as on any disk.
class LoopDisk {
 public:
  explicit LoopDisk(const std::string& backing, bool read_only = false);
  ~LoopDisk();
  const std::string& node() const { return node_; }
  dev_t number() const { return number_of(node_); }

  // As a partition table would; the node of the partition.
  std::string add_partition(int number, unsigned start_mebibytes, unsigned mebibytes);

 private:
  std::string node_;
};

class MountedAt {
 public:
  MountedAt(const std::string& source, const std::string& target, const std::string& type,
            unsigned long flags = 0, const std::string& data = "");
  ~MountedAt();

 private:
  std::string target_;
};

// A mount of type fuse.nvmeofs that nobody serves: whoever touches a file in it waits for ever.
class DeadMount {
 public:
  explicit DeadMount(const std::string& target);
  int channel() const { return channel_.get(); }

 private:
  Fd channel_;
  MountedAt mount_;
};

class SwapOn {
 public:
  explicit SwapOn(std::string path);
  ~SwapOn();

 private:
  std::string path_;
};

// Another process that has done something and waits until the end of the scope. `act` runs in the
// child and says whether it succeeded.
class OtherProcess {
 public:
  explicit OtherProcess(const std::function<bool()>& act);
  ~OtherProcess();
  pid_t pid() const { return pid_; }

 private:
  pid_t pid_ = -1;
  Fd hold_;
};

// Whether it is readable, or becomes so in that time.
bool becomes_readable(int fd, std::chrono::milliseconds limit = std::chrono::seconds(2));
bool is_readable(int fd);

// Writes bytes into a file or disk.
void write_at(const std::string& path, off_t offset, std::string_view bytes);

}  // namespace nvmeofs::test
