// Exports for this machine alone.
#include "engine_fixture.h"

namespace nvmeofs {
namespace {

class LoopTest : public EngineTest {
 protected:
  void draft(const std::string& name, const char* disk) {
    ASSERT_EQ(make(name), 0);
    ASSERT_EQ(device(name, disk), 0) << last_.message;
    ASSERT_EQ(address(name, "loop"), 0) << last_.message;
  }
};

TEST_F(LoopTest, ExportsShareTheOnePort) {
  draft("toto", "/dev/a");
  draft("titi", "/dev/b");
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  ASSERT_EQ(enable("titi"), 0) << last_.message;
  ASSERT_EQ(kernel().ports.size(), 1U);
  EXPECT_EQ(kernel().ports.begin()->second.subsystems.size(), 2U);
  EXPECT_EQ(status("toto").state, State::enabled);
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(disable("titi"), 0);
  EXPECT_EQ(kernel(), Target{});
}

TEST_F(LoopTest, ExportIsServedBesideANetwork) {
  draft("toto", "/dev/a");
  ASSERT_EQ(address("toto", "loop\ntcp://10.0.0.1"), 0);
  ASSERT_EQ(enable("toto"), 0) << last_.message;
  EXPECT_EQ(kernel().ports.size(), 2U);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  EXPECT_EQ(kernel().ports.size(), 1U);
}

TEST_F(LoopTest, ExportIsKeptOverAReboot) {
  draft("toto", "/dev/a");
  ASSERT_EQ(enable("toto"), 0);
  reboot();
  EXPECT_EQ(status("toto").state, State::enabled);
  EXPECT_EQ(view("toto").wanted.addresses, std::vector{TransportAddress::loop()});
}

TEST_F(LoopTest, AddressIsRefusedWhereTheKernelHasNone) {
  kernel_.edit_machine([](SimMachine& machine) { machine.transports.erase(Trtype::loop); });
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(address("toto", "loop"), ENODEV);
  EXPECT_EQ(last_.reason, Reason::no_module);
}

}  // namespace
}  // namespace nvmeofs
