#include "store/state_directory.h"

#include <fcntl.h>
#include <limits.h>
#include <spdlog/spdlog.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <random>
#include <system_error>
#include <vector>

#include "nvmeofs/text.h"
#include "store/state_keys.h"

namespace nvmeofs {

namespace {

constexpr std::string_view temporary_mark = ".tmp-";
constexpr std::size_t temporary_digits = 16;

std::string text_of(int errnum) {
  return std::generic_category().message(errnum);
}

tl::unexpected<Error> cannot_start(int errnum, const std::string& path, std::string_view why) {
  return refuse(errnum, Reason::mount_failed, "{}: {}", printable(path, PATH_MAX), why);
}

std::string parent_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

std::string temporary_name(const std::string& base) {
  std::random_device random;
  return fmt::format("{}{}{:08x}{:08x}", base, temporary_mark, random(), random());
}

bool is_temporary(std::string_view rest) {
  if (!rest.starts_with(temporary_mark)) return false;
  rest.remove_prefix(temporary_mark.size());
  return rest.size() == temporary_digits &&
         rest.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Of ".7", as name() writes it and in no other form: ".07" and ".7.bak" are somebody else's.
std::optional<std::uint64_t> generation_of(std::string_view rest) {
  if (!rest.starts_with('.')) return std::nullopt;
  rest.remove_prefix(1);
  if (rest.empty() || (rest.size() > 1 && rest.front() == '0')) return std::nullopt;
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
  if (error != std::errc{} || end != rest.data() + rest.size() || number > max_generation)
    return std::nullopt;
  return number;
}

// The whole of it; an errno, or 0. A signal may end write(2) early, and a full disk does.
int write_all(SystemFiles& files, int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = files.write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return errno;
    if (written == 0) return EIO;  // write(2) leaves it open; it would be tried for ever
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

StateDirectory::StateDirectory(std::string path, Fd directory, SystemFiles& files)
    : files_(&files),
      path_(std::move(path)),
      base_(path_.substr(path_.rfind('/') + 1)),
      directory_(std::move(directory)) {}

Result<StateDirectory> StateDirectory::open(std::string path, SystemFiles& files) {
  // A command to go back stands in messages: on one line.
  if (!path.starts_with('/') ||
      std::any_of(path.begin(), path.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    return cannot_start(EINVAL, path,
                        "a state file is an absolute path without control characters");
  const std::string base = path.substr(path.rfind('/') + 1);
  if (base.empty() || base == "." || base == "..")
    return cannot_start(EINVAL, path, "a state file is a file, not a directory");
  if (base.size() + temporary_mark.size() + temporary_digits > NAME_MAX)
    return cannot_start(ENAMETOOLONG, path, "its name is too long for others to stand beside it");

  const std::string parent = parent_of(path);
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;
  Fd directory(files.openat(AT_FDCWD, parent.c_str(), flags, 0));
  if (!directory && errno == ENOENT) {
    if (files.mkdir(parent.c_str(), 0700) != 0 && errno != EEXIST) {
      const int errnum = errno;
      return cannot_start(errnum, path,
                          fmt::format("the directory {} cannot be made: {}; only the last one of a "
                                      "path is made",
                                      printable(parent, PATH_MAX), text_of(errnum)));
    }
    // Else a power cut takes the directory, with all that was synced in it.
    const Fd above(files.openat(AT_FDCWD, parent_of(parent).c_str(), flags, 0));
    if (!above || files.fsync(above.get()) != 0) {
      const int errnum = errno;
      return cannot_start(errnum, path,
                          "its directory was made, but not onto the disk: " + text_of(errnum));
    }
    directory = Fd(files.openat(AT_FDCWD, parent.c_str(), flags, 0));
  }
  struct stat status {};
  if (!directory || files.fstat(directory.get(), &status) != 0) {
    const int errnum = errno;
    return cannot_start(errnum, path, "its directory cannot be opened: " + text_of(errnum));
  }
  // Who may rename there can put an old generation in the place of the state.
  const bool others =
      (status.st_mode & (S_IWGRP | S_IWOTH)) != 0 && (status.st_mode & S_ISVTX) == 0;
  if (others || (status.st_uid != 0 && status.st_uid != ::geteuid()))
    return cannot_start(EPERM, path,
                        fmt::format("others may rename files in {0}; chown {1} {0}, chmod go-w {0}",
                                    shell_word(parent), ::geteuid()));

  StateDirectory result(std::move(path), std::move(directory), files);
  if (auto locked = result.lock(); !locked) return tl::unexpected(locked.error());
  return result;
}

Result<void> StateDirectory::lock() {
  const std::string file = path_ + ".lock";
  lock_ = Fd(files_->openat(directory_.get(), (base_ + ".lock").c_str(),
                            O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600));
  struct stat status {};
  if (!lock_ || files_->fstat(lock_.get(), &status) != 0) {
    const int errnum = errno;
    return cannot_start(errnum, file, text_of(errnum));
  }
  if (!S_ISREG(status.st_mode) || status.st_uid != ::geteuid())
    return cannot_start(EPERM, file, "it is no regular file of our own; remove it");
  if (files_->flock(lock_.get(), LOCK_EX | LOCK_NB) != 0) {
    const int errnum = errno;
    if (errnum != EWOULDBLOCK) return cannot_start(errnum, file, text_of(errnum));
    std::array<char, 16> pid{};
    const auto length = files_->read(lock_.get(), pid.data(), pid.size());
    std::string holder(pid.data(), length > 0 ? static_cast<std::size_t>(length) : 0);
    holder.erase(std::min(holder.find_first_not_of("0123456789"), holder.size()));
    return cannot_start(EBUSY, path_,
                        holder.empty() ? std::string("another nvmeofs uses it")
                                       : fmt::format("process {} uses it; one nvmeofs has one "
                                                     "state file",
                                                     holder));
  }
  // Who may open it may lock it (flock(2)): nobody else. The pid is for a person only.
  if (files_->fchmod(lock_.get(), 0600) != 0 || files_->ftruncate(lock_.get(), 0) != 0) {
    const int errnum = errno;
    return cannot_start(errnum, file, text_of(errnum));
  }
  if (const int errnum = write_all(*files_, lock_.get(), fmt::format("{}\n", ::getpid())))
    return cannot_start(errnum, file, text_of(errnum));
  return {};
}

std::string StateDirectory::name(std::uint64_t generation) const {
  return fmt::format("{}.{}", base_, generation);
}

std::string StateDirectory::path(std::uint64_t generation) const {
  return fmt::format("{}.{}", path_, generation);
}

Result<std::set<std::uint64_t>> StateDirectory::generations() {
  std::vector<std::string> names;
  if (files_->list(directory_.get(), names) != 0) {
    const int errnum = errno;
    return refuse(errnum, Reason::state_unreadable, "its directory cannot be read: {}",
                  text_of(errnum));
  }
  std::set<std::uint64_t> numbers;
  for (const std::string_view name : names)
    if (name.starts_with(base_))
      if (const auto number = generation_of(name.substr(base_.size()))) numbers.insert(*number);
  return numbers;
}

void StateDirectory::tidy() {
  std::vector<std::string> names;
  if (files_->list(directory_.get(), names) != 0) return;  // generations() tells
  const auto status_of = [this](const std::string& name) -> std::optional<struct stat> {
    const Fd fd(files_->openat(directory_.get(), name.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC, 0));
    struct stat status {};
    if (!fd || files_->fstat(fd.get(), &status) != 0) return std::nullopt;
    return status;
  };
  const auto own = status_of(base_);
  for (const auto& name : names) {
    if (!name.starts_with(base_)) continue;
    const auto rest = std::string_view(name).substr(base_.size());
    if (is_temporary(rest)) unlink(name);
    // An editor that writes in place would change both.
    if (own && own->st_nlink > 1 && generation_of(rest))
      if (const auto other = status_of(name);
          other && other->st_dev == own->st_dev && other->st_ino == own->st_ino)
        unlink(name);
  }
}

Result<StateDirectory::Content> StateDirectory::read() {
  return read(base_);
}

Result<StateDirectory::Content> StateDirectory::read(std::uint64_t generation) {
  return read(name(generation));
}

Result<StateDirectory::Content> StateDirectory::read(const std::string& name) {
  const auto unreadable = [](int errnum, std::string_view why) {
    return refuse(errnum, Reason::state_unreadable, "{}", why);
  };
  const auto failed = [&] {
    const int errnum = errno;
    return errnum == ELOOP
               ? unreadable(errnum, "it is a symbolic link, and only a file is read; move it away")
               : unreadable(errnum, "it cannot be read: " + text_of(errnum));
  };
  const Fd fd(files_->openat(directory_.get(), name.c_str(),
                             O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0));
  struct stat status {};
  if (!fd || files_->fstat(fd.get(), &status) != 0) return failed();
  if (!S_ISREG(status.st_mode))
    return unreadable(EINVAL, "it is no regular file, and only such is read; move it away");
  const std::string quoted = shell_word(parent_of(path_) + "/" + name);
  if (status.st_uid != ::geteuid())
    return unreadable(EPERM, fmt::format("it belongs to user {}, who may have written anything; if "
                                         "it is right: chown {} {}",
                                         status.st_uid, ::geteuid(), quoted));
  if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0)
    return unreadable(EPERM,
                      fmt::format("others than its owner may have written to it (mode {:o}); "
                                  "if it is right: chmod 600 {}",
                                  status.st_mode & 07777U, quoted));

  const auto seconds = std::chrono::seconds(status.st_mtim.tv_sec);
  Content content{{}, std::chrono::system_clock::time_point(seconds)};
  std::array<char, 65536> piece{};
  for (;;) {
    const ssize_t length = files_->read(fd.get(), piece.data(), piece.size());
    if (length < 0 && errno == EINTR) continue;
    if (length < 0) return failed();
    if (length == 0) return content;
    content.text.append(piece.data(), static_cast<std::size_t>(length));
    if (content.text.size() > max_size)
      return unreadable(EFBIG, fmt::format("it is larger than {} MiB", max_size >> 20U));
  }
}

bool StateDirectory::is_kept_as(std::uint64_t generation) {
  const auto now = read();
  const auto kept = read(generation);
  return now && kept && now->text == kept->text;
}

void StateDirectory::unlink(const std::string& name) {
  if (files_->unlinkat(directory_.get(), name.c_str()) == 0 || errno == ENOENT) return;
  spdlog::warn("{}/{} cannot be removed: {}", printable(parent_of(path_), PATH_MAX),
               printable(name), text_of(errno));
}

void StateDirectory::remove(std::uint64_t generation) {
  unlink(name(generation));
}

Result<void> StateDirectory::replace(std::string_view text, std::optional<std::uint64_t> keep) {
  const auto failed = [this](int errnum, std::string_view call, std::string_view then) {
    return refuse(errnum, Reason::not_saved, "{} cannot be written ({}: {}); {}",
                  printable(path_, PATH_MAX), call, text_of(errnum), then);
  };
  constexpr std::string_view as_before = "it is as it was";

  const std::string temporary = temporary_name(base_);
  // Of one system call, as the last thing before its errno is used.
  const auto undo = [&](std::string_view call, bool linked) {
    const int errnum = errno;
    unlink(temporary);
    if (linked) unlink(name(*keep));
    return failed(errnum, call, as_before);
  };

  {
    const Fd fd(files_->openat(directory_.get(), temporary.c_str(),
                               O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600));
    if (!fd) {
      const int errnum = errno;
      return failed(errnum, "open", as_before);
    }
    if (files_->fchmod(fd.get(), 0600) != 0) return undo("fchmod", false);  // whatever the umask is
    if (const int errnum = write_all(*files_, fd.get(), text)) {
      errno = errnum;
      return undo("write", false);
    }
    // After an error the pages count as clean (fsync(2)): never again on this file.
    if (files_->fsync(fd.get()) != 0) return undo("fsync", false);
  }

  bool linked = false;
  if (keep && files_->linkat(directory_.get(), base_.c_str(), name(*keep).c_str()) == 0) {
    linked = true;
  } else if (keep && errno == ENOENT) {
    keep.reset();  // somebody has removed the state: nothing is there to be kept
  } else if (keep) {
    const int errnum = errno;
    if (errnum != EEXIST || !is_kept_as(*keep)) {
      errno = errnum;
      return undo("link", false);
    }
  }
  if (files_->renameat(directory_.get(), temporary.c_str(), base_.c_str()) != 0)
    return undo("rename", linked);
  if (files_->fsync(directory_.get()) != 0) {
    const int errnum = errno;
    certain_ = false;
    return failed(errnum, "fsync of its directory", put_back(keep));
  }
  certain_ = true;
  return {};
}

// Both are names of whole files: a power cut between any two of these calls finds one of them.
std::string StateDirectory::put_back(std::optional<std::uint64_t> kept) {
  const int done = kept ? files_->renameat(directory_.get(), name(*kept).c_str(), base_.c_str())
                        : files_->unlinkat(directory_.get(), base_.c_str());
  if (done != 0)
    return fmt::format("it holds the new state, and the old one could not be put back: {}",
                       text_of(errno));
  // It fails as the one before did, or brings the old name to the disk; nothing is promised of it.
  if (files_->fsync(directory_.get()) == 0) return "it is as it was";
  return "it is as it was, but until a change is saved a power cut may bring the new state back";
}

}  // namespace nvmeofs
