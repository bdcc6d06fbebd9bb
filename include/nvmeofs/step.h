// One kernel operation, in configfs's own five verbs and chmod. Paths are relative to nvmet's root.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "nvmeofs/secret.h"

namespace nvmeofs {

enum class Verb {
  make_item,      // mkdir
  remove_item,    // rmdir
  set_attribute,  // one write(2) of the whole value
  protect,        // chmod 0600 of an attribute, before a secret stands in it
  make_link,      // symlink; value is the target, relative to the root like path
  remove_link,    // unlink(2) of the link itself, never through it
};

struct Step {
  Verb verb{};
  std::string path;   // "subsystems/toto/namespaces/1/enable"; never ends in a slash
  std::string value;  // of set_attribute and make_link; empty where `secret` is not
  std::string why;    // for the log and the person who reads the plan
  Secret secret{};    // of set_attribute: what is written, and never shown

  // Of set_attribute: what the kernel is given.
  const std::string& written() const { return secret.empty() ? value : secret.reveal(); }
  bool operator==(const Step&) const = default;
};

// As a value: clears a key, which nothing else does.
inline const std::string nul(1, '\0');

using Plan = std::vector<Step>;

// The command that a person would type at a root shell, without a newline; arguments quoted where
// a shell needs it, and … for a secret. `root` is "/sys/kernel/config/nvmet".
std::string shell_command(const Step& step, std::string_view root);

}  // namespace nvmeofs
