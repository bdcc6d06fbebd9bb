// The store of `state=FILE`. The form of the file is in state_text.h, what lies beside it in
// state_directory.h.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "nvmeofs/error.h"
#include "nvmeofs/store.h"
#include "store/kept_file.h"
#include "store/state_directory.h"
#include "store/state_text.h"
#include "store/state_writer.h"
#include "store/system_files.h"

namespace nvmeofs {

struct StateFormat {
  using State = StoredState;
  using Writer = StateWriter;
  static constexpr std::string_view nothing = "no exports";
  static Result<StateText> read(std::string_view text) { return read_state(text); }
};

extern template class KeptFile<StateFormat>;

// One thread at a time. Whoever made the object has the file for itself, until it is destroyed or
// the process ends; a child of fork has it too, and pid in the lock is that of the caller of open:
// open it in the process that stays.
//
// Neither load nor save throws; without memory they are refused with ENOMEM.
class StateFile final : public Store {
 public:
  // Makes the directory of `path` where it is missing and takes the lock; see StateDirectory::open.
  // EBUSY: another program has it. The sentence names the file. `files` outlives the result.
  static Result<std::unique_ptr<StateFile>> open(std::string path,
                                                 SystemFiles& files = SystemFiles::real());

  // As KeptFile.
  Result<StoredState> load() override { return file_.load(); }
  Result<void> save(const StoredState& state) override { return file_.save(state); }

 private:
  explicit StateFile(StateDirectory directory) : file_(std::move(directory)) {}

  KeptFile<StateFormat> file_;
};

}  // namespace nvmeofs
