// connections/: this machine as a host, here of its own target.

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const std::string connections = mountpoint + "/connections/";

// What comes up by itself is tried again after a second first.
constexpr std::chrono::seconds soon{30};

class Connection : public ViewTest {
 protected:
  void SetUp() override {
    keep_host_identity(first_host);
    ViewTest::SetUp();
  }

  static std::string make(const std::string& name) {
    return errno_symbol(::mkdir((connections + name).c_str(), 0755) == 0 ? 0 : errno);
  }
  static std::string remove(const std::string& name) {
    return errno_symbol(::rmdir((connections + name).c_str()) == 0 ? 0 : errno);
  }
  static std::string put(const std::string& name, const std::string& file,
                         const std::string& value) {
    return write_text(connections + name + "/" + file, value, O_TRUNC);
  }
  static std::string show(const std::string& name, const std::string& file) {
    return read_text(connections + name + "/" + file);
  }
  static bool is(const std::string& name, const std::string& state) {
    return show(name, "status").starts_with(state + "\n");
  }
  static void draft(const std::string& name, const std::string& address) {
    EXPECT_EQ(make(name), "ok");
    EXPECT_EQ(put(name, "address", address), "ok") << show(name, "status");
  }
  static void up(const std::string& name, const std::string& address) {
    draft(name, address);
    EXPECT_EQ(put(name, "connected", "1"), "ok") << show(name, "status");
  }
  static void down(const std::string& name) {
    EXPECT_EQ(put(name, "connected", "0"), "ok") << show(name, "status");
    EXPECT_THAT(controllers(name), IsEmpty());
    EXPECT_EQ(remove(name), "ok");
  }

  static void check_comes_and_goes(const std::string& address) {
    serve("toto", "/dev/nullb0", address);
    up("toto", address);
    EXPECT_TRUE(is("toto", "connected")) << show("toto", "status");
    EXPECT_THAT(show("toto", "status"), HasSubstr("path " + address + ":4420 live nvme"));
    const std::string disk = show("toto", "device");
    EXPECT_EQ(disk, disk_of("toto"));
    check_data(disk, "/dev/nullb0");
    down("toto");
    take_down("toto");
  }
};

TEST_F(Connection, GivesItsDiskOverTcp) {
  check_comes_and_goes("tcp://192.168.1.32");
}

TEST_F(Connection, GivesItsDiskOverRdma) {
  check_comes_and_goes("rdma://192.168.1.32");
}

TEST_F(Connection, HasAPathByEachAddress) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32\nrdma://192.168.1.32");
  up("toto", "tcp://192.168.1.32\nrdma://192.168.1.32");
  EXPECT_TRUE(is("toto", "connected")) << show("toto", "status");
  EXPECT_EQ(controllers("toto").size(), 2U);
  EXPECT_EQ(show("toto", "device"), disk_of("toto"));
  EXPECT_EQ(put("toto", "address", "tcp://192.168.1.32"), "ok") << show("toto", "status");
  EXPECT_EQ(controllers("toto").size(), 1U);
  check_data(show("toto", "device"), "/dev/nullb0");
  down("toto");
  take_down("toto");
}

TEST_F(Connection, OfAConfigOfNvmeCliIsMadeByCopyingIt) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32\nrdma://192.168.1.32");
  run("cat > /run/config.json <<'END'\n"
      "[\n  {\n    \"hostnqn\": \"" +
      first_host.nqn + "\",\n    \"hostid\": \"" + first_host.id +
      "\",\n    \"subsystems\": [ { \"nqn\": \"toto\", \"ports\": [\n"
      "      { \"transport\": \"tcp\", \"traddr\": \"192.168.1.32\", \"trsvcid\": \"4420\",\n"
      "        \"queue_size\": 64, \"ctrl_loss_tmo\": 1800 },\n"
      "      { \"transport\": \"rdma\", \"traddr\": \"192.168.1.32\", \"trsvcid\": \"4420\",\n"
      "        \"queue_size\": 64, \"ctrl_loss_tmo\": 1800 } ] } ]\n  }\n]\nEND\n"
      "cp /run/config.json " +
      connections);
  EXPECT_TRUE(is("toto", "connected")) << show("toto", "status") << read_text(mountpoint + "/log");
  EXPECT_EQ(controllers("toto").size(), 2U);
  EXPECT_EQ(show("toto", "options/ctrl_loss_tmo"), "1800");
  const auto before = controllers();
  run("cp " + connections + "config.json /run/again.json; cp /run/again.json " + connections +
      "config.json; cp /run/config.json " + connections);
  EXPECT_THAT(read_text(mountpoint + "/log"), HasSubstr("all of it is there already"));
  EXPECT_EQ(controllers(), before);
  check_data(show("toto", "device"), "/dev/nullb0");
  down("toto");
  take_down("toto");
}

TEST_F(Connection, OfANameThatIsNotServedIsRefused) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  draft("titi", "tcp://192.168.1.32");
  EXPECT_EQ(put("titi", "connected", "1"), "EIO");
  EXPECT_THAT(show("titi", "status"),
              AllOf(StartsWith("disconnected\n"), HasSubstr("refused EIO target-refused")));
  EXPECT_THAT(controllers(), IsEmpty());
  EXPECT_EQ(remove("titi"), "ok");
  take_down("toto");
}

