// ANA groups, as a host with the kernel's own multipath sees them.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "traffic.h"
#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::string group_at(const std::string& address, int group) {
  return fmt::format("{}/ports/{}/ana_groups/{}", mountpoint, address, group);
}

std::vector<std::string> entries_of(const std::string& folder) {
  std::vector<std::string> entries;
  std::error_code error;
  for (std::filesystem::directory_iterator at(folder, error), end; !error && at != end;
       at.increment(error))
    entries.push_back(at->path().string());
  return entries;
}

// What the host takes the paths to a namespace for: by one address, or all of them without one.
// Reads files alone, as it is done over and over.
std::set<std::string> seen_states(const std::string& nsid, const std::string& traddr = "") {
  std::set<std::string> states;
  for (const auto& controller : entries_of("/sys/class/nvme")) {
    if (!traddr.empty() &&
        read_text(controller + "/address").find("traddr=" + traddr + ",") == std::string::npos)
      continue;
    // nvme0c1n1: a path of the disk nvme0n1.
    for (const auto& path : entries_of(controller))
      if (read_text(path + "/nsid") == nsid)
        if (const auto state = read_text(path + "/ana_state"); !state.starts_with('('))
          states.insert(state);
  }
  return states;
}

// Whatever state of a namespace the host shows meanwhile.
class Watcher {
 public:
  explicit Watcher(std::string nsid) : nsid_(std::move(nsid)), thread_([this] { watch(); }) {}
  ~Watcher() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
  }
  Watcher(const Watcher&) = delete;
  Watcher& operator=(const Watcher&) = delete;

  std::set<std::string> end() {
    stop_ = true;
    thread_.join();
    // What the host shows of a namespace that came just now, until it has read the log that has its
    // state (6.12; nvme_ana_state_names).
    seen_.erase("invalid state");
    return seen_;
  }

 private:
  void watch() {
    // The host's own work needs the processors too.
    for (; !stop_; std::this_thread::sleep_for(std::chrono::milliseconds(1)))
      seen_.merge(seen_states(nsid_));
  }

  const std::string nsid_;
  std::atomic<bool> stop_ = false;
  std::set<std::string> seen_;
  std::thread thread_;
};

class Ana : public ViewTest {
 protected:
  static std::string of(int nsid, const std::string& file) {
    return fmt::format("namespaces/{}/{}", nsid, file);
  }
  static bool host_sees(const std::string& state, const std::string& nsid = "1",
                        const std::string& traddr = "") {
    return eventually([&] { return seen_states(nsid, traddr) == std::set{state}; });
  }

  void check_states(const std::string& trtype) {
    const std::string at = trtype + ":192.168.1.32:4420";
    serve("toto", "/dev/nullb0", trtype + "://192.168.1.32");
    must_connect({.trtype = trtype}, "toto");
    const std::string cntlid = controller_attribute("toto", "cntlid");
    EXPECT_TRUE(host_sees("optimized"));
    for (const std::string state :
         {"non-optimized", "inaccessible", "persistent-loss", "change", "optimized"}) {
      EXPECT_EQ(write_text(group_at(at, 1), state), "ok");
      EXPECT_EQ(read_text(group_at(at, 1)), state);
      EXPECT_TRUE(host_sees(state)) << state;
    }
    EXPECT_EQ(controller_attribute("toto", "cntlid"), cntlid);
    check_data(disk_of("toto"), "/dev/nullb0");
    disconnect("toto");
    take_down("toto");
    EXPECT_EQ(changes(), "");
  }

