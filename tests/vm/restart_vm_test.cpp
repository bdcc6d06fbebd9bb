// What was written is there again after a crash and after a reboot, and nothing that runs notices.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <future>
#include <random>
#include <thread>

#include "configfs_watch.h"
#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Restart : public ViewTest {
 protected:
  static bool is_enabled(const std::string& name) {
    return eventually([&] { return state_of(name) == "enabled"; });
  }
};

TEST_F(Restart, WritesNothingToTheKernelWhenNothingDiffers) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32\nrdma://192.168.1.32");
  EXPECT_EQ(set("toto", "hosts", first_host.nqn), "ok");
  ConfigfsWatch watch;
  unmount();
  start();
  EXPECT_TRUE(is_enabled("toto")) << get("toto", "status");
  // What objects of this kernel have is asked of samples, which nothing leads to.
  EXPECT_EQ(lines_without(watch.seen(), "nvmeofs-sample"), "");
  take_down("toto");
  EXPECT_EQ(changes(), "");
}

// A host with verified I/O through the program's death, its next start, and the start of another
// version of it.
TEST_F(Restart, AndUpgradeAreNotNoticedByAHostUnderFio) {
  const Afterwards removed("rm -f /run/nvmeofs-next /run/fio.out");
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  const std::string disk = disk_of("toto");
  run("cp " + program + " /run/nvmeofs-next");
  {
    auto fio = std::async(std::launch::async, [&] {
      return sh(
          "fio --name=verified --filename=" + disk +
              " --size=16m --rw=randwrite --bs=4k --direct=1 --ioengine=psync "
              "--verify=crc32c --verify_fatal=1 --time_based --runtime=8 --output=/run/fio.out",
          std::chrono::seconds(120));
    });
    kill_program();
    start();
    EXPECT_TRUE(is_enabled("toto"));
    unmount();
    const Outcome upgraded = sh("/run/nvmeofs-next nvmet " + mountpoint);
    EXPECT_EQ(upgraded.status, 0) << upgraded.output;
    EXPECT_TRUE(is_enabled("toto"));
    const Outcome outcome = fio.get();
    EXPECT_EQ(outcome.status, 0) << outcome.output << read_text("/run/fio.out");
  }
  EXPECT_THAT(read_text("/run/fio.out"), HasSubstr("err= 0"));
  EXPECT_EQ(controller_attribute("toto", "state"), "live");
  run("umount " + mountpoint);
  EXPECT_TRUE(eventually([] { return sh("pgrep -f nvmeofs-next").status != 0; }));
  start();
  disconnect("toto");
  take_down("toto");
}

TEST_F(Restart, AfterARebootServesTheSameDiskAgain) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32\nrdma://192.168.1.32");
  const NvmetTree served = nvmet_tree();
  forget_kernel();
  start();
  EXPECT_TRUE(is_enabled("toto")) << get("toto", "status");
  EXPECT_EQ(difference(served, nvmet_tree()), "");
  visit({.trtype = "tcp"}, "toto", "/dev/nullb0");
  take_down("toto");
  EXPECT_EQ(changes(), "");
}

TEST_F(Restart, KeepsDrafts) {
  EXPECT_EQ(make_export("toto"), "ok");
  EXPECT_EQ(set("toto", "device", "/dev/nullb1 force"), "ok");
  kill_program();
  start();
  EXPECT_EQ(get("toto", "device"), "/dev/nullb1 force");
  EXPECT_EQ(state_of("toto"), "disabled");
  EXPECT_EQ(remove_export("toto"), "ok");
}

// Two hundred exports, five of which lack something: they wait, each for itself. One is written by
// hand, and the state file multiplied, as an admin may do while nothing is mounted; eight hundred
// writes would take this emulated machine minutes.
TEST_F(Restart, BringsUpWhatCanAndTheRestWhenItComes) {
  static constexpr std::chrono::seconds minutes{240};
  const Afterwards cleaned(
      "ip address del 192.168.2.77/32 dev v2 2>/dev/null; umount /run/disks; "
      "wipefs -qa /dev/nullb3");
  // On a file system with direct I/O, which tmpfs has not on 6.1.
  run("mkfs.ext4 -q /dev/nullb3; mkdir -p /run/disks; mount /dev/nullb3 /run/disks; cd /run/disks; "
      "truncate -s 1M $(seq 0 199); for i in 2 3 4; do mv $i $i.away; done");
  draft("5", "/run/disks/5", "tcp://192.168.1.32");
  unmount();
  run(R"(python3 - )" + state_file + R"( <<'END'
import json, sys, uuid
state = json.load(open(sys.argv[1]))
del state["crc32"]
one = state["exports"]["5"]
for i in range(200):
    copy = dict(one, device=f"/run/disks/{i}", enabled=True, serial=f"{i:020x}",
                uuid=str(uuid.uuid4()), nguid=str(uuid.uuid4()))
    del copy["disk"]
    if i < 2:
        copy["addresses"] = ["tcp://192.168.2.77:4420"]
    state["exports"][str(i)] = copy
json.dump(state, open(sys.argv[1], "w"))
END)");
  start();
  const auto served = [] {
    return run("find " + nvmet + "/ports/*/subsystems -type l | wc -l", minutes);
  };
  EXPECT_TRUE(eventually([&] { return served() == "195\n"; }, minutes)) << served();
  for (const char* name : {"0", "1", "2", "3", "4"})
    EXPECT_EQ(state_of(name), "waiting") << get(name, "status");

  run("ip address add 192.168.2.77/32 dev v2");
  EXPECT_TRUE(eventually([&] { return served() == "197\n"; }, minutes)) << get("0", "status");
  for (const char* name : {"2", "3", "4"}) {
    run(fmt::format("mv /run/disks/{0}.away /run/disks/{0}", name));
    EXPECT_TRUE(eventually([&] { return state_of(name) == "enabled"; }, minutes))
        << get(name, "status");
  }
  run(program + " stop " + mountpoint, minutes);
  EXPECT_EQ(changes(), "");
  run("rm -r /var/lib/nvmeofs");
  start();
}

