#include <cerrno>
#include <map>
#include <memory>
#include <utility>

#include "discover/discoverer.h"
#include "nvmeofs/text.h"

namespace nvmeofs::discoverer {
namespace {

// One of each address.
std::vector<DiscoveryLine> distinct(const std::vector<DiscoveryLine>& lines) {
  std::vector<DiscoveryLine> result;
  std::map<TransportAddress, std::size_t> places;
  for (const auto& line : lines) {
    const auto [place, is_new] = places.emplace(line.address, result.size());
    if (is_new) result.push_back(line);
    result[place->second].persistent |= line.persistent;
  }
  return result;
}

}  // namespace

// Discovery is asked as this machine, whatever it is asked for.
Result<void> Discoverer::check_hosts(const std::vector<DiscoveryLine>& lines) {
  std::optional<HostIdentity> own;
  for (const auto& line : lines) {
    if (line.host_nqn.empty() && line.host_id.empty()) continue;
    if (!own) {
      auto identity = environment_.initiator.host_identity();
      if (!identity) return tl::unexpected(identity.error());
      own = *std::move(identity);
    }
    if ((line.host_nqn.empty() || line.host_nqn == own->nqn) &&
        (line.host_id.empty() || line.host_id == own->id))
      continue;
    return refuse(
        EINVAL, Reason::host_identity,
        "line {}: it names another host than this machine, which is {} with the id {}, and "
        "discovery/ asks as this machine",
        line.number, printable(own->nqn), printable(own->id));
  }
  return {};
}

Chain<DiscoveryRequest> Discoverer::chain_of_line(const DiscoveryLine& line, const Caller& caller) {
  const LiveDiscovery* const there = at(line.address);
  const std::string name = there != nullptr ? there->view.wanted.name : line.address.name();
  Chain<DiscoveryRequest> chain{.name = name};
  const auto add = [&](std::string file, DiscoveryIntent intent) {
    std::string value = file.empty() ? "" : "1";
    chain.links.push_back({.caller = caller,
                           .name = name,
                           .file = std::move(file),
                           .value = std::move(value),
                           .intent = std::move(intent)});
  };
  if (there == nullptr) add("", MakeDiscovery{line.address});
  if (line.persistent && (there == nullptr || !there->view.wanted.persistent))
    add("persistent", SetPersistent{true});
  add("connect_all", SetConnectAll{true});
  if (there == nullptr)
    chain.undo = [this, name, caller]() -> std::optional<DiscoveryRequest> {
      // Of one that answered its status tells what could not be connected.
      const auto made = entries_.find(name);
      if (made == entries_.end() || made->second.view.reachability == Reachability::reachable)
        return std::nullopt;
      return DiscoveryRequest{
          .caller = caller, .name = name, .file = "", .value = "", .intent = RemoveDiscovery{}};
    };
  return chain;
}

void Discoverer::take_conf(Submitted submitted) {
  const auto lines = distinct(std::get<TakeConf>(*submitted.request.intent).lines);
  if (auto checked = check_hosts(lines); !checked)
    return refuse_request(nullptr, submitted, checked.error());
  Imported taken{std::move(submitted), {}, {}};
  for (const auto& line : lines)
    taken.chains.push_back(chain_of_line(line, taken.submitted.request.caller));
  if (taken.chains.empty()) return imported(taken);
  // All of it is answered in this thread, the end of it too.
  submit_through(inbox_, std::move(taken));
}

void Discoverer::imported(Imported& event) {
  if (event.failed.empty())
    return accept(nullptr, event.submitted,
                  fmt::format("{} asked, and what they list is connected", event.chains.size()));
  refuse_request(nullptr, event.submitted,
                 failure_of(event.failed, event.chains, "could not be asked or connected"));
}

}  // namespace nvmeofs::discoverer
