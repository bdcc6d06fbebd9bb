#include "fs/show.h"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

// Of a sentence of ours, which can hold a value as it was written.
constexpr std::size_t longest_sentence = 2048;

std::string hosts_line(const Hosts& hosts) {
  if (hosts.any) return "hosts any\n";
  if (hosts.list.empty()) return "hosts nobody\n";
  std::string line = "hosts";
  for (const Nqn& host : hosts.list) line += " " + host.str();
  return line + "\n";
}

std::string outcome(const Record& record) {
  return fmt::format("{} {}", errno_name(record.errnum), to_string(record.reason));
}

std::string refused_line(const std::optional<Record>& refused) {
  if (!refused) return "";
  return fmt::format("refused {}: {}: {} ({})\n", outcome(*refused), printable(refused->what),
                     printable(refused->text, longest_sentence), iso_time(refused->when));
}

}  // namespace

std::string iso_time(std::chrono::system_clock::time_point when) {
  return fmt::format("{:%FT%TZ}", fmt::gmtime(std::chrono::system_clock::to_time_t(when)));
}

std::string status_text(const Status& status) {
  std::string text(to_string(status.state));
  if (!status.detail.empty()) text += ": " + printable(status.detail, longest_sentence);
  text += "\n";
  if (status.state != State::disabled) {
    for (const auto& [address, state] : status.addresses)
      text += fmt::format("address {} {}\n", address.uri(), to_string(state));
  }
  text += hosts_line(status.hosts);
  if (status.state != State::disabled && status.clients != 0U)
    text += status.clients ? fmt::format("clients {}\n", *status.clients) : "clients unknown\n";
  if (!status.note.empty()) text += "note " + printable(status.note, longest_sentence) + "\n";
  return text + refused_line(status.refused);
}

std::string connection_status_text(const ConnectionStatus& status) {
  std::string text = fmt::format("{}\n", to_string(status.state));
  for (const PathStatus& path : status.paths) {
    text += fmt::format("path {} {} {}", printable(path.where), printable(path.state),
                        path.controller.empty() ? "-" : path.controller);
    if (!path.ana.empty()) text += fmt::format(" {}", printable(path.ana));
    if (path.queues != 0) text += fmt::format(" queues {}", path.queues);
    if (path.foreign) text += " foreign";
    if (!path.trouble.empty())
      text += fmt::format(": {}", printable(path.trouble, longest_sentence));
    text += "\n";
  }
  return text + refused_line(status.refused);
}

std::string discovery_status_text(const DiscoveryView& view) {
  std::string text = fmt::format("{}\n", to_string(view.reachability));
  if (view.log != nullptr) text += fmt::format("generation {}\n", view.log->generation);
  if (!view.controller.empty()) text += fmt::format("controller {}\n", view.controller);
  if (!view.trouble.empty())
    text += fmt::format("trouble {}\n", printable(view.trouble, longest_sentence));
  // Once, when that is why the last write was refused.
  const bool same = view.unreached && view.refused && view.unreached->text == view.refused->text;
  if (!same) text += refused_line(view.unreached);
  return text + refused_line(view.refused);
}

std::string plan_text(const Result<Plan>& plan, std::string_view root) {
  // A comment, as the rest of the file is for a shell.
  if (!plan) return fmt::format("# {}\n", printable(plan.error().message, longest_sentence));
  std::string text;
  for (const Step& step : *plan) text += shell_command(step, root) + "\n";
  return text;
}

std::string clients_text(const Result<std::vector<Client>>& clients) {
  if (!clients)
    return fmt::format("unknown: {}\n", printable(clients.error().message, longest_sentence));
  std::string text;
  for (const Client& client : *clients) {
    text += fmt::format(
        "{} {} {} {} {}\n", printable(client.peer), to_string(client.address.trtype),
        client.host_nqn.empty() ? "-" : printable(client.host_nqn),
        client.certainty == Certainty::sure ? "sure" : "likely", printable(client.source));
  }
  return text;
}

std::string log_text(const std::deque<Record>& log) {
  std::string text;
  for (const Record& record : log) {
    text += fmt::format("{} uid={} pid={} {}: {}: {}", iso_time(record.when), record.caller.uid,
                        record.caller.pid, printable(record.caller.command), printable(record.what),
                        record.errnum == 0 ? "ok" : outcome(record));
    if (!record.text.empty()) text += ": " + printable(record.text, longest_sentence);
    text += "\n";
  }
  return text;
}

}  // namespace nvmeofs
