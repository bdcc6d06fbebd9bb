#include "store/kept_file.h"

#include <fmt/format.h>
#include <limits.h>

#include <cerrno>
#include <new>
#include <utility>

#include "nvmeofs/text.h"
#include "store/connections_file.h"
#include "store/state_file.h"
#include "store/utc_time.h"

namespace nvmeofs {

template <class Format>
KeptFile<Format>::KeptFile(StateDirectory directory)
    : directory_(std::move(directory)),
      refusal_(Error{EINVAL, Reason::internal, "the state was not loaded"}) {}

template <class Format>
Result<typename KeptFile<Format>::State> KeptFile<Format>::load() {
  saved_.reset();
  try {
    auto state = load_file();
    refusal_ = state ? std::nullopt : std::optional(state.error());
    return state;
  } catch (const std::bad_alloc&) {
    refusal_ = Error{ENOMEM, Reason::state_unreadable, "no memory to read the state"};
    return tl::unexpected(*refusal_);
  }
}

template <class Format>
Result<typename KeptFile<Format>::State> KeptFile<Format>::load_file() {
  directory_.tidy();
  auto generations = directory_.generations();
  if (!generations)
    return refuse(generations.error().errnum, Reason::state_unreadable, "{}: {}",
                  printable(directory_.path(), PATH_MAX), generations.error().message);

  const auto content = directory_.read();
  is_there_ = content.has_value();
  if (!content && content.error().errnum == ENOENT && generations->empty()) {
    generations_.clear();
    generation_ = 0;
    writer_ = Writer();
    saved_ = State{};
    return *saved_;
  }
  if (!content) return tl::unexpected(unreadable(content.error(), *generations));
  auto text = Format::read(content->text);
  if (!text) return tl::unexpected(unreadable(text.error(), *generations));

  generations_ = std::move(*generations);
  generation_ = text->generation;
  writer_ = Writer(std::move(text->unknown));
  saved_ = std::move(text->state);
  return *saved_;
}

template <class Format>
Error KeptFile<Format>::unreadable(const Error& error, const std::set<std::uint64_t>& generations) {
  Error result = error;
  const auto path = printable(directory_.path(), PATH_MAX);
  if (error.errnum == ENOENT)
    result.message = fmt::format(
        "{} is missing, but generations of it are there; {}; to begin with {}, move them away",
        path, way_back(generations), Format::nothing);
  else if (error.errnum == EPERM)  // its own sentence has a better way than back
    result.message = fmt::format("{}: {}", path, error.message);
  else
    result.message = fmt::format("{}: {}; {}", path, error.message, way_back(generations));
  return result;
}

template <class Format>
std::string KeptFile<Format>::way_back(const std::set<std::uint64_t>& generations) {
  for (auto number = generations.rbegin(); number != generations.rend(); ++number) {
    const auto content = directory_.read(*number);
    if (!content || !Format::read(content->text)) continue;
    return fmt::format("to go back to the state of {}: cp -a {} {}", utc_text(content->written),
                       shell_word(directory_.path(*number)), shell_word(directory_.path()));
  }
  return generations.empty() ? "no generation of it is kept to go back to"
                             : "none of the generations that are kept can be read";
}

template <class Format>
Result<void> KeptFile<Format>::save(const State& state) {
  if (refusal_)
    return refuse(refusal_->errnum, Reason::not_saved,
                  "nothing is saved over a state that could not be read: {}", refusal_->message);
  if (saved_ && *saved_ == state && is_there_) return {};
  if (!is_there_ && state == State{} && saved_) return {};
  try {
    return save_file(state);
  } catch (const std::bad_alloc&) {
    return refuse(ENOMEM, Reason::not_saved, "no memory to write {}",
                  printable(directory_.path(), PATH_MAX));
  }
}

template <class Format>
Result<void> KeptFile<Format>::save_file(const State& state) {
  // After a restore by hand FILE may be one of those beside it, or carry the number of another.
  std::optional<std::uint64_t> keep;
  std::uint64_t next = generation_ + 1;
  if (is_there_) {
    keep = generation_;
    while (generations_.contains(*keep) && !directory_.is_kept_as(*keep)) ++*keep;
    next = *keep + 1;
  }
  while (generations_.contains(next)) ++next;

  const auto text = writer_.write(state, next);
  if (!text)
    return refuse(text.error().errnum, text.error().reason, "{}: {}",
                  printable(directory_.path(), PATH_MAX), text.error().message);
  auto replaced = directory_.replace(*text, keep);
  if (!replaced) {
    if (!directory_.certain()) {
      saved_.reset();
      if (keep) generations_.insert(*keep);  // it may not have been put back
    }
    // Names may have come that were not expected (EEXIST).
    if (auto found = directory_.generations()) generations_ = std::move(*found);
    return replaced;
  }
  if (keep) {
    if (!generations_.contains(*keep)) made_.insert(*keep);
    generations_.insert(*keep);
  }
  generation_ = next;
  is_there_ = true;
  saved_ = state;
  writer_.saved(state);
  prune();
  return {};
}

// Somebody may have made a FILE.20260701 for himself. Ours are below the generation that is there,
// and hold the number that they are named after.
template <class Format>
void KeptFile<Format>::prune() {
  const auto is_ours = [this](std::uint64_t number) {
    if (made_.contains(number)) return true;
    try {
      const auto content = directory_.read(number);
      if (!content) return false;
      const auto text = Format::read(content->text);
      return text && text->generation == number;
    } catch (const std::bad_alloc&) {
      return false;  // the state is saved: that is what is to be told
    }
  };
  const auto below = generations_.lower_bound(generation_);
  auto extra =
      std::distance(generations_.begin(), below) - static_cast<std::ptrdiff_t>(kept_generations);
  for (auto number = generations_.begin(); extra > 0; --extra) {
    // One that cannot be removed is tried again after the next load, not at each save.
    if (is_ours(*number)) directory_.remove(*number);
    made_.erase(*number);
    number = generations_.erase(number);
  }
}

template class KeptFile<StateFormat>;
template class KeptFile<ConnectionsFormat>;

}  // namespace nvmeofs
