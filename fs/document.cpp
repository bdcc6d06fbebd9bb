#include "fs/document.h"

#include <cerrno>
#include <utility>

namespace nvmeofs {
namespace {

constexpr std::string_view blanks = " \t\r\n";

}  // namespace

Whole whole_json(std::string_view text) {
  const auto begin = text.find_first_not_of(blanks);
  if (begin == std::string_view::npos) return Whole::no;
  // Of what is no object and no list nobody waits for the rest: it is refused at once.
  if (text[begin] != '{' && text[begin] != '[') return Whole::yes;
  std::size_t depth = 0;
  bool in_string = false;
  for (std::size_t i = begin; i < text.size(); ++i) {
    const char c = text[i];
    if (in_string) {
      if (c == '\\') ++i;
      if (c == '"') in_string = false;
      continue;
    }
    if (c == '"') in_string = true;
    if (c == '{' || c == '[') ++depth;
    if ((c == '}' || c == ']') && --depth == 0) return Whole::yes;
  }
  return Whole::no;
}

Whole whole_lines(std::string_view text) {
  return text.ends_with('\n') ? Whole::yes : Whole::unless_more_comes;
}

Result<void> WrittenDocument::add(const Caller& caller, std::string_view bytes, off_t offset,
                                  bool append) {
  if (offset == 0 && !append) {
    forgotten_ = false;
    text_.clear();
    end_ = 0;
  }
  const auto refused = [this](tl::unexpected<Error> error) {
    forget();
    return error;
  };
  if (forgotten_ || (!append && offset != end_))
    return refused(
        refuse(EINVAL, Reason::not_one_write,
               "a document is written from its beginning on, each piece behind the last"));
  if (bytes.size() > longest - text_.size())
    return refused(
        refuse(EFBIG, Reason::too_long, "a document has no more than {} bytes", longest));
  if (bytes.find('\0') != std::string_view::npos)
    return refused(
        refuse(EINVAL, Reason::bad_value, "the document has a NUL byte; write plain text"));
  text_ += bytes;
  end_ = offset + static_cast<off_t>(bytes.size());
  caller_ = caller;
  return {};
}

bool WrittenDocument::is_blank() const {
  return text_.find_first_not_of(blanks) == std::string::npos;
}

std::string WrittenDocument::take() {
  return std::exchange(text_, {});
}

void WrittenDocument::forget() {
  text_.clear();
  forgotten_ = true;
}

}  // namespace nvmeofs
