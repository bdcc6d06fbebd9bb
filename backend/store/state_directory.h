// The state file and what lies beside it, as bytes:
//
//   state.json                  the state
//   state.json.7                what it was as generation 7: a hard link, made before it is
//   replaced state.json.lock             locked (flock) for the life of this object; the holder's
//   pid state.json.tmp-<16 digits>  the next one while it is written
//
// Nothing else in the directory is looked at.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "nvmeofs/error.h"
#include "nvmeofs/fd.h"
#include "store/system_files.h"

namespace nvmeofs {

// One thread. All calls are relative to one descriptor of the directory: it stays the same one when
// something is mounted over it or it is renamed, as the lock in it does.
class StateDirectory {
 public:
  static constexpr std::size_t max_size = 64U << 20U;

  struct Content {
    std::string text;
    std::chrono::system_clock::time_point written;
  };

  // Makes the directory (not its parent) with mode 0700, durably, and takes the lock. Refused with
  // Reason::mount_failed: EINVAL of a path that is not absolute, EPERM of a directory in which
  // others may rename, EBUSY of a lock that another program holds, the errno of the system call.
  // `path`: the state file. `files` outlives the result.
  static Result<StateDirectory> open(std::string path, SystemFiles& files);

  const std::string& path() const { return path_; }
  std::string path(std::uint64_t generation) const;

  // The numbers that stand behind "state.json.".
  Result<std::set<std::uint64_t>> generations();

  // Removes what a killed program left: temporary files, and the link to a file that was not
  // replaced any more. What cannot be removed is logged.
  void tidy();

  // Only a regular file of our own that nobody else can write is believed; never follows a link,
  // never waits for a FIFO. Reason::state_unreadable: ENOENT, ELOOP, EINVAL (not a regular file),
  // EPERM (owner, mode), EFBIG, or the errno of the system call.
  Result<Content> read();
  Result<Content> read(std::uint64_t generation);

  // Whether both can be read and hold the same bytes.
  bool is_kept_as(std::uint64_t generation);

  // On success `text` is on the disk as the state file, and what was there before is kept under
  // `keep`. On an error, Reason::not_saved with the errno of the system call, the file is as before
  // and nothing new is beside it; EEXIST: another file has the name of `keep`.
  //
  // When only the directory's fsync fails, the old file is put back; whether a power cut would find
  // the old one or the new one cannot be known then, and the message says so. `certain()` is false
  // from then until a replace has succeeded.
  Result<void> replace(std::string_view text, std::optional<std::uint64_t> keep);
  bool certain() const { return certain_; }

  // Best effort; logged when it fails.
  void remove(std::uint64_t generation);

 private:
  StateDirectory(std::string path, Fd directory, SystemFiles& files);

  Result<void> lock();
  std::string name(std::uint64_t generation) const;
  Result<Content> read(const std::string& name);
  void unlink(const std::string& name);
  std::string put_back(std::optional<std::uint64_t> kept);

  SystemFiles* files_;
  std::string path_;
  std::string base_;  // behind the last slash of it
  Fd directory_;
  Fd lock_;
  bool certain_ = true;
};

}  // namespace nvmeofs