TEST_F(Connection, OfAHostThatMayNotIsRefused) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  EXPECT_EQ(set("toto", "hosts", "nqn.2014-08.org.nvmexpress:uuid:somebody-else"), "ok");
  draft("toto", "tcp://192.168.1.32");
  EXPECT_EQ(put("toto", "connected", "1"), "EIO");
  EXPECT_THAT(show("toto", "status"), HasSubstr("target-refused"));
  EXPECT_EQ(remove("toto"), "ok");
  take_down("toto");
}

TEST_F(Connection, ToNobodyIsRefused) {
  draft("toto", "tcp://192.168.1.32:4999");
  EXPECT_EQ(put("toto", "connected", "1"), "ECONNREFUSED");
  EXPECT_EQ(show("toto", "connected"), "0");
  EXPECT_EQ(remove("toto"), "ok");
}

TEST_F(Connection, OfAMountedDiskStays) {
  const Afterwards wiped("umount /run/remote 2>/dev/null; wipefs -qa /dev/nullb0");
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  up("toto", "tcp://192.168.1.32");
  run("mkfs.ext4 -q " + show("toto", "device") + "; mkdir -p /run/remote; mount " +
      show("toto", "device") + " /run/remote");
  EXPECT_EQ(put("toto", "connected", "0"), "EBUSY");
  EXPECT_THAT(show("toto", "status"), HasSubstr("/run/remote"));
  EXPECT_TRUE(is("toto", "connected"));
  run("umount /run/remote");
  down("toto");
  take_down("toto");
}

TEST_F(Connection, IsLeftAloneByTheEndOfTheProgram) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  up("toto", "tcp://192.168.1.32");
  const auto before = controllers("toto");
  unmount();
  start();
  EXPECT_TRUE(eventually([] { return is("toto", "connected"); }, soon)) << show("toto", "status");
  EXPECT_EQ(controllers("toto"), before);
  EXPECT_EQ(show("toto", "connected"), "1");
  down("toto");
  take_down("toto");
}

TEST_F(Connection, ComesUpByItselfAfterACrash) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  up("toto", "tcp://192.168.1.32");
  kill_program();
  disconnect("toto");
  start();
  EXPECT_TRUE(eventually([] { return is("toto", "connected"); }, soon)) << show("toto", "status");
  // The host's scan goes on behind the connection.
  const std::string disk = disk_of("toto");
  EXPECT_NE(disk, "");
  EXPECT_EQ(show("toto", "device"), disk);
  down("toto");
  take_down("toto");
}

TEST_F(Connection, ComesBackWithItsTarget) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  draft("toto", "tcp://192.168.1.32");
  EXPECT_EQ(put("toto", "options/ctrl_loss_tmo", "1"), "ok");
  EXPECT_EQ(put("toto", "options/reconnect_delay", "1"), "ok");
  EXPECT_EQ(put("toto", "connected", "1"), "ok") << show("toto", "status");
  EXPECT_EQ(set("toto", "enabled", "0 force"), "ok");
  EXPECT_TRUE(eventually([] { return controllers("toto").empty(); }, soon));
  EXPECT_TRUE(eventually([] { return is("toto", "connecting"); })) << show("toto", "status");
  EXPECT_EQ(set("toto", "enabled", "1"), "ok");
  EXPECT_TRUE(eventually([] { return is("toto", "connected"); }, soon)) << show("toto", "status");
  down("toto");
  take_down("toto");
}

TEST_F(Connection, TakesANewLimitWhileItIsUp) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  up("toto", "tcp://192.168.1.32");
  EXPECT_EQ(put("toto", "options/ctrl_loss_tmo", "1800"), "ok") << show("toto", "status");
  EXPECT_EQ(controller_attribute("toto", "ctrl_loss_tmo"), "1800");
  EXPECT_EQ(put("toto", "options/queue_size", "64"), "EBUSY");
  down("toto");
  take_down("toto");
}

TEST_F(Connection, OfOthersIsShownAndAdopted) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  EXPECT_TRUE(eventually([] { return is("toto", "foreign"); })) << show("toto", "status");
  EXPECT_EQ(remove("toto"), "EBUSY");
  EXPECT_EQ(put("toto", "connected", "1"), "ok") << show("toto", "status");
  EXPECT_TRUE(is("toto", "connected")) << show("toto", "status");
  down("toto");
  take_down("toto");
}

TEST_F(Connection, ToThisVeryMachineGivesNoDiskToServe) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  up("toto", "tcp://192.168.1.32");
  EXPECT_EQ(make_export("titi"), "ok");
  EXPECT_EQ(set("titi", "device", show("toto", "device")), "ELOOP");
  EXPECT_EQ(set("titi", "device", show("toto", "device") + " force"), "ELOOP");
  EXPECT_EQ(remove_export("titi"), "ok");
  down("toto");
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
