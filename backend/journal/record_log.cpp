#include "record_log.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "nvmeofs/text.h"

namespace nvmeofs {

Record record_of_done(const Caller& caller, std::string what, std::string text) {
  return {.when = std::chrono::system_clock::now(),
          .caller = caller,
          .what = std::move(what),
          .errnum = 0,
          .reason = {},
          .text = std::move(text)};
}

Record record_of_refusal(const Caller& caller, std::string what, const Error& error) {
  return {.when = std::chrono::system_clock::now(),
          .caller = caller,
          .what = std::move(what),
          .errnum = error.errnum,
          .reason = error.reason,
          .text = error.message};
}

void RecordLog::keep(Record record) {
  const std::string who = fmt::format("uid {} pid {} ({})", record.caller.uid, record.caller.pid,
                                      printable(record.caller.command));
  if (record.errnum == 0)
    spdlog::info("{}: {}{}{}", who, printable(record.what), record.text.empty() ? "" : ": ",
                 printable(record.text, 1024));
  else
    spdlog::warn("{}: {}: refused, {} {}: {}", who, printable(record.what),
                 errno_name(record.errnum), to_string(record.reason), printable(record.text, 1024));
  tally_.count(record);
  records_.push_back(std::move(record));
  if (records_.size() > most) records_.pop_front();
}

}  // namespace nvmeofs
