// SIGKILL on the way: of a write, and of a restore from config.json.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <signal.h>

#include <cstdint>
#include <future>
#include <random>
#include <thread>

#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::HasSubstr;

// Killed at moments that nobody has chosen, with a change of some kind under way: two hundred times
// in all.
class Kills : public ViewTest, public ::testing::WithParamInterface<unsigned> {};

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

// How often the state has been saved, as its file says.
std::uint64_t saves() {
  const std::string text = read_text(state_file);
  const std::string mark = "\"generation\": ";
  const auto at = text.find(mark);
  return at == std::string::npos ? 0 : std::stoull(text.substr(at + mark.size()));
}

using Restoring = ViewTest;

// Killed after so many saves: two that exchange their disks, one that another takes the place of,
// and one that something else made.
TEST_F(Restoring, IsTakenBackWhenTheProgramIsKilledOnTheWay) {
  static const std::string config = mountpoint + "/config.json";
  static const std::string file = "/run/saved.json";
  const Afterwards removed("rm -f " + file);
  make_subsystem("toto", "/dev/nullb0");
  make_port("7", "tcp", "192.168.1.32", "4420");
  link_port("7", "toto");
  serve("titi", "/dev/nullb1", "tcp://192.168.1.33");
  serve("tete", "/dev/nullb2", "tcp://192.168.1.33:4421");
  serve("tutu", "/dev/nullb3", "rdma://192.168.1.33");
  EXPECT_EQ(state_of("toto"), "foreign");
  run("cp " + config + " " + file);
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
  // Without the numbers of ports, which are the kernel's own business.
  const auto target = [] { return sh("sed '/portid/d' " + config + " | sort").output; };
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

}  // namespace
}  // namespace nvmeofs::vm
