// Who is connected is known by name, and does not lose its disk without force.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "traffic.h"
#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::AllOf;
using testing::AnyOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

class Clients : public ViewTest {
 protected:
  // The host is named, by its address, transport and NQN, with nobody beside it.
  static void expect_one_client(const std::string& name, const std::string& trtype,
                                const Host& host = first_host) {
    EXPECT_TRUE(eventually([&] { return !get(name, "clients").empty(); }));
    EXPECT_THAT(get(name, "clients"),
                StartsWith(fmt::format("192.168.1.32 {} {} ", trtype, host.nqn)));
    EXPECT_THAT(get(name, "clients"), testing::Not(HasSubstr("\n")));
    EXPECT_EQ(status_lines(name, "clients"), "clients 1");
  }

  static void expect_disabling_refused(const std::string& name) {
    const NvmetTree tree = nvmet_tree();
    EXPECT_EQ(set(name, "enabled", "0"), "EBUSY");
    EXPECT_THAT(status_lines(name, "refused"),
                AllOf(StartsWith("refused EBUSY hosts-connected: "), HasSubstr(first_host.nqn),
                      HasSubstr("0 force")));
    EXPECT_EQ(difference(tree, nvmet_tree()), "");
    EXPECT_EQ(get(name, "enabled"), "1");
  }

  void check_connected_host(const std::string& trtype) {
    serve("toto", "/dev/nullb0", trtype + "://192.168.1.32");
    EXPECT_THAT(get("toto", "clients"), IsEmpty());
    must_connect({.trtype = trtype}, "toto");
    expect_one_client("toto", trtype);
    expect_disabling_refused("toto");
    EXPECT_EQ(controller_attribute("toto", "state"), "live");
    check_data(disk_of("toto"), "/dev/nullb0");
    disconnect("toto");
    EXPECT_TRUE(eventually([] { return is_left_alone("toto"); })) << get("toto", "clients");
    take_down("toto");
  }

  void check_force(const std::string& trtype) {
    serve("toto", "/dev/nullb0", trtype + "://192.168.1.32");
    must_connect({.trtype = trtype}, "toto");
    EXPECT_EQ(disk_of("toto").empty(), false);
    EXPECT_EQ(set("toto", "enabled", "0 force"), "ok") << status_lines("toto", "refused");
    EXPECT_EQ(changes(), "");
    EXPECT_TRUE(eventually([] { return controller_attribute("toto", "state") != "live"; }));
    disconnect("toto");
    EXPECT_EQ(remove_export("toto"), "ok");
  }

  // A host at one of two exports on a port is no reason to keep the other.
  void check_shared_port(const std::string& trtype) {
    serve("first", "/dev/nullb0", trtype + "://192.168.1.32");
    serve("second", "/dev/nullb1", trtype + "://192.168.1.32");
    must_connect({.trtype = trtype}, "first");
    expect_one_client("first", trtype);
    {
      Traffic traffic(disk_of("first"));
      EXPECT_TRUE(traffic.goes_on()) << traffic.error();
      EXPECT_THAT(get("second", "clients"), IsEmpty());
      EXPECT_EQ(set("second", "enabled", "0"), "ok") << status_lines("second", "refused");
      EXPECT_TRUE(traffic.goes_on()) << traffic.error();
      expect_disabling_refused("first");
    }
    EXPECT_EQ(remove_export("second"), "ok");
    disconnect("first");
    take_down("first");
  }
};

TEST_F(Clients, HostOverTcpIsNamedAndKeepsTheExport) {
  check_connected_host("tcp");
}

TEST_F(Clients, HostOverRdmaIsNamedAndKeepsTheExport) {
  check_connected_host("rdma");
}

TEST_F(Clients, ForceDisablesUnderAHostOverTcp) {
  check_force("tcp");
}

TEST_F(Clients, ForceDisablesUnderAHostOverRdma) {
  check_force("rdma");
}

TEST_F(Clients, HostOfOneExportDoesNotHoldTheOtherOnItsTcpPort) {
  check_shared_port("tcp");
}

TEST_F(Clients, HostOfOneExportDoesNotHoldTheOtherOnItsRdmaPort) {
  check_shared_port("rdma");
}

// Both come from one address, so by time alone their names can be told apart or not; what is said
// is never the wrong one.
TEST_F(Clients, TwoHostsAreTwoLines) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32\nrdma://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  EXPECT_TRUE(
      eventually([] { return get("toto", "clients").find(first_host.nqn) != std::string::npos; }));
  must_connect({.trtype = "rdma"}, "toto", second_host);
  EXPECT_TRUE(eventually([] { return status_lines("toto", "clients") == "clients 2"; }));
  const std::string clients = get("toto", "clients");
  EXPECT_THAT(lines_with(clients, "192.168.1.32 tcp "),
              AnyOf(StartsWith("192.168.1.32 tcp " + first_host.nqn + " "),
                    StartsWith("192.168.1.32 tcp - ")));
  EXPECT_THAT(lines_with(clients, "192.168.1.32 rdma "),
              AnyOf(StartsWith("192.168.1.32 rdma " + second_host.nqn + " "),
                    StartsWith("192.168.1.32 rdma - ")));
  disconnect("toto");
  take_down("toto");
}

TEST_F(Clients, DiscoveryAloneHoldsNothing) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "nqn.2014-08.org.nvmexpress.discovery");
  EXPECT_THAT(run(fmt::format("nvme discover -t tcp -a 192.168.1.32 -s 4420 -q {} -I {}",
                              first_host.nqn, first_host.id)),
              HasSubstr("toto"));
  EXPECT_THAT(get("toto", "clients"), IsEmpty());
  EXPECT_EQ(set("toto", "enabled", "0"), "ok") << status_lines("toto", "refused");
  disconnect("nqn.2014-08.org.nvmexpress.discovery");
  EXPECT_EQ(remove_export("toto"), "ok");
}

TEST_F(Clients, HostThatCameBeforeTheProgramIsKnownToo) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  unmount();
  start();
  EXPECT_TRUE(eventually([] { return !get("toto", "clients").empty(); }));
  EXPECT_EQ(set("toto", "enabled", "0"), "EBUSY");
  EXPECT_THAT(status_lines("toto", "refused"), StartsWith("refused EBUSY hosts-connected: "));
  disconnect("toto");
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
