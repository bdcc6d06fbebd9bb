// NVMe Qualified Names: of a subsystem (an export's name) and of a host.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "nvmeofs/error.h"

namespace nvmeofs {

// A name that a Linux host can connect to, or connect as: 1 to 222 bytes of printable ASCII without
// blank, comma, slash, quote or backslash, no leading dot or dash, and not the discovery NQN. The
// kernel's configfs checks none of that: it cuts at 223 bytes and takes a comma, which no `nvme
// connect` can ever name because a comma ends an option there (drivers/nvme/host/fabrics.c). 223
// bytes connect nowhere: the host's limit is 222.
class Nqn {
 public:
  static constexpr std::size_t max_length = 222;
  static constexpr std::string_view discovery = "nqn.2014-08.org.nvmexpress.discovery";

  // ENAMETOOLONG or EINVAL, Reason::bad_name.
  static Result<Nqn> parse(std::string_view text);

  // The name of something that the kernel has already, whatever it is.
  static Nqn of_kernel(std::string name) { return Nqn(std::move(name)); }

  const std::string& str() const { return text_; }
  auto operator<=>(const Nqn&) const = default;

 private:
  explicit Nqn(std::string text) : text_(std::move(text)) {}
  std::string text_;
};

}  // namespace nvmeofs
