// config.json at the root: what nvmetcli has saved moves in, and out again.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <chrono>
#include <cstdint>
#include <future>
#include <thread>

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
  // Without the numbers of ports, which are the kernel's own business.
  static std::string target() { return sh("sed '/portid/d' " + config + " | sort").output; }
  static std::uint64_t saves() {
    const std::string text = read_text(state_file);
    const std::string mark = "\"generation\": ";
    const auto at = text.find(mark);
    return at == std::string::npos ? 0 : std::stoull(text.substr(at + mark.size()));
  }
  // By hand, as the kernel's documentation has it.
  static void configure_by_hand() {
    run(R"(set -e
      modprobe nvmet-tcp
      cd /sys/kernel/config/nvmet
      mkdir subsystems/toto
      echo 1 > subsystems/toto/attr_allow_any_host
      mkdir subsystems/toto/namespaces/1
      echo /dev/nullb0 > subsystems/toto/namespaces/1/device_path
      echo 1 > subsystems/toto/namespaces/1/enable
      mkdir ports/7
      echo tcp > ports/7/addr_trtype
      echo ipv4 > ports/7/addr_adrfam
      echo 192.168.1.32 > ports/7/addr_traddr
      echo 4420 > ports/7/addr_trsvcid
      ln -s /sys/kernel/config/nvmet/subsystems/toto ports/7/subsystems/toto)");
  }
};

TEST_F(TargetConfig, MovesATargetThatIsInUseIn) {
  configure_by_hand();
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

// Killed after this many saves, as the state file says that it was: two that exchange their disks,
// one that another takes the place of, and one that something else made.
TEST_F(TargetConfig, IsTakenBackWhenTheProgramIsKilledOnTheWay) {
  configure_by_hand();
  serve("titi", "/dev/nullb1", "tcp://192.168.1.33");
  serve("tete", "/dev/nullb2", "tcp://192.168.1.33:4421");
  serve("tutu", "/dev/nullb3", "rdma://192.168.1.33");
  EXPECT_EQ(state_of("toto"), "foreign");
  save();
  run(R"(python3 - )" + file + R"( <<'END'
import json, sys
config = json.load(open(sys.argv[1]))
named = {subsystem["nqn"]: subsystem for subsystem in config["subsystems"]}
one, other = (named[name]["namespaces"][0]["device"] for name in ("titi", "tete"))
one["path"], other["path"] = other["path"], one["path"]
named["toto"]["attr"]["model"] = "another"
new = named["tutu"]
new["nqn"] = "neu"
new["attr"]["serial"] = "11111111111111111111"
new["namespaces"][0]["device"]["uuid"] = "00000000-0000-4000-8000-000000000011"
new["namespaces"][0]["device"]["nguid"] = "00000000-0000-4000-9000-000000000011"
for port in config["ports"]:
    port["subsystems"] = ["neu" if name == "tutu" else name for name in port["subsystems"]]
json.dump(config, open(sys.argv[1], "w"))
END)");
  const std::string before = target();
  int taken_back = 0;
  for (std::uint64_t later = 1;; later += 2) {
    SCOPED_TRACE(fmt::format("killed after {} saves", later));
    const std::uint64_t begun = saves();
    auto restoring = std::async(std::launch::async, [] { return sh("cp " + file + " " + config); });
    while (saves() < begun + later &&
           restoring.wait_for(std::chrono::seconds(0)) != std::future_status::ready)
      std::this_thread::yield();
    kill_program();
    restoring.wait();
    const bool on_the_way = read_text(state_file).find("\"restoring\"") != std::string::npos;
    start();
    if (!on_the_way) break;
    ++taken_back;
    EXPECT_TRUE(eventually([] {
      return state_of("titi") == "enabled" && state_of("tete") == "enabled" &&
             state_of("tutu") == "enabled";
    })) << sh("cat " + mountpoint + "/log").output;
    EXPECT_EQ(state_of("toto"), "foreign");
    EXPECT_EQ(target(), before);
    EXPECT_THAT(sh("cat " + mountpoint + "/log").output,
                HasSubstr("everything is as it was before"));
    if (HasFailure()) return;
  }
  EXPECT_GT(taken_back, 5);
  EXPECT_TRUE(eventually([] {
    return state_of("toto") == "enabled" && state_of("titi") == "enabled" &&
           state_of("tete") == "enabled" && state_of("neu") == "enabled";
  })) << sh("cat " + mountpoint + "/log").output;
  EXPECT_EQ(state_of("tutu"), "disabled");
  visit({.trtype = "tcp", .traddr = "192.168.1.33"}, "titi", "/dev/nullb2");
  EXPECT_EQ(remove_export("tutu"), "ok");
  for (const char* name : {"toto", "titi", "tete", "neu"}) take_down(name);
  run("rmdir /sys/kernel/config/nvmet/ports/7");
  EXPECT_EQ(changes(), "");
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
