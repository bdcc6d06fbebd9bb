// The files of an export, as data: one row each, in the order in which they are listed. The rows
// make lookup, listings, sizes and the reading and writing of values; nothing else knows the files.
#pragma once

#include <sys/stat.h>

#include <span>
#include <string>
#include <string_view>

#include "nvmeofs/engine.h"
#include "nvmeofs/intent.h"
#include "nvmeofs/snapshot.h"

namespace nvmeofs {

enum class Kind {
  value,   // one write is the whole value
  list,    // one entry a line; can be added to
  report,  // is only read; says what is true at the moment of the open
};

// How a written text is to be understood.
struct StoreRules {
  Trtype default_transport = Trtype::rdma;  // of an address that names none
  bool append = false;                      // adds to the list
};

struct Attribute {
  std::string_view name;
  mode_t mode;
  Kind kind;
  // The whole text of the file, its newline included; empty while nothing is set. Never fails:
  // what cannot be found out is said in the text. Any thread.
  std::string (*show)(const Engine& engine, const ExportView& view);
  // Only parses. `text` comes without the newline that ends it. nullptr: cannot be written.
  Result<Intent> (*store)(std::string_view text, const StoreRules& rules);
  std::string_view doc;
};

std::span<const Attribute> export_attributes();

}  // namespace nvmeofs
