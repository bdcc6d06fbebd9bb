#include "record_log.h"

#include <spdlog/spdlog.h>

#include <utility>

#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

// A key that was written where none belongs: everybody reads the log.
std::string without_keys(std::string text) {
  for (const std::string_view head : {"DHHC-1:", "NVMeTLSkey-1:"})
    for (auto at = text.find(head); at != std::string::npos;
         at = text.find(head, at + head.size())) {
      const auto begin = at + head.size();
      const auto end = text.find_first_not_of(
          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=:", begin);
      text.replace(begin, end == std::string::npos ? end : end - begin, "...");
    }
  return text;
}

}  // namespace

Record record_of_done(const Caller& caller, std::string what, std::string text) {
  return {.when = std::chrono::system_clock::now(),
          .caller = caller,
          .what = without_keys(std::move(what)),
          .errnum = 0,
          .reason = {},
          .text = without_keys(std::move(text))};
}

Record record_of_refusal(const Caller& caller, std::string what, const Error& error) {
  return {.when = std::chrono::system_clock::now(),
          .caller = caller,
          .what = without_keys(std::move(what)),
          .errnum = error.errnum,
          .reason = error.reason,
          .text = without_keys(error.message)};
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
