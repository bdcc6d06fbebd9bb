#include "nvmeofs/nqn.h"

#include <algorithm>
#include <cerrno>

namespace nvmeofs {

namespace {

bool may_stand_in_a_name(char c) {
  return c > 0x20 && c < 0x7f && c != ',' && c != '/' && c != '"' && c != '\\';
}

}  // namespace

Result<Nqn> Nqn::parse(std::string_view text) {
  if (text.empty()) return refuse(EINVAL, Reason::bad_name, "a name cannot be empty");
  if (text.size() > max_length)
    return refuse(ENAMETOOLONG, Reason::bad_name,
                  "{} bytes are too long for a name; a Linux host takes no NQN of more than {}",
                  text.size(), max_length);
  if (text.front() == '.' || text.front() == '-')
    return refuse(EINVAL, Reason::bad_name, "a name cannot begin with '{}'", text.front());
  if (!std::all_of(text.begin(), text.end(), may_stand_in_a_name))
    return refuse(EINVAL, Reason::bad_name,
                  "a name is printable ASCII without blank, comma, slash, quote or backslash; "
                  "no host could connect to another one");
  if (text.starts_with("DHHC-1:") || text.starts_with("NVMeTLSkey-1:"))
    return refuse(EINVAL, Reason::bad_name, "this is a key, and everybody sees names");
  if (text == discovery)
    return refuse(EINVAL, Reason::bad_name,
                  "this is the name of the discovery subsystem, which the kernel serves by itself");
  return Nqn(std::string(text));
}

}  // namespace nvmeofs
