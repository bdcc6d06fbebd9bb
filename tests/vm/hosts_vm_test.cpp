// Who may connect, and what changing that does to who is connected.

#include <gmock/gmock.h>

#include "traffic.h"
#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Hosts : public ViewTest {
 protected:
  static bool is_live(const Host& host) {
    for (const auto& name : controllers("toto")) {
      const std::string folder = "/sys/class/nvme/" + name + "/";
      if (read_text(folder + "hostnqn") == host.nqn && read_text(folder + "state") == "live")
        return true;
    }
    return false;
  }
  // The one that stays holds its I/O until it is back.
  void check_revocation(const std::string& trtype) {
    serve("toto", "/dev/nullb0", trtype + "://192.168.1.32");
    must_connect({.trtype = trtype}, "toto");
    must_connect({.trtype = trtype}, "toto", second_host);
    ASSERT_TRUE(is_live(first_host) && is_live(second_host));
    {
      Traffic traffic(disk_of("toto"));
      EXPECT_TRUE(traffic.goes_on()) << traffic.error();
      EXPECT_EQ(set("toto", "hosts", first_host.nqn), "EBUSY");
      EXPECT_EQ(set("toto", "hosts", first_host.nqn + " force"), "ok")
          << status_lines("toto", "refused");
      EXPECT_TRUE(eventually([] { return !is_live(second_host); }));
      EXPECT_TRUE(eventually([] { return is_live(first_host); }, std::chrono::seconds(60)));
      EXPECT_TRUE(traffic.goes_on()) << traffic.error();
    }
    EXPECT_FALSE(is_live(second_host));
    EXPECT_EQ(get("toto", "hosts"), first_host.nqn);
    disconnect("toto");
    take_down("toto");
    EXPECT_EQ(changes(), "");
  }
  void check_list_of_one(const std::string& trtype) {
    draft("toto", "/dev/nullb0", trtype + "://192.168.1.32");
    EXPECT_EQ(set("toto", "hosts", first_host.nqn), "ok");
    EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
    EXPECT_EQ(status_lines("toto", "hosts"), "hosts " + first_host.nqn);
    must_be_turned_away({.trtype = trtype}, "toto", second_host);
    EXPECT_TRUE(controllers().empty());
    visit({.trtype = trtype}, "toto", "/dev/nullb0");
    take_down("toto");
  }
};

TEST_F(Hosts, ListedHostComesInAndAnotherDoesNotOverTcp) {
  check_list_of_one("tcp");
}

TEST_F(Hosts, ListedHostComesInAndAnotherDoesNotOverRdma) {
  check_list_of_one("rdma");
}

TEST_F(Hosts, AnyBecomesAListAndAnyAgainUnderTheConnectedHostThatIsListed) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  const std::string cntlid = controller_attribute("toto", "cntlid");
  {
    Traffic traffic(disk_of("toto"));
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
    EXPECT_EQ(set("toto", "hosts", first_host.nqn), "ok") << status_lines("toto", "refused");
    EXPECT_EQ(get("toto", "hosts"), first_host.nqn);
    must_be_turned_away({.trtype = "tcp"}, "toto", second_host);
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
    EXPECT_EQ(set("toto", "hosts", "any"), "ok") << status_lines("toto", "refused");
    EXPECT_TRUE(traffic.goes_on()) << traffic.error();
  }
  EXPECT_EQ(controller_attribute("toto", "state"), "live");
  EXPECT_EQ(controller_attribute("toto", "cntlid"), cntlid);
  must_connect({.trtype = "tcp"}, "toto", second_host);
  disconnect("toto");
  take_down("toto");
}

TEST_F(Hosts, ListThatWouldShutOutTheConnectedHostIsRefused) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  EXPECT_TRUE(eventually([] { return !get("toto", "clients").empty(); }));
  const NvmetTree tree = nvmet_tree();
  EXPECT_EQ(set("toto", "hosts", second_host.nqn), "EBUSY");
  EXPECT_THAT(status_lines("toto", "refused"), StartsWith("refused EBUSY hosts-connected: "));
  EXPECT_THAT(status_lines("toto", "refused"), HasSubstr(first_host.nqn));
  EXPECT_EQ(difference(tree, nvmet_tree()), "");
  EXPECT_EQ(get("toto", "hosts"), "any");
  disconnect("toto");
  take_down("toto");
}

TEST_F(Hosts, ThatIsTakenOffTheListByForceLosesItsConnectionOverTcp) {
  check_revocation("tcp");
}

TEST_F(Hosts, ThatIsTakenOffTheListByForceLosesItsConnectionOverRdma) {
  check_revocation("rdma");
}

TEST_F(Hosts, OneMoreCanBeAppendedToALiveExport) {
  draft("toto", "/dev/nullb0", "tcp://192.168.1.32");
  EXPECT_EQ(set("toto", "hosts", first_host.nqn), "ok");
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  run("echo " + second_host.nqn + " >> " + exports + "toto/hosts");
  EXPECT_EQ(get("toto", "hosts"), first_host.nqn + "\n" + second_host.nqn);
  must_connect({.trtype = "tcp"}, "toto", second_host);
  disconnect("toto");
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
