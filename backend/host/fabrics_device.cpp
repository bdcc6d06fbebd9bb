#include "fabrics_device.h"

#include <unistd.h>

#include <boost/filesystem.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

namespace nvmeofs {
namespace {

// What nvmeofs_connect.cpp ends with.
constexpr int connected = 0;
constexpr int refused = 1;
constexpr int not_asked = 2;

// For what is not the kernel's wait: the start of the program, and giving a controller back.
constexpr std::chrono::milliseconds grace{1000};

std::optional<unsigned> number_at(std::string_view text) {
  unsigned number = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), number);
  return result.ec == std::errc() ? std::optional(number) : std::nullopt;
}

// "instance=3,cntlid=1"
std::optional<std::string> controller_of(std::string_view answer) {
  constexpr std::string_view key = "instance=";
  if (!answer.starts_with(key)) return std::nullopt;
  const auto instance = number_at(answer.substr(key.size()));
  return instance ? std::optional(fmt::format("nvme{}", *instance)) : std::nullopt;
}

tl::unexpected<Error> refuse_end(const ChildEnd& end) {
  const auto errnum = number_at(end.said);
  if ((end.status == refused || end.status == not_asked) && errnum && *errnum != 0) {
    return refuse(static_cast<int>(*errnum), Reason::kernel_refused, "/dev/nvme-fabrics: {}",
                  std::strerror(static_cast<int>(*errnum)));
  }
  return refuse(EIO, Reason::internal, "the program that connects ended without an answer ({} {})",
                end.signal != 0 ? "signal" : "status", end.signal != 0 ? end.signal : end.status);
}

}  // namespace

std::string connect_program() {
  constexpr const char* name = "nvmeofs-connect";
  boost::system::error_code error;
  const auto self = boost::filesystem::read_symlink("/proc/self/exe", error);
  const std::string beside = (self.parent_path() / name).string();
  if (!error && access(beside.c_str(), X_OK) == 0) return beside;
  return std::string(NVMEOFS_LIBEXEC "/") + name;
}

Result<FabricsOptions> FabricsDevice::options(std::chrono::milliseconds limit) {
  {
    const std::lock_guard lock(mutex_);
    if (!options_.empty()) return options_;
  }
  auto child = start({}, "");
  if (!child) return tl::unexpected<Error>(child.error());
  const auto end = child->end_within(limit + grace);
  if (!end) {
    lose(std::move(*child));
    return refuse(ETIMEDOUT, Reason::kernel_waits,
                  "the kernel does not say which options it has, as it does while another program "
                  "connects to a target that says nothing; that ends by itself, within minutes");
  }
  if (end->status != connected) return refuse_end(*end);
  auto options = parse_fabrics_options(end->said);
  const std::lock_guard lock(mutex_);
  options_ = options;
  return options;
}

Result<std::string> FabricsDevice::connect(const std::string& line,
                                           std::chrono::milliseconds limit) {
  if (limit.count() <= 0) return refuse(ETIMEDOUT, Reason::kernel_refused, "no time was left");
  if (waits_for_a_lost_one()) {
    return refuse(ETIMEDOUT, Reason::kernel_waits,
                  "the kernel serves one attempt at a time, and an earlier one, to a target that "
                  "says nothing, is not over yet; it ends by itself, within minutes");
  }
  auto child = start({std::to_string(limit.count())}, line);
  if (!child) return tl::unexpected<Error>(child.error());
  const auto end = child->end_within(limit + grace);
  if (!end) {
    // Not killed: it is to give back what the kernel may still make.
    lose(std::move(*child));
    return refuse(ETIMEDOUT, Reason::kernel_refused, "the kernel still waits");
  }
  if (end->status == connected) {
    if (auto name = controller_of(end->said)) return std::move(*name);
  }
  return refuse_end(*end);
}

Result<Child> FabricsDevice::start(const std::vector<std::string>& arguments,
                                   const std::string& input) {
  auto child = Child::start(program_, arguments, input);
  if (child) return std::move(*child);
  return refuse(EIO, Reason::internal,
                "the program that connects cannot be started ({}: {}); install nvmeofs again, as a "
                "whole",
                program_, std::strerror(child.error()));
}

void FabricsDevice::lose(Child child) {
  const std::lock_guard lock(mutex_);
  lost_.push_back(std::move(child));
}

bool FabricsDevice::waits_for_a_lost_one() {
  const std::lock_guard lock(mutex_);
  std::erase_if(
      lost_, [](Child& each) { return each.end_within(std::chrono::milliseconds(0)).has_value(); });
  return !lost_.empty();
}

}  // namespace nvmeofs
