// The simulated machine tells what happens to it, and nothing of what nvmeofs does itself.
#include "sim/sim_watch.h"

#include <gtest/gtest.h>
#include <poll.h>

#include "sim/sim_probe.h"

namespace nvmeofs {
namespace {

class SimWatchTest : public testing::Test {
 protected:
  bool is_readable() const {
    pollfd wait{watch_.fd(), POLLIN, 0};
    return poll(&wait, 1, 0) == 1;
  }

  SimKernel kernel_{SimMachine::example()};
  SimWatch watch_{kernel_};
};

TEST_F(SimWatchTest, TellsNothingAtFirst) {
  EXPECT_FALSE(is_readable());
}

TEST_F(SimWatchTest, TellsAnEditOfTheMachineUntilItIsCleared) {
  kernel_.edit_machine([](SimMachine& machine) { machine.devices.erase("/dev/sdb"); });
  kernel_.edit_machine([](SimMachine& machine) { machine.addresses.erase("10.0.0.5"); });
  EXPECT_TRUE(is_readable());
  watch_.clear();
  EXPECT_FALSE(is_readable());
}

TEST_F(SimWatchTest, TellsNothingOfClaims) {
  SimDevices devices(kernel_);
  auto held = devices.claim(DevicePath::parse("/dev/sdb").value(), Members::refuse);
  ASSERT_TRUE(held);
  held->reset();
  EXPECT_FALSE(is_readable());
}

TEST_F(SimWatchTest, TellsNothingOfTheTarget) {
  ASSERT_TRUE(kernel_.mkdir("subsystems/toto"));
  EXPECT_FALSE(is_readable());
}

}  // namespace
}  // namespace nvmeofs
