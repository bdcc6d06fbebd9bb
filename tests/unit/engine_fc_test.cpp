// Exports over Fibre Channel.
#include "engine_fixture.h"

namespace nvmeofs {
namespace {

constexpr const char* port = "fc://nn-0x20000090fa942779:pn-0x10000090fa942779";
constexpr const char* port_and_network =
    "fc://nn-0x20000090fa942779:pn-0x10000090fa942779\ntcp://10.0.0.1";
constexpr const char* traddr = "nn-0x20000090fa942779:pn-0x10000090fa942779";

class FcTest : public EngineTest {
 protected:
  FcTest() { set_port(true); }

  void set_port(bool serves, bool fcloop = false) {
    kernel_.edit_machine([&](SimMachine& machine) {
      machine.fcloop = fcloop;
      machine.fc_ports.clear();
      if (serves) machine.fc_ports.insert(traddr);
    });
  }
  AddressState state_at(std::size_t index) { return status("toto").addresses.at(index).second; }
};

TEST_F(FcTest, ExportsShareTheOnePort) {
  serve("toto", "/dev/a", port);
  serve("titi", "/dev/b", port);
  const Target target = kernel();
  ASSERT_EQ(target.ports.size(), 1U);
  const Port& served = target.ports.begin()->second;
  EXPECT_EQ(served.subsystems.size(), 2U);
  EXPECT_EQ(served.attributes.at("addr_trsvcid"), "none");
  EXPECT_EQ(status("toto").state, State::enabled);
  EXPECT_EQ(state_at(0), AddressState::listening);
  ASSERT_EQ(disable("toto"), 0);
  ASSERT_EQ(disable("titi"), 0);
  EXPECT_EQ(kernel(), Target{});
}

TEST_F(FcTest, ExportIsKeptOverAReboot) {
  serve("toto", "/dev/a", port);
  reboot();
  EXPECT_EQ(status("toto").state, State::enabled);
  EXPECT_EQ(view("toto").wanted.addresses, std::vector{at(port)});
}

TEST_F(FcTest, AddressIsRefusedWhereTheKernelHasNone) {
  kernel_.edit_machine([](SimMachine& machine) { machine.transports.erase(Trtype::fc); });
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(address("toto", port), ENODEV);
  EXPECT_EQ(last_.reason, Reason::no_module);
}

TEST_F(FcTest, AddressOfAnotherMachineIsRefused) {
  ASSERT_EQ(make("toto"), 0);
  EXPECT_EQ(address("toto", "fc://nn-0x20000090fa942779:pn-0x10000090fa942770"), EADDRNOTAVAIL);
  EXPECT_EQ(last_.reason, Reason::address_not_local);
  EXPECT_THAT(last_.message, HasSubstr(port));
}

TEST_F(FcTest, PortThatServesNotIsTheKernelsToRefuse) {
  set_port(false, true);
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", port_and_network), 0) << last_.message;
  EXPECT_EQ(enable("toto"), ENXIO);
  EXPECT_EQ(last_.reason, Reason::address_not_local);
  EXPECT_THAT(last_.message, HasSubstr("no FC port of this machine with the names in fc://"));
  EXPECT_EQ(kernel(), Target{});
}

// However it spells the names.
TEST_F(FcTest, PortOfSomethingElseIsUsedAsItIs) {
  ASSERT_TRUE(kernel_.mkdir("subsystems/other"));
  ASSERT_TRUE(kernel_.mkdir("ports/7"));
  ASSERT_TRUE(kernel_.write("ports/7/addr_trtype", "fc"));
  ASSERT_TRUE(kernel_.write("ports/7/addr_adrfam", "fc"));
  ASSERT_TRUE(kernel_.write("ports/7/addr_traddr", "nn-20000090FA942779:pn-10000090FA942779"));
  ASSERT_TRUE(kernel_.symlink("subsystems/other", "ports/7/subsystems/other"));
  serve("toto", "/dev/a", port);
  EXPECT_EQ(kernel().ports.size(), 1U);
  EXPECT_TRUE(kernel().ports.at("7").subsystems.contains("toto"));
}

TEST_F(FcTest, ExportWaitsForItsPortAndComesUpWithIt) {
  serve("toto", "/dev/a", port);
  set_port(false);
  reboot();
  ASSERT_TRUE(becomes("toto", State::waiting));
  EXPECT_THAT(status("toto").detail, HasSubstr(port));
  EXPECT_EQ(kernel(), Target{});
  set_port(true);
  EXPECT_TRUE(becomes("toto", State::enabled));
}

TEST_F(FcTest, WaitingForAPortIsSaidOnce) {
  serve("toto", "/dev/a", port);
  set_port(false, true);
  reboot();
  ASSERT_TRUE(becomes("toto", State::waiting)) << status("toto").detail;
  const auto steps = [&] { return engine_->snapshot()->steps; };
  const auto before = steps();
  const auto said = engine_->snapshot()->log.size();
  EXPECT_TRUE(eventually([&] { return steps() > before; }));
  EXPECT_EQ(engine_->snapshot()->log.size(), said);
}

// As an adapter whose driver has not made it a target yet.
TEST_F(FcTest, ExportIsServedElsewhereWhileItsPortIsNotReady) {
  serve("toto", "/dev/a", port_and_network);
  set_port(false, true);
  reboot();
  ASSERT_TRUE(becomes("toto", State::enabled)) << status("toto").detail;
  EXPECT_EQ(state_at(0), AddressState::waiting);
  EXPECT_EQ(state_at(1), AddressState::listening);
  EXPECT_EQ(kernel().ports.size(), 1U);
  ASSERT_EQ(hosts("toto", "nqn.2024-01.org.example:h"), 0) << last_.message;

  set_port(true, true);
  EXPECT_TRUE(eventually([&] { return state_at(0) == AddressState::listening; }));
  EXPECT_EQ(kernel().ports.size(), 2U);
}

TEST_F(FcTest, ExportWaitsForAPortThatIsNotReady) {
  serve("toto", "/dev/a", port);
  set_port(false, true);
  reboot();
  ASSERT_TRUE(becomes("toto", State::waiting)) << status("toto").detail;
  EXPECT_THAT(status("toto").detail, HasSubstr("no FC port of this machine"));
  EXPECT_EQ(kernel(), Target{});
  ASSERT_EQ(hosts("toto", "nqn.2024-01.org.example:h"), 0) << last_.message;
  EXPECT_EQ(status("toto").state, State::waiting);
  EXPECT_FALSE(claim("/dev/a")) << "the disk is to be had by others meanwhile";
  EXPECT_EQ(kernel(), Target{});
  set_port(true, true);
  EXPECT_TRUE(becomes("toto", State::enabled));
}

}  // namespace
}  // namespace nvmeofs
