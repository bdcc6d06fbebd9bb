// config.json at the root: what nvmetcli has saved moves in, and out again.

#include <gmock/gmock.h>

#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string config = mountpoint + "/config.json";
const std::string file = "/run/saved.json";

class TargetConfig : public ViewTest {
 protected:
  void TearDown() override {
    run("rm -f " + file);
    ViewTest::TearDown();
  }
  static void save() { run("cp " + config + " " + file); }
  static std::string restore() {
    const Outcome outcome = sh("cp " + file + " " + config);
    return outcome.status == 0 ? "ok"
                               : outcome.output + sh("tail -n 1 " + mountpoint + "/log").output;
  }
};

TEST_F(TargetConfig, MovesATargetThatIsInUseIn) {
  make_subsystem("toto", "/dev/nullb0");
  make_port("7", "tcp", "192.168.1.32", "4420");
  link_port("7", "toto");
  EXPECT_TRUE(eventually([] { return state_of("toto") == "foreign"; }));
  must_connect({.trtype = "tcp"}, "toto");
  const std::string cntlid = controller_attribute("toto", "cntlid");
  save();
  const NvmetTree tree = nvmet_tree();
  EXPECT_EQ(restore(), "ok");
  EXPECT_EQ(difference(tree, nvmet_tree()), "");
  EXPECT_EQ(state_of("toto"), "enabled");
  EXPECT_EQ(controller_attribute("toto", "cntlid"), cntlid);
  check_data(disk_of("toto"), "/dev/nullb0");
  disconnect("toto");
  EXPECT_EQ(set("toto", "enabled", "0"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(remove_export("toto"), "ok");
  run("rmdir /sys/kernel/config/nvmet/ports/7");
  EXPECT_EQ(changes(), "");
}

TEST_F(TargetConfig, BringsBackWhatAnotherMachineHad) {
  draft("toto", "/dev/nullb0", "tcp://192.168.1.32");
  EXPECT_EQ(append("toto", "address", "rdma://192.168.1.32"), "ok");
  EXPECT_EQ(set("toto", "hosts", first_host.nqn), "ok");
  EXPECT_EQ(set("toto", "subsystem/qid_max", "4"), "ok");
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  const std::string uuid = get("toto", "namespaces/1/uuid");
  save();
  take_down("toto");
  EXPECT_EQ(restore(), "ok");
  EXPECT_EQ(state_of("toto"), "enabled");
  EXPECT_EQ(get("toto", "namespaces/1/uuid"), uuid);
  EXPECT_EQ(get("toto", "subsystem/qid_max"), "4");
  EXPECT_EQ(sh("cmp " + config + " " + file).output, "");
  visit({.trtype = "tcp"}, "toto", "/dev/nullb0");
  visit({.trtype = "rdma"}, "toto", "/dev/nullb0");
  take_down("toto");
}

TEST_F(TargetConfig, LeavesHostsOfUnchangedExportsAlone) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  serve("titi", "/dev/nullb1", "tcp://192.168.1.33");
  save();
  EXPECT_EQ(set("titi", "enabled", "0"), "ok");
  must_connect({.trtype = "tcp"}, "toto");
  const std::string cntlid = controller_attribute("toto", "cntlid");
  EXPECT_EQ(restore(), "ok");
  EXPECT_EQ(state_of("titi"), "enabled");
  EXPECT_EQ(controller_attribute("toto", "cntlid"), cntlid);
  EXPECT_EQ(controller_attribute("toto", "state"), "live");

  const NvmetTree tree = nvmet_tree();
  run("echo '{}' > " + file);
  EXPECT_THAT(restore(),
              HasSubstr("EBUSY hosts-connected: exports/toto: connected: " + first_host.nqn));
  EXPECT_EQ(difference(tree, nvmet_tree()), "");
  disconnect("toto");
  EXPECT_EQ(restore(), "ok");
  EXPECT_EQ(state_of("toto"), "disabled");
  EXPECT_EQ(changes(), "");
  for (const char* name : {"toto", "titi"}) EXPECT_EQ(remove_export(name), "ok");
}

// As nvmetcli 0.8 has saved it on a kernel of its time.
TEST_F(TargetConfig, TakesAFileOfAnotherKernel) {
  run("cat > " + file + R"( <<'END'
{
  "hosts": [],
  "ports": [
    {
      "addr": {"adrfam": "ipv4", "traddr": "192.168.1.32", "treq": "not specified",
               "trsvcid": "4420", "trtype": "tcp"},
      "ana_groups": [{"ana": {"state": "optimized"}, "grpid": 1}],
      "param": {"inline_data_size": "16384", "pi_enable": "0"},
      "portid": 1, "referrals": [], "subsystems": ["toto"]
    }
  ],
  "subsystems": [
    {
      "allowed_hosts": [],
      "attr": {"allow_any_host": "1", "cntlid_max": "65519", "cntlid_min": "1",
               "firmware": "5.10.0-2", "model": "Linux", "pi_enable": "0", "qid_max": "128",
               "serial": "b2f1b3a4c5d6e7f80912", "version": "1.3"},
      "namespaces": [
        {"ana": {"grpid": "1"}, "ana_grpid": 1,
         "device": {"nguid": "00000000-0000-0000-0000-000000000000", "path": "/dev/nullb0",
                    "uuid": "4e2a6f0e-8ad5-4f02-9a3a-5a1c77e1f8b1"},
         "enable": 1, "nsid": 1}
      ],
      "nqn": "toto"
    }
  ]
}
END
)");
  EXPECT_EQ(restore(), "ok");
  EXPECT_EQ(state_of("toto"), "enabled");
  EXPECT_EQ(get("toto", "subsystem/serial"), "b2f1b3a4c5d6e7f80912");
  EXPECT_EQ(get("toto", "namespaces/1/uuid"), "4e2a6f0e-8ad5-4f02-9a3a-5a1c77e1f8b1");
  EXPECT_THAT(get("toto", "subsystem/firmware"), Not(HasSubstr("5.10")));
  visit({.trtype = "tcp"}, "toto", "/dev/nullb0");
  take_down("toto");
  EXPECT_EQ(changes(), "");
}

}  // namespace
}  // namespace nvmeofs::vm
