#include "fs/log.h"

#include <fuse_log.h>
#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <syslog.h>

#include <algorithm>
#include <array>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <string_view>

namespace nvmeofs {
namespace {

std::mutex fuse_message_mutex;
std::string fuse_message;

// "<3>": what journald reads at the beginning of a line of a service's standard error.
class PriorityFlag : public spdlog::custom_flag_formatter {
 public:
  void format(const spdlog::details::log_msg& message, const std::tm&,
              spdlog::memory_buf_t& out) override {
    static constexpr std::array priorities{LOG_DEBUG, LOG_DEBUG, LOG_INFO, LOG_WARNING,
                                           LOG_ERR,   LOG_CRIT,  LOG_INFO};
    const auto text = fmt::format("<{}>", priorities.at(static_cast<std::size_t>(message.level)));
    out.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<PriorityFlag>();
  }
};

spdlog::level::level_enum level_of(fuse_log_level level) {
  switch (level) {
    case FUSE_LOG_EMERG:
    case FUSE_LOG_ALERT:
    case FUSE_LOG_CRIT:
    case FUSE_LOG_ERR:
      return spdlog::level::err;
    case FUSE_LOG_WARNING:
      return spdlog::level::warn;
    case FUSE_LOG_NOTICE:
    case FUSE_LOG_INFO:
      return spdlog::level::info;
    case FUSE_LOG_DEBUG:
      return spdlog::level::debug;
  }
  return spdlog::level::info;
}

__attribute__((format(printf, 2, 0))) void on_fuse_message(fuse_log_level level, const char* format,
                                                           va_list arguments) {
  std::array<char, 1024> line{};
  std::vsnprintf(line.data(), line.size(), format, arguments);
  std::string_view text(line.data());
  while (text.ends_with('\n')) text.remove_suffix(1);
  {
    const std::lock_guard lock(fuse_message_mutex);
    fuse_message = text;
  }
  spdlog::log(level_of(level), "libfuse: {}", text);
}

}  // namespace

void start_logging(LogTarget target) {
  std::shared_ptr<spdlog::logger> logger;
  if (target == LogTarget::syslog) {
    logger = spdlog::syslog_logger_mt("nvmeofs", "nvmeofs", LOG_PID, LOG_DAEMON);
    logger->set_pattern("%v");
  } else {
    logger = spdlog::stderr_logger_mt("nvmeofs");
    auto formatter = std::make_unique<spdlog::pattern_formatter>();
    formatter->add_flag<PriorityFlag>('*');
    formatter->set_pattern(std::getenv("JOURNAL_STREAM") != nullptr ? "%*%v" : "nvmeofs: %v");
    logger->set_formatter(std::move(formatter));
  }
  logger->flush_on(spdlog::level::trace);
  spdlog::set_default_logger(std::move(logger));
  fuse_set_log_func(on_fuse_message);
}

std::string last_fuse_message() {
  const std::lock_guard lock(fuse_message_mutex);
  return fuse_message.empty() ? "no reason was given" : fuse_message;
}

}  // namespace nvmeofs
