// discovery/: this machine asks its own target, which answers discovery at each port's address.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::AllOf;
using testing::ContainsRegex;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;

const std::string tcp_hub = "tcp:192.168.1.32:4420";
const std::string rdma_hub = "rdma:192.168.1.32";

class Discovery : public ViewTest {
 protected:
  void SetUp() override {
    keep_host_identity(first_host);
    ViewTest::SetUp();
  }

  static std::string path(const std::string& hub, const std::string& file = "") {
    return mountpoint + "/discovery/" + hub + (file.empty() ? "" : "/" + file);
  }
  static std::string make(const std::string& hub) {
    return errno_symbol(::mkdir(path(hub).c_str(), 0755) == 0 ? 0 : errno);
  }
  static std::string remove(const std::string& hub) {
    return errno_symbol(::rmdir(path(hub).c_str()) == 0 ? 0 : errno);
  }
  static std::string put(const std::string& hub, const std::string& file,
                         const std::string& value) {
    return write_text(path(hub, file), value, O_TRUNC);
  }
  static std::string show(const std::string& hub, const std::string& file) {
    return read_text(path(hub, file));
  }
  static std::string connection(const std::string& name, const std::string& file) {
    return read_text(mountpoint + "/connections/" + name + "/" + file);
  }
  static bool is_connected(const std::string& name) {
    return connection(name, "status").starts_with("connected\n");
  }
  static void drop(const std::string& name) {
    const std::string directory = mountpoint + "/connections/" + name;
    EXPECT_EQ(write_text(directory + "/connected", "0", O_TRUNC), "ok")
        << connection(name, "status");
    EXPECT_TRUE(eventually([&] { return ::rmdir(directory.c_str()) == 0; }));
  }
  static void check_lists_and_connects(const std::string& hub, const std::string& trtype) {
    serve("toto", "/dev/nullb0", trtype + "://192.168.1.32");
    EXPECT_EQ(make(hub), "ok");
    EXPECT_THAT(show(hub, "subsystems"),
                AllOf(StartsWith("NQN "),
                      ContainsRegex("toto +192\\.168\\.1\\.32:4420 +" + trtype + " +-$")));
    EXPECT_THAT(controllers(), IsEmpty());
    EXPECT_EQ(put(hub, "connect_all", "1"), "ok") << show(hub, "status");
    EXPECT_TRUE(is_connected("toto")) << connection("toto", "status");
    EXPECT_THAT(show(hub, "subsystems"),
                ContainsRegex("toto +192\\.168\\.1\\.32:4420 +" + trtype + " +connected"));
    check_data(connection("toto", "device"), "/dev/nullb0");
    EXPECT_EQ(remove(hub), "ok");
    EXPECT_TRUE(is_connected("toto"));
    drop("toto");
    take_down("toto");
  }
};

TEST_F(Discovery, ListsAndConnectsOverTcp) {
  check_lists_and_connects(tcp_hub, "tcp");
}

TEST_F(Discovery, ListsAndConnectsOverRdma) {
  check_lists_and_connects(rdma_hub, "rdma");
}

TEST_F(Discovery, PrintsWhatNvmeDiscoverPrints) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  EXPECT_EQ(make(tcp_hub), "ok");
  const std::string script = R"(python3 -c '
import json, sys
keys = ["trtype", "adrfam", "subtype", "treq", "portid", "trsvcid", "subnqn", "traddr"]
for record in json.load(sys.stdin)["records"]: print(*(record[key] for key in keys))')";
  const auto ours = sh(script + " < " + path(tcp_hub, "log.json"));
  const auto theirs = sh("nvme discover -t tcp -a 192.168.1.32 -s 4420 -o json | " + script);
  EXPECT_EQ(ours.status, 0) << ours.output;
  EXPECT_THAT(ours.output, HasSubstr("tcp ipv4 nvme subsystem"));
  if (theirs.status == 0) {
    EXPECT_EQ(ours.output, theirs.output);
  }
  EXPECT_EQ(remove(tcp_hub), "ok");
  take_down("toto");
}

