#include "fs/export_names.h"

#include <cerrno>

#include "nvmeofs/nqn.h"

namespace nvmeofs {
namespace {

// How every NQN begins that the specification knows (NVMe base 2.0, 4.5).
bool is_whole(std::string_view name) {
  return name.starts_with("nqn.");
}

}  // namespace

Result<ExportNames> ExportNames::parse(std::string_view prefix) {
  ExportNames names;
  if (prefix.empty()) return names;
  // With the shortest name behind it.
  if (const auto nqn = Nqn::parse(std::string(prefix) + "x"); !nqn)
    return tl::make_unexpected(nqn.error());
  names.prefix_ = prefix;
  return names;
}

std::string ExportNames::name_of(const std::string& nqn, const ExportViews& exports) const {
  if (prefix_.empty() || !nqn.starts_with(prefix_)) return nqn;
  std::string rest = nqn.substr(prefix_.size());
  // A directory is not called by what mkdir does not take, nor as another one.
  const bool is_name = Nqn::parse(rest).has_value();
  return is_name && !is_whole(rest) && !exports.contains(rest) ? rest : nqn;
}

const std::string* ExportNames::nqn_of(std::string_view name, const ExportViews& exports) const {
  for (const auto& nqn : {std::string(name), prefix_ + std::string(name)}) {
    const auto found = exports.find(nqn);
    if (found != exports.end() && name_of(nqn, exports) == name) return &found->first;
  }
  return nullptr;
}

Result<std::string> ExportNames::nqn_of_new(std::string_view name) const {
  if (const auto itself = Nqn::parse(name); !itself) return tl::make_unexpected(itself.error());
  if (prefix_.empty()) return std::string(name);
  if (name.starts_with(prefix_) && !is_whole(name.substr(prefix_.size())))
    return refuse(EINVAL, Reason::bad_name,
                  "the mount option nqn_prefix={} puts that before the name; write {}", prefix_,
                  name.substr(prefix_.size()));
  return is_whole(name) ? std::string(name) : prefix_ + std::string(name);
}

}  // namespace nvmeofs
