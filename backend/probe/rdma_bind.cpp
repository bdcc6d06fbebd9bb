#include "rdma_bind.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <unistd.h>

#include <array>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <optional>
#include <string_view>

namespace nvmeofs {
namespace {

// What nvmeofs_rdma_bind.cpp ends with.
constexpr int answered = 0;
constexpr int refused = 1;
constexpr int not_asked = 2;
constexpr std::string_view no_device = "-";

// SIGKILL ends at once what it ends at all.
constexpr std::chrono::seconds killed_limit{1};

// Numbers alone, so that nothing of what a user wrote is an argument.
std::string numeric(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (address.ss_family == AF_INET) {
    const auto* in = reinterpret_cast<const sockaddr_in*>(&address);
    inet_ntop(AF_INET, &in->sin_addr, text.data(), text.size());
    return text.data();
  }
  const auto* in = reinterpret_cast<const sockaddr_in6*>(&address);
  inet_ntop(AF_INET6, &in->sin6_addr, text.data(), text.size());
  return in->sin6_scope_id == 0 ? text.data()
                                : fmt::format("{}%{}", text.data(), in->sin6_scope_id);
}

bool is_wildcard(const sockaddr_storage& address) {
  if (address.ss_family == AF_INET) {
    return reinterpret_cast<const sockaddr_in*>(&address)->sin_addr.s_addr == htonl(INADDR_ANY);
  }
  return IN6_IS_ADDR_UNSPECIFIED(&reinterpret_cast<const sockaddr_in6*>(&address)->sin6_addr);
}

// Its lines, when each of them has an end and something before it.
std::optional<std::vector<std::string>> lines_of(std::string_view text) {
  std::vector<std::string> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (end == std::string_view::npos || end == 0) return std::nullopt;
    lines.emplace_back(text.substr(0, end));
    text.remove_prefix(end + 1);
  }
  return lines;
}

std::optional<std::string> line_of(std::string_view text) {
  const auto lines = lines_of(text);
  return lines && lines->size() == 1 ? std::optional(lines->front()) : std::nullopt;
}

std::optional<int> errno_of(std::string_view text) {
  const auto line = line_of(text);
  if (!line) return std::nullopt;
  int errnum = 0;
  const char* const end = line->data() + line->size();
  const auto [stop, error] = std::from_chars(line->data(), end, errnum);
  return error == std::errc() && stop == end && errnum > 0 ? std::optional(errnum) : std::nullopt;
}

}  // namespace

std::string rdma_bind_program() {
  constexpr const char* name = "nvmeofs-rdma-bind";
  boost::system::error_code error;
  const auto self = boost::filesystem::read_symlink("/proc/self/exe", error);
  const std::string beside = (self.parent_path() / name).string();
  if (!error && access(beside.c_str(), X_OK) == 0) return beside;
  return std::string(NVMEOFS_LIBEXEC "/") + name;
}

RdmaBind::RdmaBind(std::string program, std::chrono::milliseconds limit)
    : program_(std::move(program)), limit_(limit) {}

Result<bool> RdmaBind::answers_for(const sockaddr_storage& address) {
  const auto end = ask({numeric(address)}, limit_);
  if (!end) return tl::unexpected<Error>(end.error());
  if (end->status == answered) {
    const auto device = line_of(end->said);
    if (!device) return not_answered(*end);
    return *device != no_device || is_wildcard(address);
  }
  const auto errnum = errno_of(end->said);
  if (!errnum || (end->status != refused && end->status != not_asked)) return not_answered(*end);
  // rdma_bind_addr has ENODEV, and EADDRNOTAVAIL of a local address whose interface has no device
  // either. librdmacm itself ends with ENODEV at its start when it has a driver for none.
  if (*errnum == ENODEV || (*errnum == EADDRNOTAVAIL && end->status == refused)) return false;
  return refuse(*errnum, Reason::kernel_refused, "the RDMA connection manager cannot be asked: {}",
                std::strerror(*errnum));
}

Result<std::vector<std::string>> RdmaBind::devices() {
  const auto end = ask({}, limit_);
  if (!end) return tl::unexpected<Error>(end.error());
  if (end->status == answered) {
    if (auto names = lines_of(end->said)) return std::move(*names);
  }
  const auto errnum = errno_of(end->said);
  if (end->status != not_asked || !errnum) return not_answered(*end);
  return refuse(*errnum, Reason::kernel_refused, "the RDMA devices cannot be listed: {}",
                std::strerror(*errnum));
}

int RdmaBind::try_connect(const std::string& traddr, std::uint16_t trsvcid,
                          const std::string& host_traddr, std::chrono::milliseconds limit) {
  if (limit.count() <= 0) return ETIMEDOUT;
  // Without the node librdmacm waits for udev to make it.
  if (access("/dev/infiniband/rdma_cm", R_OK | W_OK) != 0) return 0;
  std::vector<std::string> arguments{"connect", std::to_string(limit.count()), traddr,
                                     std::to_string(trsvcid)};
  if (!host_traddr.empty()) arguments.push_back(host_traddr);
  const auto end = ask(arguments, limit + std::chrono::milliseconds(500));
  if (!end) return end.error().errnum == ETIMEDOUT ? ETIMEDOUT : 0;
  if (end->status != refused) return 0;
  // Of no device for it the kernel's own attempt tells more.
  const int errnum = errno_of(end->said).value_or(0);
  return errnum == ENODEV ? 0 : errnum;
}

Result<ChildEnd> RdmaBind::ask(const std::vector<std::string>& arguments,
                               std::chrono::milliseconds limit) {
  if (waits_for_a_lost_one()) {
    return refuse(ETIMEDOUT, Reason::kernel_refused,
                  "an earlier question to the RDMA connection manager still hangs in the kernel; "
                  "the last lines of 'dmesg' may say why");
  }
  auto child = Child::start(program_, arguments);
  if (!child) {
    return refuse(EIO, Reason::internal,
                  "the program that asks librdmacm cannot be started ({}: {}); install nvmeofs "
                  "again, as a whole",
                  program_, std::strerror(child.error()));
  }
  if (auto end = child->end_within(limit)) return std::move(*end);
  child->kill();
  if (!child->end_within(killed_limit)) {
    const std::lock_guard lock(mutex_);
    lost_.push_back(std::move(*child));
  }
  return refuse(ETIMEDOUT, Reason::kernel_refused,
                "the RDMA connection manager did not answer within {:g} s ({} was killed); the "
                "last lines of 'dmesg' may say why",
                std::chrono::duration<double>(limit).count(), program_);
}

tl::unexpected<Error> RdmaBind::not_answered(const ChildEnd& end) const {
  const std::string how = end.signal != 0 ? fmt::format("was ended by signal {}", end.signal)
                          : end.status >= 0
                              ? fmt::format("ended with status {} and no answer", end.status)
                              : "ended unseen";
  return refuse(EIO, Reason::internal,
                "the program that asks librdmacm {}; run it by hand, {}, to see what it says", how,
                program_);
}

bool RdmaBind::waits_for_a_lost_one() {
  const std::lock_guard lock(mutex_);
  std::erase_if(
      lost_, [](Child& each) { return each.end_within(std::chrono::milliseconds(0)).has_value(); });
  return !lost_.empty();
}

}  // namespace nvmeofs