TEST_F(Discovery, OfAConfOfNvmeCliConnectsByCopyingIt) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  run("printf '%s\\n' '# this machine' '' "
      "'--transport=tcp --traddr=192.168.1.32 --trsvcid=4420 --persistent' > /run/discovery.conf "
      "&& "
      "cp /run/discovery.conf " +
      mountpoint + "/discovery/");
  EXPECT_TRUE(is_connected("toto"))
      << connection("toto", "status") << read_text(mountpoint + "/log");
  EXPECT_EQ(show(tcp_hub, "persistent"), "1");
  EXPECT_EQ(show("discovery.conf", ""),
            "--transport=tcp --traddr=192.168.1.32 --trsvcid=4420 --persistent");
  const auto before = controllers();
  run("cp " + mountpoint + "/discovery/discovery.conf /run/ && cp /run/discovery.conf " +
      mountpoint + "/discovery/");
  EXPECT_EQ(controllers(), before);
  EXPECT_EQ(remove(tcp_hub), "ok");
  drop("toto");
  take_down("toto");
}

TEST_F(Discovery, SaysWhyNobodyIsFound) {
  EXPECT_EQ(make("tcp:192.168.1.32:4999"), "ok");
  EXPECT_EQ(show("tcp:192.168.1.32:4999", "subsystems"), "(ECONNREFUSED)");
  EXPECT_EQ(put("tcp:192.168.1.32:4999", "connect_all", "1"), "ECONNREFUSED");
  EXPECT_EQ(put("tcp:192.168.1.32:4999", "persistent", "1"), "ECONNREFUSED");
  EXPECT_THAT(show("tcp:192.168.1.32:4999", "status"), StartsWith("unreachable\n"));
  EXPECT_EQ(remove("tcp:192.168.1.32:4999"), "ok");
}

TEST_F(Discovery, FollowsASecondExport) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  EXPECT_EQ(make(tcp_hub), "ok");
  EXPECT_EQ(put(tcp_hub, "persistent", "1"), "ok") << show(tcp_hub, "status");
  EXPECT_THAT(show(tcp_hub, "status"), HasSubstr("\ncontroller nvme"));
  EXPECT_EQ(put(tcp_hub, "connect_all", "1"), "ok") << show(tcp_hub, "status");
  EXPECT_TRUE(is_connected("toto")) << connection("toto", "status");
  serve("titi", "/dev/nullb1", "tcp://192.168.1.32");
  EXPECT_TRUE(eventually([] { return is_connected("titi"); }))
      << show(tcp_hub, "status") << read_text(mountpoint + "/log");
  // And again: the controller tells of each change, not of the first alone.
  EXPECT_EQ(set("titi", "enabled", "0 force"), "ok");
  drop("titi");
  EXPECT_EQ(remove_export("titi"), "ok");
  serve("tutu", "/dev/nullb1", "tcp://192.168.1.32");
  EXPECT_TRUE(eventually([] { return is_connected("tutu"); }))
      << show(tcp_hub, "status") << read_text(mountpoint + "/log");
  EXPECT_EQ(put(tcp_hub, "persistent", "0"), "ok") << show(tcp_hub, "status");
  EXPECT_THAT(show(tcp_hub, "status"), Not(HasSubstr("controller")));
  EXPECT_EQ(remove(tcp_hub), "ok");
  drop("toto");
  drop("tutu");
  EXPECT_THAT(controllers(), IsEmpty());
  take_down("toto");
  take_down("tutu");
}

TEST_F(Discovery, KeepsItsControllerOverARestart) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  EXPECT_EQ(make(tcp_hub), "ok");
  EXPECT_EQ(put(tcp_hub, "persistent", "1"), "ok") << show(tcp_hub, "status");
  const auto before = controllers();
  unmount();
  start();
  EXPECT_TRUE(eventually([] {
    return show(tcp_hub, "status").find("\ncontroller nvme") != std::string::npos;
  })) << show(tcp_hub, "status");
  EXPECT_EQ(controllers(), before);
  EXPECT_EQ(remove(tcp_hub), "ok") << show(tcp_hub, "status");
  EXPECT_THAT(controllers(), IsEmpty());
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
