#include "nvmeofs/step.h"

#include <fmt/format.h>

#include <algorithm>

namespace nvmeofs {

namespace {

bool needs_no_quotes(unsigned char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("_./:%@+=,-").find(static_cast<char>(c)) != std::string_view::npos;
}

// One shell word. A control character (another program may have put one into a name) takes bash's
// $'' form, so that a step always stays on one line.
std::string quoted(std::string_view word) {
  if (!word.empty() && std::all_of(word.begin(), word.end(), needs_no_quotes))
    return std::string(word);
  const bool control =
      std::any_of(word.begin(), word.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  std::string result = control ? "$'" : "'";
  for (const char c : word) {
    const auto byte = static_cast<unsigned char>(c);
    if (control && (byte < 0x20 || byte == 0x7f))
      result += fmt::format("\\x{:02x}", byte);
    else if (control && (c == '\'' || c == '\\'))
      result += fmt::format("\\{}", c);
    else if (c == '\'')
      result += "'\\''";
    else
      result += c;
  }
  return result + "'";
}

}  // namespace

std::string shell_command(const Step& step, std::string_view root) {
  const std::string path = quoted(fmt::format("{}/{}", root, step.path));
  switch (step.verb) {
    case Verb::make_item:
      return "mkdir " + path;
    case Verb::remove_item:
      return "rmdir " + path;
    case Verb::set_attribute:
      // A shell's echo may take a leading dash or a backslash for its own.
      if (step.value.starts_with('-') || step.value.find('\\') != std::string::npos)
        return fmt::format("printf '%s\\n' {} > {}", quoted(step.value), path);
      return fmt::format("echo {} > {}", quoted(step.value), path);
    case Verb::make_link:
      return fmt::format("ln -s {} {}", quoted(fmt::format("{}/{}", root, step.value)), path);
    case Verb::remove_link:
      return "rm " + path;
  }
  return {};
}

}  // namespace nvmeofs
