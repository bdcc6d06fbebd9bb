// A file that is one document, in the format of another program: an export and an import at once.
// It stands beside the directories that people make, and cp takes it both ways.
#pragma once

#include <sys/stat.h>
#include <sys/types.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "fs/node.h"
#include "nvmeofs/error.h"
#include "nvmeofs/intent.h"

namespace nvmeofs {

// Whether a text is a whole document.
enum class Whole {
  no,
  unless_more_comes,  // only the end of the file tells
  yes,
};

struct Document {
  std::string_view name;
  NodeId node = 0;
  mode_t mode = 0;
  Whole (*whole)(std::string_view text) = nullptr;
};

// JSON says where it ends.
Whole whole_json(std::string_view text);
// A text of lines goes on after each of them; what ends in the middle of one is not all of it.
Whole whole_lines(std::string_view text);

// A document that is being written: cp sends blocks, a shell lines. One thread at a time.
class WrittenDocument {
 public:
  static constexpr std::size_t longest = std::size_t{1} << 20;

  // The next piece. EINVAL (not_one_write) for one that is not behind the last, EFBIG, EINVAL; then
  // all is as after forget(). At offset 0 it begins anew; with `append` the offset says nothing.
  Result<void> add(const Caller& caller, std::string_view bytes, off_t offset, bool append);

  const std::string& text() const { return text_; }
  const Caller& caller() const { return caller_; }  // of the last piece
  // Nothing but blanks.
  bool is_blank() const;
  // What has come; the next piece begins another document.
  std::string take();
  // Of what was refused no piece counts any more, until it begins anew: the rest of it alone could
  // be a document too.
  void forget();

 private:
  std::string text_;
  off_t end_ = 0;  // of the last piece
  bool forgotten_ = false;
  Caller caller_;
};

}  // namespace nvmeofs
