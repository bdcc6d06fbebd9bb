// One kernel operation, in configfs's own five verbs. Paths are relative to nvmet's root.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace nvmeofs {

enum class Verb {
  make_item,      // mkdir
  remove_item,    // rmdir
  set_attribute,  // one write(2) of the whole value
  make_link,      // symlink; value is the target, relative to the root like path
  remove_link,    // unlink(2) of the link itself, never through it
};

struct Step {
  Verb verb{};
  std::string path;   // "subsystems/toto/namespaces/1/enable"; never ends in a slash
  std::string value;  // of set_attribute and make_link
  std::string why;    // for the log and the person who reads the plan
  bool operator==(const Step&) const = default;
};

using Plan = std::vector<Step>;

// The command that a person would type at a root shell, without a newline; arguments quoted where
// a shell needs it. `root` is "/sys/kernel/config/nvmet".
std::string shell_command(const Step& step, std::string_view root);

}  // namespace nvmeofs
