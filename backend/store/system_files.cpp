#include "store/system_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string_view>

#include "nvmeofs/fd.h"

namespace nvmeofs {

SystemFiles& SystemFiles::real() {
  static SystemFiles files;
  return files;
}

int SystemFiles::mkdir(const char* path, mode_t mode) {
  return ::mkdir(path, mode);
}

int SystemFiles::openat(int directory, const char* name, int flags, mode_t mode) {
  return ::openat(directory, name, flags, mode);
}

int SystemFiles::fstat(int fd, struct stat* result) {
  return ::fstat(fd, result);
}

ssize_t SystemFiles::read(int fd, void* data, std::size_t size) {
  return ::read(fd, data, size);
}

ssize_t SystemFiles::write(int fd, const void* data, std::size_t size) {
  return ::write(fd, data, size);
}

int SystemFiles::fchmod(int fd, mode_t mode) {
  return ::fchmod(fd, mode);
}

int SystemFiles::ftruncate(int fd, off_t size) {
  return ::ftruncate(fd, size);
}

int SystemFiles::fsync(int fd) {
  return ::fsync(fd);
}

int SystemFiles::flock(int fd, int operation) {
  return ::flock(fd, operation);
}

int SystemFiles::linkat(int directory, const char* from, const char* to) {
  return ::linkat(directory, from, directory, to, 0);
}

int SystemFiles::renameat(int directory, const char* from, const char* to) {
  return ::renameat(directory, from, directory, to);
}

int SystemFiles::unlinkat(int directory, const char* name) {
  return ::unlinkat(directory, name, 0);
}

int SystemFiles::list(int directory, std::vector<std::string>& names) {
  // An open file of its own: a dup would share the position with `directory`.
  Fd fd(::openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd) return -1;
  DIR* stream = ::fdopendir(fd.get());
  if (stream == nullptr) return -1;
  (void)fd.release();
  names.clear();
  errno = 0;  // readdir(3): the end and an error differ by errno only
  while (const dirent* entry = ::readdir(stream)) {
    const std::string_view name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  const int errnum = errno;
  ::closedir(stream);
  errno = errnum;
  return errnum == 0 ? 0 : -1;
}

}  // namespace nvmeofs
