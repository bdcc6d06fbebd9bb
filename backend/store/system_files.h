// The system calls that the state file is written and read with, in a place where a test can refuse
// each of them.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <string>
#include <vector>

namespace nvmeofs {

// As the system calls of the same names, errno included. No state: any thread.
class SystemFiles {
 public:
  virtual ~SystemFiles() = default;

  // The real one, for the life of the program.
  static SystemFiles& real();

  virtual int mkdir(const char* path, mode_t mode);
  virtual int openat(int directory, const char* name, int flags, mode_t mode);
  virtual int fstat(int fd, struct stat* result);
  virtual ssize_t read(int fd, void* data, std::size_t size);
  virtual ssize_t write(int fd, const void* data, std::size_t size);
  virtual int fchmod(int fd, mode_t mode);
  virtual int ftruncate(int fd, off_t size);
  virtual int fsync(int fd);
  virtual int flock(int fd, int operation);
  virtual int linkat(int directory, const char* from, const char* to);
  virtual int renameat(int directory, const char* from, const char* to);
  virtual int unlinkat(int directory, const char* name);

  // readdir(3) from the beginning, without . and ..
  virtual int list(int directory, std::vector<std::string>& names);
};

}  // namespace nvmeofs
