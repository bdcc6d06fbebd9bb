// What the machine is when it has told of a change. Everything is looked at only then, as the
// program does: what becomes true without a word, or after the last one, fails.
#pragma once

#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <string>

#include "probe/address_probe.h"
#include "probe/device_probe.h"
#include "probe/machine_changes.h"
#include "probe_support.h"

namespace nvmeofs::test {

class WatchedMachine : public ::testing::Test {
 protected:
  // How long nothing may be told, and how long it may take in all.
  struct Patience {
    std::chrono::milliseconds silence;
    std::chrono::seconds all;
  };

  explicit WatchedMachine(Patience patience) : patience_(patience) {}

  // Whether it is so at last.
  bool told(const std::function<bool()>& so) {
    const auto end = std::chrono::steady_clock::now() + patience_.all;
    while (std::chrono::steady_clock::now() < end &&
           becomes_readable(changes_.fd(), patience_.silence)) {
      changes_.clear();
      if (so()) return true;
    }
    return false;
  }
  bool is_device(const std::string& path) {
    return devices_.examine(device_path(path), Members::refuse).has_value();
  }
  bool is_address(const std::string& text) {
    return addresses_.check(TransportAddress::parse(text, Trtype::tcp).value()).has_value();
  }

  MachineDevices devices_;
  MachineAddresses addresses_{NVMEOFS_RDMA_BIND};
  MachineChanges changes_;

 private:
  Patience patience_;
};

}  // namespace nvmeofs::test
