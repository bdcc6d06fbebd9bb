#include "fs/overview.h"

#include "nvmeofs/mapping.h"

namespace nvmeofs {
namespace {

void add(Tally& sum, const Tally& tally) {
  sum.done += tally.done;
  for (const auto& [reason, count] : tally.refused) sum.refused[reason] += count;
}

void add(Timings& sum, const Timings& timings) {
  for (const auto& [operation, timing] : timings) sum[operation].add(timing);
}

}  // namespace

Metrics metrics_of(const Engine& engine, const Connections& connections,
                   const Discoveries& discoveries, Time began) {
  const auto snapshot = engine.snapshot();
  const auto connected = connections.snapshot();
  const auto discovered = discoveries.snapshot();
  Metrics metrics{.version = NVMEOFS_VERSION, .began = began};

  const auto states = states_of(*snapshot);
  const auto clients = engine.all_clients(*snapshot);
  for (const auto& [name, view] : snapshot->exports) {
    ExportMetrics& of_export = metrics.exports[name];
    of_export.state = states.at(name);
    const bool is_served = !ports_of(snapshot->observed, name).empty();
    if (!is_served) {
      of_export.clients = 0;
    } else if (clients) {
      const auto found = clients->find(name);
      of_export.clients = found != clients->end() ? found->second.size() : 0;
    }
    for (const auto& [nsid, space] : view.spaces)
      if (space.device)
        if (const auto io = engine.io(*space.device)) of_export.io.emplace(nsid, *io);
  }
  metrics.connections = count_states(*connected);
  for (const auto& [name, view] : discovered->discoveries) ++metrics.discoveries[view.reachability];

  metrics.steps = snapshot->steps;
  for (const Tally* tally : {&snapshot->tally, &connected->tally, &discovered->tally})
    add(metrics.tally, *tally);
  for (const auto& timings : {engine.timings(), connections.timings(), discoveries.timings()})
    add(metrics.timings, timings);
  return metrics;
}

Topology topology_of(const Engine& engine, const Connections& connections) {
  const auto snapshot = engine.snapshot();
  const auto states = states_of(*snapshot);
  const auto clients = engine.all_clients(*snapshot);
  Topology topology;
  for (const auto& [name, view] : snapshot->exports) {
    ExportTopology of_export{.state = states.at(name), .wanted = view.wanted};
    for (const auto& [id, address] : ports_of(snapshot->observed, name))
      // A listener of RDMA dies with its device, and its link is there until it is seen to.
      if (!view.absent.addresses.contains(address)) of_export.listening.insert(address);
    if (clients)
      if (const auto found = clients->find(name); found != clients->end())
        of_export.clients = found->second;
    topology.exports.emplace(name, std::move(of_export));
  }
  const auto connected = connections.snapshot();
  for (const auto& [name, view] : connected->connections) {
    // One that goes meanwhile is not there.
    auto status = connections.status(view.serial);
    auto devices = connections.devices(view.serial);
    if (status && devices)
      topology.connections.emplace(name,
                                   ConnectionTopology{*std::move(status), *std::move(devices)});
  }
  return topology;
}

}  // namespace nvmeofs
