#include "nvmeofs/discovery_conf.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>

#include "model/fabrics_address.h"
#include "nvmeofs/connection_option.h"
#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

// nvme-cli reads lines of 4096 bytes; of a longer one it takes the rest for another.
constexpr std::size_t longest_line = 4095;
// Each is a controller that is asked, on a thread of its own.
constexpr std::size_t most_lines = 1024;

struct Words {
  std::string transport;
  std::string traddr;
  std::string trsvcid;
  std::string nqn;
  std::string host_nqn;
  std::string host_id;
  bool persistent = false;
};

std::vector<std::string> split(std::string_view line) {
  constexpr std::string_view separators = " \t=";
  std::vector<std::string> words;
  while (!line.empty()) {
    const auto end = std::min(line.find_first_of(separators), line.size());
    if (end != 0) words.emplace_back(line.substr(0, end));
    line.remove_prefix(std::min(end + 1, line.size()));
  }
  return words;
}

Result<Words> read_options(std::string_view line) {
  Words words;
  CLI::App options;
  options.set_help_flag();
  options.allow_extras();
  options.add_option("-t,--transport", words.transport);
  options.add_option("-a,--traddr", words.traddr);
  options.add_option("-s,--trsvcid", words.trsvcid);
  options.add_option("-n,--nqn", words.nqn);
  options.add_option("-q,--hostnqn", words.host_nqn);
  options.add_option("-I,--hostid", words.host_id);
  options.add_flag("-p,--persistent", words.persistent);
  auto arguments = split(line);
  std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
  try {
    options.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    return refuse(EINVAL, Reason::bad_value, "{}", printable(error.what()));
  }
  if (const auto others = options.remaining(); !others.empty())
    return refuse(
        EINVAL, Reason::bad_value,
        "{} has no place in discovery/, which has transport, traddr, trsvcid, nqn, hostnqn, "
        "hostid and persistent; what a connection is to have is written to its options/",
        printable(others.front()));
  return words;
}

Result<void> check_host(const char* name, const std::string& value) {
  if (value.empty()) return {};
  if (auto checked = check(*find_connection_option(name), value); !checked)
    return tl::unexpected(checked.error());
  return {};
}

Result<DiscoveryLine> read_line(std::string_view line) {
  if (line.size() > longest_line)
    return refuse(EINVAL, Reason::too_long, "it has more than {} bytes", longest_line);
  auto words = read_options(line);
  if (!words) return tl::unexpected(words.error());
  if (words->transport.empty() || words->traddr.empty())
    return refuse(EINVAL, Reason::incomplete, "--{} is missing",
                  words->transport.empty() ? "transport" : "traddr");
  if (!words->nqn.empty() && words->nqn != Nqn::discovery)
    return refuse(EINVAL, Reason::bad_value,
                  "--nqn {} is not the discovery subsystem, and no other is asked",
                  printable(words->nqn));
  const auto address = fabrics_address(words->transport, words->traddr, words->trsvcid, true);
  if (!address) return tl::unexpected(address.error());
  if (auto nqn = check_host("host_nqn", words->host_nqn); !nqn) return tl::unexpected(nqn.error());
  if (auto id = check_host("host_id", words->host_id); !id) return tl::unexpected(id.error());
  return DiscoveryLine{.address = *address,
                       .persistent = words->persistent,
                       .host_nqn = std::move(words->host_nqn),
                       .host_id = std::move(words->host_id)};
}

}  // namespace

Result<std::vector<DiscoveryLine>> parse_discovery_conf(std::string_view text) {
  std::vector<DiscoveryLine> lines;
  for (unsigned number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    const auto begin = line.find_first_not_of(" \t");
    if (begin == std::string_view::npos || line[begin] == '#') continue;
    auto read = read_line(line);
    if (read && lines.size() == most_lines)
      read = refuse(EINVAL, Reason::too_long, "there are more than {} controllers", most_lines);
    if (!read)
      return refuse(EINVAL, read.error().reason, "line {}: {}", number,
                    printable(read.error().message, 1024));
    read->number = number;
    lines.push_back(*std::move(read));
  }
  return lines;
}

std::string discovery_conf_text(const std::vector<Discovery>& discoveries) {
  std::string text;
  for (const auto& discovery : discoveries) {
    const auto& address = discovery.address;
    text +=
        fmt::format("--transport={} --traddr={} --trsvcid={}{}\n", to_string(address.trtype),
                    address.traddr, address.trsvcid, discovery.persistent ? " --persistent" : "");
  }
  return text;
}

}  // namespace nvmeofs
