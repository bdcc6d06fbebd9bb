// A rack's worth of exports.

#include <fmt/format.h>

#include <chrono>

#include "view.h"

namespace nvmeofs::vm {
namespace {

using Many = ViewTest;

// Two hundred exports, five of which lack something: they wait, each for itself. One is written by
// hand, and the state file multiplied, as an admin may do while nothing is mounted; eight hundred
// writes would take this emulated machine minutes.
TEST_F(Many, ComeUpWhereTheyCanAndTheRestWhenItIsThere) {
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

}  // namespace
}  // namespace nvmeofs::vm