// Killed at moments that nobody has chosen, with a change of some kind under way: two hundred times
// in all.
class Kills : public Restart, public ::testing::WithParamInterface<unsigned> {};

INSTANTIATE_TEST_SUITE_P(Seeds, Kills, ::testing::Range(1U, 9U));

TEST_P(Kills, LeaveTheStateOfBeforeOrOfAfter) {
  std::mt19937 random(GetParam());
  for (int round = 0; round < 25; ++round) {
    SCOPED_TRACE(fmt::format("kill {}", round));
    EXPECT_EQ(make_export("toto"), "ok");
    EXPECT_EQ(set("toto", "device", "/dev/nullb0"), "ok");
    EXPECT_EQ(set("toto", "address", "tcp://192.168.1.32\ntcp://192.168.1.33"), "ok");
    const bool up_first = random() % 2 == 0;
    if (up_first) {
      EXPECT_EQ(set("toto", "enabled", "1"), "ok") << get("toto", "status");
    }
    const std::vector<std::pair<std::string, std::string>> writes{{"enabled", up_first ? "0" : "1"},
                                                                  {"address", "tcp://192.168.1.33"},
                                                                  {"hosts", first_host.nqn},
                                                                  {"device", "/dev/nullb1"}};
    const auto& [file, value] = writes[random() % writes.size()];
    const std::string before = get("toto", file);

    const auto delay = std::chrono::microseconds(random() % 40'000);
    const pid_t pid = daemons().front();
    std::thread killer([&] {
      std::this_thread::sleep_for(delay);  // the moment is what is random
      ::kill(pid, SIGKILL);
    });
    const std::string answer = set("toto", file, value);
    killer.join();
    EXPECT_TRUE(eventually([] { return daemons().empty(); }));
    start();
    const std::string found = get("toto", file);
    if (answer == "ok") {
      EXPECT_NE(found, before) << "an accepted change was lost";
    }
    const bool on = get("toto", "enabled") == "1";
    EXPECT_TRUE(eventually([&] { return state_of("toto") == (on ? "enabled" : "disabled"); }))
        << get("toto", "status");
    if (!on) {
      EXPECT_TRUE(eventually([&] { return changes().empty(); })) << changes();
    }
    if (on) {
      EXPECT_EQ(set("toto", "enabled", "0"), "ok") << get("toto", "status");
    }
    EXPECT_EQ(changes(), "");
    EXPECT_EQ(remove_export("toto"), "ok");
    if (HasFailure()) return;
  }
}

TEST_F(Restart, RefusesADamagedStateAndSaysTheWayBack) {
  EXPECT_EQ(make_export("toto"), "ok");
  EXPECT_EQ(set("toto", "device", "/dev/nullb1"), "ok");
  unmount();
  run("sed -i 's/nullb1/nullb2/' " + state_file);
  const Outcome outcome = sh(program + " nvmet " + mountpoint);
  EXPECT_NE(outcome.status, 0);
  EXPECT_THAT(outcome.output, HasSubstr(state_file));
  EXPECT_THAT(outcome.output, HasSubstr("cp -a "));
  const auto from = outcome.output.find("cp -a ");
  if (from != std::string::npos)
    run(outcome.output.substr(from, outcome.output.find_first_of(";)\n,", from) - from));
  start();
  EXPECT_EQ(remove_export("toto"), "ok");
}

TEST_F(Restart, DriftIsShownAndPutRightByWritingOne) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  const NvmetTree served = nvmet_tree();
  run("rm " + nvmet + "/ports/1/subsystems/toto");
  EXPECT_TRUE(eventually([] { return state_of("toto") == "drifted"; })) << get("toto", "status");
  EXPECT_THAT(get("toto", "status"), HasSubstr("ports/1/subsystems/toto is missing"));
  EXPECT_EQ(set("toto", "enabled", "1"), "ok");
  EXPECT_EQ(difference(served, nvmet_tree()), "");
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
