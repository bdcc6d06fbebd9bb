#include "store/utc_time.h"

#include <fmt/format.h>

#include <charconv>
#include <cstdint>

namespace nvmeofs {

namespace {

using std::chrono::nanoseconds;
using std::chrono::seconds;
using Days = std::chrono::sys_days;

// `count` digits, taken from the front of `text` together with `end`.
std::optional<unsigned> take(std::string_view& text, std::size_t count, std::string_view end) {
  if (text.size() < count + end.size() || text.substr(count, end.size()) != end)
    return std::nullopt;
  unsigned value = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + count, value);
  if (error != std::errc{} || rest != text.data() + count) return std::nullopt;
  text.remove_prefix(count + end.size());
  return value;
}

std::optional<nanoseconds> take_fraction(std::string_view& text) {
  if (!text.starts_with('.')) return nanoseconds(0);
  text.remove_prefix(1);
  std::int64_t value = 0;
  std::size_t digits = 0;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; ++digits) {
    if (digits == 9) return std::nullopt;
    value = value * 10 + (text.front() - '0');
    text.remove_prefix(1);
  }
  if (digits == 0) return std::nullopt;
  for (; digits < 9; ++digits) value *= 10;
  return nanoseconds(value);
}

}  // namespace

std::string utc_text(std::chrono::system_clock::time_point time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(nanoseconds(time - day));
  std::string fraction;
  if (clock.subseconds().count() != 0) fraction = fmt::format(".{:09}", clock.subseconds().count());
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                     clock.hours().count(), clock.minutes().count(), clock.seconds().count(),
                     fraction);
}

std::optional<std::chrono::system_clock::time_point> parse_utc(std::string_view text) {
  const auto year = take(text, 4, "-");
  const auto month = take(text, 2, "-");
  const auto day = take(text, 2, "T");
  const auto hour = take(text, 2, ":");
  const auto minute = take(text, 2, ":");
  const auto second = take(text, 2, "");
  if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
  const auto fraction = take_fraction(text);
  if (!fraction || text != "Z") return std::nullopt;

  const std::chrono::year_month_day date(std::chrono::year(static_cast<int>(*year)),
                                         std::chrono::month(*month), std::chrono::day(*day));
  if (!date.ok() || *year < 1678 || *year > 2261 || *hour > 23 || *minute > 59 || *second > 59)
    return std::nullopt;
  const seconds clock(*hour * 3600U + *minute * 60U + *second);
  return std::chrono::system_clock::time_point(Days(date)) + clock + *fraction;
}

}  // namespace nvmeofs
