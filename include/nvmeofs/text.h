// Text from outside, made fit for a line of a log or a file.
#pragma once

#include <string>
#include <string_view>

namespace nvmeofs {

// Control characters, DEL and bytes that are no UTF-8 as \xNN, and the backslash doubled: one line,
// and nothing that a terminal would obey. Cut at `limit` bytes with an ellipsis.
std::string printable(std::string_view text, std::size_t limit = 256);

// What is no UTF-8 as \xNN, and all else as it is: for formats that escape by rules of their own,
// and must be UTF-8.
std::string as_utf8(std::string_view text);

// The value of the first KEY=value among what stands between separators; empty: there is none, or
// nothing behind its "=".
std::string_view value_of(std::string_view text, char separator, std::string_view key);

// One word of a shell. A control character (another program may have put one into a name) takes
// bash's $'' form, so that a command always stays on one line.
std::string shell_word(std::string_view text);

}  // namespace nvmeofs
