// Discoveries beside Connections, over a simulated host: a controller at tcp://10.0.0.9:8009 lists
// array and other.
#pragma once

#include "connect_fixture.h"
#include "memory_discovery_store.h"
#include "nvmeofs/discoveries.h"

namespace nvmeofs {

inline constexpr const char* hub = "tcp:10.0.0.9";

class DiscoverTest : public ConnectTest {
 protected:
  DiscoverTest() {
    edit([](SimFabric& fabric) { fabric.discovery = {at("tcp://10.0.0.9:8009")}; });
    begin();
  }
  // Before what the fixture below it has.
  ~DiscoverTest() override { discoveries_.reset(); }

  // Ends what runs, and begins anew over the same kernel and stores.
  void begin() {
    discoveries_.reset();
    start();
    discoveries_ = std::make_unique<Discoveries>(
        DiscoveriesEnvironment{initiator_, discovery_store_, *connections_}, discovery_options_);
    ASSERT_TRUE(discoveries_->start());
  }

  std::future<Result<void>> submit_discovery(const std::string& name, const std::string& file,
                                             Result<DiscoveryIntent> intent) {
    auto promise = std::make_shared<std::promise<Result<void>>>();
    discoveries_->submit({.caller = {1000, 42, "bash"},
                          .name = name,
                          .serial = file.empty() ? 0 : serial(name),
                          .file = file,
                          .value = "value-as-written",
                          .intent = std::move(intent)},
                         [promise](Result<void> result) { promise->set_value(std::move(result)); });
    return promise->get_future();
  }
  int make_discovery(const std::string& name) {
    auto address = parse_discovery_name(name, Trtype::tcp);
    return answer(submit_discovery(name, "", MakeDiscovery{address.value()}));
  }
  int remove_discovery(const std::string& name) {
    return answer(submit_discovery(name, "", RemoveDiscovery{}));
  }
  std::future<Result<void>> begin_connect_all() {
    return submit_discovery(hub, "connect_all", SetConnectAll{true});
  }
  int connect_all(bool on = true) {
    return answer(submit_discovery(hub, "connect_all", SetConnectAll{on}));
  }
  int persistent(bool on = true) {
    return answer(submit_discovery(hub, "persistent", SetPersistent{on}));
  }
  std::future<Result<void>> begin_fetch() {
    auto promise = std::make_shared<std::promise<Result<void>>>();
    discoveries_->fetch(serial(hub),
                        [promise](Result<void> result) { promise->set_value(std::move(result)); });
    return promise->get_future();
  }
  int fetch() { return answer(begin_fetch()); }

  std::uint64_t serial(const std::string& name) {
    const auto snapshot = discoveries_->snapshot();
    const auto found = snapshot->discoveries.find(name);
    return found != snapshot->discoveries.end() ? found->second.serial : 0;
  }
  DiscoveryView discovery() { return discoveries_->snapshot()->discoveries.at(hub); }
  bool is_connected(const std::string& name) {
    return is_there(name) && state(name) == ConnectionState::connected;
  }
  std::vector<std::string> discovery_controllers() {
    std::vector<std::string> names;
    for (const auto& [name, controller] : controllers())
      if (controller.discovery) names.push_back(name);
    return names;
  }
  void add_target(const std::string& name, const char* address) {
    edit([&](SimFabric& fabric) {
      fabric.targets[name] = {.addresses = {at(address)}, .namespaces = {1}};
    });
  }
  DiscoveriesOptions discovery_options_{.patience = milliseconds(10000),
                                        .first_pause = milliseconds(5),
                                        .longest_pause = milliseconds(20)};
  MemoryDiscoveryStore discovery_store_;
  std::unique_ptr<Discoveries> discoveries_;
};

}  // namespace nvmeofs
