// Several namespaces of one export.
#include <gmock/gmock.h>

#include <future>

#include "traffic.h"
#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

class Spaces : public ViewTest {
 protected:
  static std::string of(int nsid, const std::string& file) {
    return "namespaces/" + std::to_string(nsid) + "/" + file;
  }
  static std::string make(int nsid) {
    return sh("mkdir " + exports + "toto/namespaces/" + std::to_string(nsid)).status == 0 ? "ok"
                                                                                          : "not";
  }
  static void add(int nsid, const std::string& device) {
    EXPECT_EQ(make(nsid), "ok");
    EXPECT_EQ(set("toto", of(nsid, "device"), device), "ok") << status_lines("toto", "refused");
    EXPECT_EQ(set("toto", of(nsid, "enabled"), "1"), "ok") << status_lines("toto", "refused");
  }
  // The host's disk of that namespace; empty when it has not come within the usual limit.
  static std::string disk(const std::string& nsid) {
    const auto find = [&] {
      return trimmed(sh("for d in /sys/class/nvme-subsystem/*/nvme*n*; do "
                        "grep -qx " +
                        nsid +
                        " $d/nsid 2>/dev/null && test -b /dev/${d##*/} && "
                        "echo /dev/${d##*/}; done; true")
                         .output);
    };
    std::string found;
    (void)eventually([&] { return !(found = find()).empty(); });
    return found;
  }
  static bool is_gone(const std::string& path) {
    return eventually([&] { return sh("test -b " + path).status != 0; });
  }
  static std::string trimmed(std::string text) {
    while (text.ends_with('\n')) text.pop_back();
    return text;
  }

  void check_coming_and_going(const std::string& trtype) {
    serve("toto", "/dev/nullb0", trtype + "://192.168.1.32");
    must_connect({.trtype = trtype}, "toto");
    const std::string first = disk("1");
    const std::string cntlid = controller_attribute("toto", "cntlid");
    {
      Traffic traffic(first);
      EXPECT_TRUE(traffic.goes_on()) << traffic.error();
      add(2, "/dev/nullb1");
      const std::string second = disk("2");
      check_data(second, "/dev/nullb1");
      EXPECT_TRUE(traffic.goes_on()) << traffic.error();
      EXPECT_TRUE(eventually([] { return !get("toto", "clients").empty(); }));
      EXPECT_EQ(set("toto", of(2, "enabled"), "0"), "EBUSY");
      EXPECT_THAT(status_lines("toto", "refused"), StartsWith("refused EBUSY hosts-connected: "));
      EXPECT_EQ(set("toto", of(2, "enabled"), "0 force"), "ok") << status_lines("toto", "refused");
      EXPECT_TRUE(is_gone(second));
      EXPECT_TRUE(traffic.goes_on()) << traffic.error();
    }
    EXPECT_EQ(controller_attribute("toto", "cntlid"), cntlid);
    EXPECT_EQ(controller_attribute("toto", "state"), "live");
    run("rmdir " + exports + "toto/namespaces/2");
    run("mkfs.ext4 -q -F /dev/nullb1 && wipefs -qa /dev/nullb1");
    disconnect("toto");
    take_down("toto");
    EXPECT_EQ(changes(), "");
  }
};

TEST_F(Spaces, ComeAndGoUnderAHostAtWorkOverTcp) {
  check_coming_and_going("tcp");
}

TEST_F(Spaces, ComeAndGoUnderAHostAtWorkOverRdma) {
  check_coming_and_going("rdma");
}

