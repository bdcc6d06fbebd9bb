// One file that is kept over restarts, whatever stands in it. What lies beside it is in
// state_directory.h.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>

#include "nvmeofs/error.h"
#include "store/state_directory.h"

namespace nvmeofs {

// Format: `State`, whose default is the empty one; `read`, from a text to a State `state`, a
// `generation` and an `unknown`; `Writer`, made of that `unknown`, with `write` and `saved` as
// StateWriter has them; and `nothing`, what an empty state has: "no exports".
//
// One thread at a time. Neither load nor save throws; without memory they are refused with ENOMEM.
template <class Format>
class KeptFile {
 public:
  using State = typename Format::State;
  using Writer = typename Format::Writer;

  // Besides the state itself: FILE.1, FILE.2 …
  static constexpr std::size_t kept_generations = 10;

  explicit KeptFile(StateDirectory directory);

  // Reason::state_unreadable, in a sentence with the file, what is wrong with it and where, and how
  // to go back: a `cp -a` from the newest generation that can be read. EINVAL: damaged, or of a
  // newer version; ENOENT: it is missing, but generations of it are there; else as
  // StateDirectory::read. May be called again, after somebody has mended it.
  Result<State> load();

  // Nothing is written when the state is what was saved or loaded last. What is there is kept as
  // FILE.<generation>; of those of ours, the last ten stay. Refused with Reason::not_saved before a
  // load has succeeded (the errno of the load), of a state that load would refuse (EINVAL), and for
  // any system call, with its errno; then FILE is as before, with the one doubt that
  // StateDirectory::replace names.
  Result<void> save(const State& state);

 private:
  Result<State> load_file();
  Result<void> save_file(const State& state);
  Error unreadable(const Error& error, const std::set<std::uint64_t>& generations);
  std::string way_back(const std::set<std::uint64_t>& generations);
  void prune();

  StateDirectory directory_;
  std::optional<Error> refusal_;  // why nothing can be saved
  bool is_there_ = false;         // FILE
  std::optional<State> saved_;    // what FILE holds for certain
  Writer writer_;
  std::uint64_t generation_ = 0;         // of it
  std::set<std::uint64_t> generations_;  // whose names are taken beside it
  std::set<std::uint64_t> made_;         // of those, which were made by this object
};

}  // namespace nvmeofs
