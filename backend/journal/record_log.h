// What was done and what was refused.
#pragma once

#include <cstddef>
#include <deque>
#include <string>

#include "nvmeofs/snapshot.h"

namespace nvmeofs {

// Of this moment.
Record record_of_done(const Caller& caller, std::string what, std::string text);
Record record_of_refusal(const Caller& caller, std::string what, const Error& error);

// One thread.
class RecordLog {
 public:
  static constexpr std::size_t most = 256;

  // Tells the journal, and is one of the last.
  void keep(Record record);
  const std::deque<Record>& records() const { return records_; }  // oldest first, `most` at most
  const Tally& tally() const { return tally_; }                   // of all that were kept

 private:
  std::deque<Record> records_;
  Tally tally_;
};

}  // namespace nvmeofs