TEST_F(Spaces, ComeAndGoUnderFio) {
  const Afterwards removed("rm -f /run/fio.out /run/fio.stop");
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  const std::string first = disk("1");
  // Not as fast as it can: a slow machine would find no time to look for the new disk.
  auto fio = std::async(std::launch::async, [&] {
    return sh("until test -e /run/fio.stop; do fio --name=verified --filename=" + first +
                  " --size=16m --rw=randwrite --bs=4k --direct=1 --ioengine=psync "
                  "--verify=crc32c --verify_fatal=1 --time_based --runtime=3 --rate_iops=200 "
                  "--output=/run/fio.out || exit 1; done",
              std::chrono::seconds(150));
  });
  EXPECT_TRUE(eventually([] { return sh("pgrep -x fio").status == 0; }));
  for (const int nsid : {2, 3}) {
    add(nsid, "/dev/nullb" + std::to_string(nsid - 1));
    check_data(disk(std::to_string(nsid)), "/dev/nullb" + std::to_string(nsid - 1));
    EXPECT_EQ(set("toto", of(nsid, "enabled"), "0 force"), "ok") << status_lines("toto", "refused");
    run("rmdir " + exports + "toto/namespaces/" + std::to_string(nsid));
  }
  run("touch /run/fio.stop");
  const Outcome outcome = fio.get();
  EXPECT_EQ(outcome.status, 0) << outcome.output << read_text("/run/fio.out");
  EXPECT_THAT(read_text("/run/fio.out"), HasSubstr("err= 0"));
  disconnect("toto");
  take_down("toto");
}

TEST_F(Spaces, CanBeReservedByAHostWhereTheKernelHasThat) {
  draft("toto", "/dev/nullb0", "tcp://192.168.1.32");
  const std::string file = exports + "toto/" + of(1, "resv_enable");
  const bool kernel_has = sh("test -e " + file).status == 0;
  EXPECT_EQ(write_text(file, "1"), kernel_has ? "ok" : "ENOENT");
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(read_text("/sys/kernel/config/nvmet/subsystems/toto/namespaces/1/resv_enable"),
            kernel_has ? "1" : "(ENOENT)");
  must_connect({.trtype = "tcp"}, "toto");
  const std::string first = disk("1");
  const Outcome registered = sh("nvme resv-register " + first + " --nrkey=0x77 --rrega=0");
  EXPECT_EQ(registered.status == 0, kernel_has) << registered.output;
  if (kernel_has) {
    run("nvme resv-acquire " + first + " --crkey=0x77 --rtype=1 --racqa=0");
    EXPECT_THAT(sh("nvme resv-report --eds " + first).output,
                testing::ContainsRegex("rtype +: 1\n"));
  }
  disconnect("toto");
  take_down("toto");
  EXPECT_EQ(changes(), "");
}

TEST_F(Spaces, AreTheSameDisksToAHostAfterAReboot) {
  draft("toto", "/dev/nullb0", "tcp://192.168.1.32");
  add(2, "/dev/nullb1");
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  const std::string uuid = get("toto", of(2, "uuid"));
  must_connect({.trtype = "tcp"}, "toto");
  EXPECT_EQ(trimmed(read_text("/sys/block/" + disk("2").substr(5) + "/uuid")), uuid);
  disconnect("toto");
  forget_kernel();
  start();
  EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; }));
  must_connect({.trtype = "tcp"}, "toto");
  EXPECT_EQ(trimmed(read_text("/sys/block/" + disk("2").substr(5) + "/uuid")), uuid);
  check_data(disk("2"), "/dev/nullb1");
  disconnect("toto");
  take_down("toto");
}

TEST_F(Spaces, OfOthersAreAdoptedWithoutATouch) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  add(2, "/dev/nullb1");
  unmount();
  run("rm " + state_file + "*");
  start();
  EXPECT_EQ(state_of("toto"), "foreign");
  EXPECT_EQ(get("toto", of(2, "device")), "/dev/nullb1");
  EXPECT_EQ(set("toto", "enabled", "0"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(remove_export("toto"), "ok");
  // The port is not ours any more, as nobody knows who made it.
  run("rmdir /sys/kernel/config/nvmet/ports/*");
  EXPECT_EQ(changes(), "");
}

TEST_F(Spaces, ThatTheKernelRefusesLeaveTheOthersAsTheyWere) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  const NvmetTree tree = nvmet_tree();
  EXPECT_EQ(make(2), "ok");
  EXPECT_EQ(set("toto", of(2, "device"), "/dev/nullb0"), "EBUSY");
  EXPECT_THAT(status_lines("toto", "refused"), HasSubstr("namespace 1 of this export"));
  EXPECT_EQ(set("toto", of(2, "enabled"), "1"), "EINVAL");
  EXPECT_EQ(difference(tree, nvmet_tree()), "");
  EXPECT_EQ(controller_attribute("toto", "state"), "live");
  disconnect("toto");
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
