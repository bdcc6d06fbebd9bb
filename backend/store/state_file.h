// The store of `state=FILE`. The form of the file is in state_text.h, what lies beside it in
// state_directory.h.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "nvmeofs/error.h"
#include "nvmeofs/store.h"
#include "store/state_directory.h"
#include "store/state_writer.h"
#include "store/system_files.h"

namespace nvmeofs {

// One thread at a time. Whoever made the object has the file for itself, until it is destroyed or
// the process ends; a child of fork has it too, and pid in the lock is that of the caller of open:
// open it in the process that stays.
//
// Neither load nor save throws; without memory they are refused with ENOMEM.
class StateFile final : public Store {
 public:
  // Besides the state itself: FILE.1, FILE.2 …
  static constexpr std::size_t kept_generations = 10;

  // Makes the directory of `path` where it is missing and takes the lock; see StateDirectory::open.
  // EBUSY: another program has it. The sentence names the file. `files` outlives the result.
  static Result<std::unique_ptr<StateFile>> open(std::string path,
                                                 SystemFiles& files = SystemFiles::real());

  // Reason::state_unreadable, in a sentence with the file, what is wrong with it and where, and how
  // to go back: a `cp -a` from the newest generation that can be read. EINVAL: damaged, or of a
  // newer version; ENOENT: it is missing, but generations of it are there; else as
  // StateDirectory::read. May be called again, after somebody has mended it.
  Result<StoredState> load() override;

  // Nothing is written when the state is what was saved or loaded last. What is there is kept as
  // FILE.<generation>; of those of ours, the last ten stay. Refused with Reason::not_saved before a
  // load has succeeded (the errno of the load), of a state that load would refuse (EINVAL), and for
  // any system call, with its errno; then FILE is as before, with the one doubt that
  // StateDirectory::replace names.
  Result<void> save(const StoredState& state) override;

 private:
  explicit StateFile(StateDirectory directory);

  Result<StoredState> load_file();
  Result<void> save_file(const StoredState& state);
  Error unreadable(const Error& error, const std::set<std::uint64_t>& generations);
  std::string way_back(const std::set<std::uint64_t>& generations);
  void prune();

  StateDirectory directory_;
  std::optional<Error> refusal_;      // why nothing can be saved
  bool is_there_ = false;             // FILE
  std::optional<StoredState> saved_;  // what FILE holds for certain
  StateWriter writer_;
  std::uint64_t generation_ = 0;         // of it
  std::set<std::uint64_t> generations_;  // whose names are taken beside it
  std::set<std::uint64_t> made_;         // of those, which were made by this object
};

}  // namespace nvmeofs
