// Connections over a simulated host, with a store that is kept over restarts.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "memory_connection_store.h"
#include "nvmeofs/connections.h"
#include "nvmeofs/export.h"
#include "sim/sim_initiator.h"
#include "support/wait_until.h"

namespace nvmeofs {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

inline TransportAddress at(const char* text) {
  return TransportAddress::parse(text, Trtype::tcp).value();
}

// array at two addresses with two disks, other at a third one with one disk.
inline SimFabric small_fabric() {
  SimFabric fabric;
  fabric.targets["array"] = {.addresses = {at("10.0.0.1"), at("10.0.0.2")}, .namespaces = {1, 2}};
  fabric.targets["other"] = {.addresses = {at("10.0.0.3")}, .namespaces = {1}};
  return fabric;
}

class ConnectTest : public testing::Test {
 protected:
  ConnectTest() {
    spdlog::set_level(spdlog::level::off);
    start();
  }

  // Ends what runs, and begins anew over the same kernel and store.
  void start() {
    connections_.reset();
    connections_ =
        std::make_unique<Connections>(ConnectionsEnvironment{initiator_, store_}, options_);
    ASSERT_TRUE(connections_->start());
  }

  std::future<Result<void>> submit(const std::string& name, const std::string& file,
                                   Result<ConnectionIntent> intent) {
    auto promise = std::make_shared<std::promise<Result<void>>>();
    const auto snapshot = connections_->snapshot();
    const auto found = snapshot->connections.find(name);
    const bool by_name = file.empty();
    connections_->submit(
        {.caller = {1000, 42, "bash"},
         .name = name,
         .serial = by_name || found == snapshot->connections.end() ? 0 : found->second.serial,
         .file = file,
         .value = "value-as-written",
         .intent = std::move(intent)},
        [promise](Result<void> result) { promise->set_value(std::move(result)); });
    return promise->get_future();
  }

  // 0, or the errno.
  int answer(std::future<Result<void>> future) {
    if (future.wait_for(std::chrono::seconds(20)) != std::future_status::ready) return -1;
    const auto result = future.get();
    last_ = result ? Error{} : result.error();
    return last_.errnum;
  }
  int ask(const std::string& name, const std::string& file, Result<ConnectionIntent> intent) {
    return answer(submit(name, file, std::move(intent)));
  }
  int make(const std::string& name) { return ask(name, "", MakeConnection{}); }
  int remove(const std::string& name) { return ask(name, "", RemoveConnection{}); }
  int address(const std::string& name, const char* text, bool append = false) {
    return ask(name, "address", SetPaths{parse_addresses(text, Trtype::tcp).value(), append});
  }
  int nqn(const std::string& name, const char* text) {
    return ask(name, "nqn", SetSubsystem{Nqn::parse(text).value()});
  }
  int option(const std::string& name, const char* file, std::optional<std::string> value) {
    return ask(name, std::string("options/") + file, SetOption{file, std::move(value)});
  }
  int connect(const std::string& name) { return answer(begin_connect(name)); }
  std::future<Result<void>> begin_connect(const std::string& name) {
    return submit(name, "connected", SetConnected{true, false});
  }
  int disconnect(const std::string& name, bool force = false) {
    return ask(name, "connected", SetConnected{false, force});
  }

  void draft(const std::string& name, const char* addresses) {
    ASSERT_EQ(make(name), 0) << last_.message;
    ASSERT_EQ(address(name, addresses), 0) << last_.message;
  }
  void bring_up(const std::string& name, const char* addresses) {
    draft(name, addresses);
    ASSERT_EQ(connect(name), 0) << last_.message;
  }

  bool is_there(const std::string& name) {
    return connections_->snapshot()->connections.contains(name);
  }
  ConnectionView view(const std::string& name) {
    return connections_->snapshot()->connections.at(name);
  }
  ConnectionStatus status(const std::string& name) {
    return connections_->status(view(name).serial).value();
  }
  ConnectionState state(const std::string& name) { return status(name).state; }
  bool becomes(const std::string& name, ConnectionState wanted) {
    return wait_until([&] { return is_there(name) && state(name) == wanted; });
  }
  std::vector<std::string> devices(const std::string& name) {
    return connections_->devices(view(name).serial).value();
  }
  std::map<std::string, HostController> controllers() {
    return initiator_.observe().value().controllers;
  }
  // Of the path; empty: there is none.
  std::string controller_at(const char* text) {
    for (const auto& [name, controller] : controllers())
      if (controller.address == at(text)) return name;
    return "";
  }
  void edit(const std::function<void(SimFabric&)>& edit) { initiator_.edit(edit); }
  void silence(const char* text) {
    edit([&](SimFabric& fabric) { fabric.silent.insert(at(text)); });
  }
  // Taken away and given back: nobody listens there, or somebody does again.
  void unplug(const char* text) {
    edit([&](SimFabric& fabric) {
      for (auto& [name, target] : fabric.targets) target.addresses.erase(at(text));
    });
  }
  void plug_in(const char* target, const char* text) {
    edit([&](SimFabric& fabric) { fabric.targets.at(target).addresses.insert(at(text)); });
  }

  ConnectionsOptions options_{.patience = milliseconds(10000),
                              .disk_patience = milliseconds(50),
                              .leave_patience = milliseconds(20000),
                              .first_pause = milliseconds(5),
                              .longest_pause = milliseconds(20)};
  SimInitiator initiator_{small_fabric()};
  MemoryConnectionStore store_;
  std::unique_ptr<Connections> connections_;
  Error last_;
};

}  // namespace nvmeofs
