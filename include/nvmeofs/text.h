// Text from outside, made fit for a line of a log or a file.
#pragma once

#include <string>
#include <string_view>

namespace nvmeofs {

// Control characters, DEL and bytes that are no UTF-8 as \xNN, and the backslash doubled: one line,
// and nothing that a terminal would obey. Cut at `limit` bytes with an ellipsis.
std::string printable(std::string_view text, std::size_t limit = 256);

// One word of a shell. A control character (another program may have put one into a name) takes
// bash's $'' form, so that a command always stays on one line.
std::string shell_word(std::string_view text);

}  // namespace nvmeofs
