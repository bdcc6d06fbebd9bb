// Open files and directories. A text is that of the moment of the open, so two reads of one open
// never mix two values; a listing is frozen, so offsets hold whatever is made or removed meanwhile.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "fs/branch.h"

namespace nvmeofs {

// Any thread.
class OpenFile {
 public:
  // `target` is what can be written; nullptr for a file opened for reading.
  OpenFile(std::string text, std::shared_ptr<const WritableFile> target, bool append);

  const std::string& text() const { return text_; }
  const std::shared_ptr<const WritableFile>& target() const { return target_; }

  // What a write at this offset means: true adds to the list, false is a new value.
  // EINVAL (not_one_write) for a value that comes in pieces.
  //
  // Shells write line by line: bash's printf 'a\nb\n' is two writes, at offsets 0 and 2. With
  // O_APPEND the kernel sends the size that it has cached, so the offset says nothing then.
  Result<bool> appends(off_t offset) const;
  // The write was accepted.
  void accepted(off_t offset, std::size_t size);

  // A piece of a document: the document, when that is all of it.
  Result<std::optional<std::string>> add(const Caller& caller, std::string_view bytes,
                                         off_t offset);
  struct Rest {
    Caller caller;
    std::string text;
  };
  // What no write made whole, when a descriptor of the file is closed; nothing: nothing is left, or
  // another descriptor's user may still write the rest. EINVAL: it is no document without that.
  Result<std::optional<Rest>> rest();
  // The same when nobody can write any more.
  std::optional<Rest> last_rest();
  void forget();  // the document was refused

 private:
  const std::string text_;
  const std::shared_ptr<const WritableFile> target_;
  const bool append_;
  mutable std::mutex mutex_;
  off_t end_ = 0;  // of the last accepted write; 0: none yet
  WrittenDocument document_;
};

using OpenDirectory = std::vector<Entry>;

// Handles by number, never by address: a number that was never given out is nothing. Any thread.
class Handles {
 public:
  std::uint64_t add(std::shared_ptr<OpenFile> file);
  std::uint64_t add(std::shared_ptr<const OpenDirectory> directory);
  std::shared_ptr<OpenFile> file(std::uint64_t handle) const;                  // or nullptr
  std::shared_ptr<const OpenDirectory> directory(std::uint64_t handle) const;  // or nullptr
  void remove(std::uint64_t handle);

 private:
  using Open = std::variant<std::shared_ptr<OpenFile>, std::shared_ptr<const OpenDirectory>>;
  std::uint64_t insert(Open open);

  mutable std::mutex mutex_;
  std::map<std::uint64_t, Open> open_;
  std::uint64_t next_ = 1;
};

}  // namespace nvmeofs
