// A file of an export, of a connection or of a discovery controller, as data: one row each, in the
// order in which they are listed. The rows make lookup, listings, sizes and the reading and writing
// of values; nothing else knows the files. A row's name may have a directory before it, which is
// there with the first row that names it.
#pragma once

#include <sys/stat.h>

#include <functional>
#include <string>
#include <string_view>

#include "nvmeofs/address.h"
#include "nvmeofs/error.h"

namespace nvmeofs {

enum class Kind {
  value,     // one write is the whole value
  list,      // one entry a line; can be added to
  report,    // is only read; says what is true at the moment of the open
  fetched,   // is only read; another machine is asked for it at each open
  document,  // may come in several writes
};

// How a written text is to be understood.
struct StoreRules {
  Trtype default_transport = Trtype::rdma;  // of an address that names none
  bool append = false;                      // adds to the list
};

// `Source` is asked for what is not in the view.
template <class Source, class View, class Intent>
struct AttributeOf {
  std::string name;  // "device", "options/host_nqn"
  mode_t mode;
  Kind kind;
  // The whole text of the file, its newline included; empty while nothing is set. Never fails:
  // what cannot be found out is said in the text. Any thread.
  std::function<std::string(const Source& source, const View& view)> show;
  // Only parses. `text` comes without the newline that ends it. Empty: cannot be written.
  std::function<Result<Intent>(std::string_view text, const StoreRules& rules)> store;
  std::string_view doc;
  bool secret = false;  // what is written stands in no record

  // "options" of "options/host_nqn"; "" for one beside the others.
  std::string_view directory() const {
    const auto slash = name.find('/');
    return std::string_view(name).substr(0, slash == std::string::npos ? 0 : slash);
  }
  // "host_nqn".
  std::string_view file() const { return std::string_view(name).substr(name.find('/') + 1); }
};

template <class Intent, class T>
Result<Intent> to_intent(Result<T> parsed) {
  if (!parsed) return tl::make_unexpected(std::move(parsed.error()));
  // In place: g++ 12 warns of members of a variant that is moved from.
  return Result<Intent>(tl::in_place, std::move(*parsed));
}

struct Switch {
  bool on = false;
  bool force = false;  // with off only
};

// "1", "0" and "0 force", where 1 and 0 are whatever the kernel's kstrtobool takes for them.
// `way_out`: of "1 force", behind "force goes with 0 only".
Result<Switch> parse_switch(std::string_view text, std::string_view way_out);

}  // namespace nvmeofs