  // By two addresses, of which one becomes inaccessible, then the other instead, then both.
  void check_failover(const std::string& trtype) {
    const std::string first = trtype + ":192.168.1.32:4420", second = trtype + ":192.168.1.33:4420";
    serve("toto", "/dev/nullb0", fmt::format("{0}://192.168.1.32\n{0}://192.168.1.33", trtype));
    must_connect({.trtype = trtype}, "toto");
    must_connect({.trtype = trtype, .traddr = "192.168.1.33"}, "toto");
    {
      Traffic traffic(disk_of("toto"));
      EXPECT_TRUE(traffic.goes_on()) << traffic.error();
      EXPECT_EQ(write_text(group_at(first, 1), "inaccessible"), "ok");
      EXPECT_TRUE(host_sees("inaccessible", "1", "192.168.1.32"));
      EXPECT_TRUE(traffic.goes_on()) << traffic.error();
      EXPECT_EQ(status_lines("toto", "note"), "");
      EXPECT_EQ(write_text(group_at(first, 1), "non-optimized"), "ok");
      EXPECT_TRUE(host_sees("non-optimized", "1", "192.168.1.32"));
      EXPECT_EQ(write_text(group_at(second, 1), "inaccessible"), "ok");
      EXPECT_TRUE(host_sees("inaccessible", "1", "192.168.1.33"));
      EXPECT_TRUE(traffic.goes_on()) << traffic.error();

      EXPECT_EQ(write_text(group_at(first, 1), "inaccessible"), "ok");
      EXPECT_TRUE(host_sees("inaccessible"));
      EXPECT_THAT(status_lines("toto", "note"), HasSubstr("no address leads to namespace 1 now"));
      // One that was on its way may come to its end; then nothing does.
      std::uint64_t done = 0;
      EXPECT_TRUE(
          eventually([&] { return std::exchange(done, traffic.done()) == traffic.done(); }));
      EXPECT_FALSE(eventually([&] { return traffic.done() != done; }, std::chrono::seconds(2)));
      EXPECT_EQ(traffic.error(), "");
      EXPECT_EQ(write_text(group_at(second, 1), "optimized"), "ok");
      EXPECT_TRUE(traffic.goes_on()) << traffic.error();
    }
    disconnect("toto");
    take_down("toto");
    EXPECT_EQ(changes(), "");
  }
};

TEST_F(Ana, StateIsSeenByAHostOverTcp) {
  check_states("tcp");
}

TEST_F(Ana, StateIsSeenByAHostOverRdma) {
  check_states("rdma");
}

TEST_F(Ana, WorkGoesOnByTheOtherAddressOverTcp) {
  check_failover("tcp");
}

TEST_F(Ana, WorkGoesOnByTheOtherAddressOverRdma) {
  check_failover("rdma");
}

TEST_F(Ana, NamespaceOfAnotherGroupIsNeverInaccessible) {
  const std::string at = "tcp:192.168.1.32:4420";
  draft("toto", "/dev/nullb0", "tcp://192.168.1.32");
  EXPECT_EQ(set("toto", of(1, "ana_group"), "2"), "ok");
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  {
    Watcher first("1"), second("7");
    must_connect({.trtype = "tcp"}, "toto");
    EXPECT_TRUE(host_sees("optimized"));
    // One more, in another group, under the host; and the first moves on.
    run("mkdir " + exports + "toto/namespaces/7");
    EXPECT_EQ(set("toto", of(7, "device"), "/dev/nullb1"), "ok") << status_lines("toto", "refused");
    EXPECT_EQ(set("toto", of(7, "ana_group"), "3"), "ok");
    EXPECT_EQ(set("toto", of(7, "enabled"), "1"), "ok") << status_lines("toto", "refused");
    EXPECT_TRUE(host_sees("optimized", "7"));
    Traffic traffic(disk_of("toto"));
    for (const char* group : {"3", "4", "127", "1"}) {
      EXPECT_EQ(set("toto", of(1, "ana_group"), group), "ok") << status_lines("toto", "refused");
      EXPECT_TRUE(traffic.goes_on()) << traffic.error();
    }
    EXPECT_THAT(first.end(), ElementsAre("optimized"));
    EXPECT_THAT(second.end(), ElementsAre("optimized"));
  }
  // What nobody is in is gone: the kernel's port has groups 1 and 3.
  EXPECT_EQ(run("ls /sys/kernel/config/nvmet/ports/1/ana_groups | sort | tr '\\n' ' '"), "1 3 ");
  disconnect("toto");
  take_down("toto");
  EXPECT_EQ(changes(), "");
}

TEST_F(Ana, StatesComeBackAfterAReboot) {
  const std::string at = "tcp:192.168.1.32:4420";
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  EXPECT_EQ(set("toto", of(1, "ana_group"), "5"), "ok");
  EXPECT_EQ(write_text(group_at(at, 5), "non-optimized"), "ok");
  forget_kernel();
  start();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; }));
  EXPECT_EQ(read_text(group_at(at, 5)), "non-optimized");
  EXPECT_EQ(get("toto", of(1, "ana_group")), "5");
  must_connect({.trtype = "tcp"}, "toto");
  EXPECT_TRUE(host_sees("non-optimized"));
  disconnect("toto");
  take_down("toto");
  EXPECT_EQ(changes(), "");
}

}  // namespace
}  // namespace nvmeofs::vm
