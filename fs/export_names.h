// What exports/ calls an export: by its NQN, or by what stands behind the prefix of the mount
// option nqn_prefix=. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "nvmeofs/error.h"
#include "nvmeofs/snapshot.h"

namespace nvmeofs {

using ExportViews = std::map<std::string, ExportView>;  // by NQN

// Each export has one name and no two have the same: where the short one is another's NQN, or looks
// like a whole one ("nqn.…"), the directory is called by its NQN.
class ExportNames {
 public:
  // "nqn.2024-01.org.example:"; empty: every export is called by its NQN. EINVAL, ENAMETOOLONG.
  static Result<ExportNames> parse(std::string_view prefix);
  ExportNames() = default;

  std::string name_of(const std::string& nqn, const ExportViews& exports) const;

  // The export that is called so; nullptr: none is.
  const std::string* nqn_of(std::string_view name, const ExportViews& exports) const;

  // The NQN of an export that is made under this name. EINVAL, ENAMETOOLONG: none could be called
  // so.
  Result<std::string> nqn_of_new(std::string_view name) const;

 private:
  std::string prefix_;
};

}  // namespace nvmeofs
