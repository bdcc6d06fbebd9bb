// States as texts, one after the other. The text of each export is kept: a save costs what has
// changed, and of the thousands of others no more than copying their text.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "nvmeofs/error.h"
#include "nvmeofs/store.h"
#include "store/state_text.h"

namespace nvmeofs {

// One thread.
class StateWriter {
 public:
  // `unknown`: StateText::unknown of what was read.
  explicit StateWriter(std::string unknown = {});

  // What read_state reads as the same: each part that is new was read back. EINVAL,
  // Reason::not_saved, of a state that could not be, naming export and key: a file that the next
  // start refuses must not be written. Throws std::bad_alloc.
  Result<std::string> write(const StoredState& state, std::uint64_t generation);

  // The state is on the disk: what is known of exports that it does not have is forgotten, and one
  // that is made anew under such a name does not inherit it.
  void saved(const StoredState& state);

 private:
  // Of an export, with its unknown keys: as a person reads it, and as the checksum does.
  struct ExportText {
    StoredExport stored;
    std::string pretty;
    std::string canonical;
  };

  using Texts = std::vector<std::pair<std::string, const ExportText*>>;

  // The same of what is restored: while it is, each save has all of it.
  struct RestoreText {
    BeforeRestore stored;
    std::string pretty;
    std::string canonical;
  };

  ExportText text_of(const std::string& name, const StoredExport& stored) const;

  std::string unknown_;  // but for exports
  std::map<std::string, std::string> unknown_in_exports_;
  std::map<std::string, ExportText> exports_;
  std::optional<RestoreText> restoring_;
};

}  // namespace nvmeofs
