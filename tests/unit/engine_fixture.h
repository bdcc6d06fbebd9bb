// The engine over the simulated kernel, with a store that is kept over its restarts.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spdlog/spdlog.h>

#include <cerrno>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <thread>

#include "engine/identity.h"
#include "faulty_backend.h"
#include "memory_store.h"
#include "nvmeofs/engine.h"
#include "nvmeofs/plan.h"
#include "random_target.h"
#include "sim/sim_backend.h"
#include "sim/sim_probe.h"
#include "sim/sim_sessions.h"
#include "sim/sim_watch.h"

namespace nvmeofs {

using std::chrono::milliseconds;
using testing::HasSubstr;

class EngineTest : public testing::Test {
 protected:
  EngineTest() {
    spdlog::set_level(spdlog::level::off);
    start();
  }

  // Ends the engine that runs, and begins anew over the same kernel and store.
  void start() {
    engine_.reset();
    engine_ = std::make_unique<Engine>(
        Environment{backend_, devices_, addresses_, sessions_, watch_, store_, boot_id_},
        EngineOptions{.hosts_any = true, .patience = milliseconds(50)});
    ASSERT_TRUE(engine_->start());
    engine_->wait_for_first_look(std::chrono::seconds(20));
  }
  // The kernel forgets everything, and the program begins anew.
  void reboot() {
    empty_kernel();
    boot_id_ += " next";
    start();
  }
  // No program runs then.
  void empty_kernel() {
    engine_.reset();
    for (const auto& [id, port] : kernel().ports) {
      for (const auto& [nqn, link] : port.subsystems)
        ASSERT_TRUE(kernel_.unlink("ports/" + id + "/subsystems/" + link));
      for (const auto& [group, state] : port.ana_groups)
        if (group != "1") {
          ASSERT_TRUE(kernel_.rmdir("ports/" + id + "/ana_groups/" + group));
        }
      for (const auto& [name, referral] : port.referrals)
        ASSERT_TRUE(kernel_.rmdir("ports/" + id + "/referrals/" + name));
      ASSERT_TRUE(kernel_.rmdir("ports/" + id));
    }
    for (const auto& [nqn, subsystem] : kernel().subsystems) {
      for (const auto& [host, link] : subsystem.allowed_hosts)
        ASSERT_TRUE(kernel_.unlink("subsystems/" + nqn + "/allowed_hosts/" + link));
      for (const auto& [nsid, space] : subsystem.namespaces)
        ASSERT_TRUE(kernel_.rmdir("subsystems/" + nqn + "/namespaces/" + nsid));
      ASSERT_TRUE(kernel_.rmdir("subsystems/" + nqn));
    }
    for (const auto& [host, what] : kernel().hosts) ASSERT_TRUE(kernel_.rmdir("hosts/" + host));
    ASSERT_EQ(kernel(), Target{});
  }
  // What is in the kernel is somebody else's then.
  void start_without_state() {
    engine_.reset();
    store_.forget();
    start();
  }

  std::future<Result<void>> submit(const std::string& name, const std::string& file,
                                   Result<Intent> intent) {
    auto promise = std::make_shared<std::promise<Result<void>>>();
    const auto snapshot = engine_->snapshot();
    const auto found = snapshot->exports.find(name);
    const bool by_name = file.empty();
    engine_->submit(
        {.caller = caller_,
         .name = name,
         .serial = by_name || found == snapshot->exports.end() ? 0 : found->second.serial,
         .file = file,
         .value = "…",
         .intent = std::move(intent)},
        [promise](Result<void> result) { promise->set_value(std::move(result)); });
    return promise->get_future();
  }

  // 0, or the errno.
  int ask(const std::string& name, const std::string& file, Result<Intent> intent) {
    auto answer = submit(name, file, std::move(intent));
    if (answer.wait_for(std::chrono::seconds(20)) != std::future_status::ready) return -1;
    const auto result = answer.get();
    last_ = result ? Error{} : result.error();
    return last_.errnum;
  }
  int make(const std::string& name) { return ask(name, "", MakeExport{}); }
  int remove(const std::string& name) { return ask(name, "", RemoveExport{}); }
  int device(const std::string& name, const char* path) {
    return ask(name, "device", SetDevice{DevicePath::parse(path).value()});
  }
  int address(const std::string& name, const char* text, bool append = false) {
    return ask(name, "address", SetAddresses{parse_addresses(text, Trtype::rdma).value(), append});
  }
  int hosts(const std::string& name, const char* text) {
    auto written = WrittenHosts::parse(text).value();
    return ask(name, "hosts", SetHosts{std::move(written.hosts), false, written.force});
  }
  int enable(const std::string& name) { return ask(name, "enabled", SetEnabled{true, false}); }
  int disable(const std::string& name, bool force = false) {
    return ask(name, "enabled", SetEnabled{false, force});
  }

  void serve(const std::string& name, const char* disk = "/dev/a",
             const char* at = "tcp://10.0.0.1") {
    ASSERT_EQ(make(name), 0);
    ASSERT_EQ(device(name, disk), 0) << last_.message;
    ASSERT_EQ(address(name, at), 0) << last_.message;
    ASSERT_EQ(enable(name), 0) << last_.message;
  }

  // What the engine does by itself: whether the condition comes true.
  bool eventually(const std::function<bool()>& condition) {
    for (const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
         std::chrono::steady_clock::now() < end; std::this_thread::yield())
      if (condition()) return true;
    return false;
  }
  bool appears(const std::string& name) {
    return eventually([&] { return engine_->snapshot()->exports.contains(name); });
  }
  bool becomes(const std::string& name, State state) {
    return eventually([&] { return status(name).state == state; });
  }

  // Whether somebody else could have the disk now: EBUSY when it is claimed.
  Result<std::unique_ptr<Claim>> claim(const char* path) {
    return devices_.claim(DevicePath::parse(path).value(), Members::refuse);
  }

  ExportView view(const std::string& name) { return engine_->snapshot()->exports.at(name); }
  Status status(const std::string& name) { return engine_->status(view(name).serial).value(); }
  Target kernel() { return kernel_.target(); }
  TransportAddress at(const char* text) {
    return TransportAddress::parse(text, Trtype::tcp).value();
  }

  SimKernel kernel_{small_machine()};
  SimBackend sim_{kernel_};
  FaultyBackend backend_{sim_};
  SimDevices devices_{kernel_};
  SimAddresses addresses_{kernel_};
  SimSessions sessions_{kernel_};
  SimWatch watch_{kernel_};
  MemoryStore store_;
  Caller caller_{.uid = 0, .pid = 42, .command = "bash"};
  std::string boot_id_ = "first";
  std::unique_ptr<Engine> engine_;
  Error last_;
};

}  // namespace nvmeofs
