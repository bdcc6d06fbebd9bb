#include "nvmeofs/step.h"

#include <fmt/format.h>

#include "nvmeofs/text.h"

namespace nvmeofs {

std::string shell_command(const Step& step, std::string_view root) {
  const std::string path = shell_word(fmt::format("{}/{}", root, step.path));
  switch (step.verb) {
    case Verb::make_item:
      return "mkdir " + path;
    case Verb::remove_item:
      return "rmdir " + path;
    case Verb::protect:
      return "chmod 600 " + path;
    case Verb::set_attribute:
      if (!step.secret.empty()) return "echo … > " + path;
      if (step.value == nul) return "printf '\\0' > " + path;
      // A shell's echo may take a leading dash or a backslash for its own.
      if (step.value.starts_with('-') || step.value.find('\\') != std::string::npos)
        return fmt::format("printf '%s\\n' {} > {}", shell_word(step.value), path);
      return fmt::format("echo {} > {}", shell_word(step.value), path);
    case Verb::make_link:
      return fmt::format("ln -s {} {}", shell_word(fmt::format("{}/{}", root, step.value)), path);
    case Verb::remove_link:
      return "rm " + path;
  }
  return {};
}

}  // namespace nvmeofs
