#include "nvmet/configfs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstring>

#include "nvmeofs/fd.h"

namespace nvmeofs::configfs {

namespace bfs = boost::filesystem;

namespace {

// configfs hands out at most a page.
constexpr std::size_t page = 4096;

Fd open_file(const std::string& path, int flags) {
  int fd = -1;
  do fd = open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW);
  while (fd < 0 && errno == EINTR);
  return Fd(fd);
}

int errno_of(int result) {
  return result == 0 ? 0 : errno;
}

tl::unexpected<Error> cannot_read(const std::string& path, int errnum) {
  return refuse(errnum, Reason::kernel_refused, "cannot read {}: {}", path, strerror(errnum));
}

Result<std::vector<std::string>> entries_in(const std::string& path, bfs::file_type wanted) {
  boost::system::error_code error;
  std::vector<std::string> names;
  for (bfs::directory_iterator at(path, error), end; !error && at != end; at.increment(error)) {
    boost::system::error_code vanished;  // between the listing and the look at it
    if (at->symlink_status(vanished).type() == wanted)
      names.push_back(at->path().filename().string());
  }
  if (error) return cannot_read(path, error.value());
  return names;
}

}  // namespace

int make_directory(const std::string& path) {
  return errno_of(mkdir(path.c_str(), 0755));
}

int remove_directory(const std::string& path) {
  return errno_of(rmdir(path.c_str()));
}

int make_link(const std::string& target, const std::string& path) {
  return errno_of(symlink(target.c_str(), path.c_str()));
}

int remove_link(const std::string& path) {
  if (path.ends_with('/')) return EINVAL;
  return errno_of(unlink(path.c_str()));
}

int write_attribute(const std::string& path, std::string_view value) {
  // Without O_CREAT and O_TRUNC: the one is EACCES in configfs, the other has no meaning.
  const Fd file = open_file(path, O_WRONLY);
  if (!file) return errno;
  ssize_t written = 0;
  do written = write(file.get(), value.data(), value.size());
  while (written < 0 && errno == EINTR);
  if (written < 0) return errno;
  return static_cast<std::size_t>(written) == value.size() ? 0 : EIO;
}

int protect_attribute(const std::string& path) {
  return errno_of(chmod(path.c_str(), S_IRUSR | S_IWUSR));
}

Result<std::string> read_attribute(const std::string& path) {
  const Fd file = open_file(path, O_RDONLY);
  if (!file) return cannot_read(path, errno);
  std::array<char, page> text{};
  ssize_t length = 0;
  do length = read(file.get(), text.data(), text.size());
  while (length < 0 && errno == EINTR);
  if (length < 0) return cannot_read(path, errno);
  std::string_view value(text.data(), static_cast<std::size_t>(length));
  if (value.ends_with('\n')) value.remove_suffix(1);
  return std::string(value);
}

Result<std::string> read_link(const std::string& path) {
  boost::system::error_code error;
  const bfs::path target = bfs::read_symlink(path, error);
  if (error) return cannot_read(path, error.value());
  return target.filename().string();
}

Result<std::vector<std::string>> directories_in(const std::string& path) {
  return entries_in(path, bfs::directory_file);
}

Result<std::set<std::string>> attributes_in(const std::string& path) {
  return entries_in(path, bfs::regular_file).map([](const std::vector<std::string>& names) {
    return std::set<std::string>(names.begin(), names.end());
  });
}

Result<std::vector<std::string>> links_in(const std::string& path) {
  return entries_in(path, bfs::symlink_file);
}

}  // namespace nvmeofs::configfs
