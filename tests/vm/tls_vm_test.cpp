// tsas: a port that hosts come to over TLS. The handshakes are tlshd's, which Debian 12 does not
// have: here is what is refused without it, and what the kernel makes of a port with it.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <unistd.h>

#include <memory>

#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::HasSubstr;

// Listens to the kernel's handshakes as tlshd does, and does none.
class Listener {
 public:
  Listener() {
    EXPECT_EQ(genl_connect(socket_.get()), 0);
    const int group = genl_ctrl_resolve_grp(socket_.get(), "handshake", "tlshd");
    EXPECT_GT(group, 0) << nl_geterror(group);
    EXPECT_EQ(nl_socket_add_membership(socket_.get(), group), 0);
  }

 private:
  std::unique_ptr<nl_sock, decltype(&nl_socket_free)> socket_{nl_socket_alloc(), nl_socket_free};
};

class Tls : public ViewTest {
 protected:
  static std::string of_port(const std::string& file) {
    return mountpoint + "/ports/tcp:192.168.1.32:4420/" + file;
  }
  static std::string kernel_has(const std::string& attribute) {
    return read_text("/sys/kernel/config/nvmet/ports/1/" + attribute);
  }
  static std::string last_of_log() { return sh("tail -n 1 " + mountpoint + "/log").output; }
  // A draft. False on a kernel without TLS, which has no such file then.
  static bool draft_with_tsas() {
    draft("toto", "/dev/nullb0", "tcp://192.168.1.32");
    if (::access(of_port("tsas").c_str(), F_OK) == 0) return true;
    EXPECT_EQ(sh("find /sys/kernel/config/nvmet -name addr_tsas | wc -l").output, "0\n");
    EXPECT_EQ(remove_export("toto"), "ok");
    return false;
  }
};

TEST_F(Tls, IsRefusedWhileNobodyDoesTheHandshakes) {
  if (!draft_with_tsas()) return;
  EXPECT_EQ(write_text(of_port("tsas"), "tls1.3"), "ESRCH");
  EXPECT_THAT(last_of_log(), HasSubstr("ESRCH no-tls: tlshd does not run"));
  EXPECT_EQ(read_text(of_port("tsas")), "");
  EXPECT_EQ(remove_export("toto"), "ok");
}

TEST_F(Tls, IsAskedOfHostsByAPortWithIt) {
  if (!draft_with_tsas()) return;
  const Listener listener;
  EXPECT_EQ(write_text(of_port("tsas"), "tls1.3"), "ok") << last_of_log();
  EXPECT_EQ(write_text(of_port("treq"), "not specified"), "EINVAL");
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(state_of("toto"), "enabled");
  EXPECT_EQ(kernel_has("addr_tsas"), "tls1.3");
  EXPECT_EQ(kernel_has("addr_treq"), "required");
  EXPECT_NE(connect({.trtype = "tcp"}, "toto"), "ok");
  take_down("toto");
  EXPECT_EQ(changes(), "");
}

TEST_F(Tls, IsNotServedWhenTheHandshakesHaveEnded) {
  if (!draft_with_tsas()) return;
  {
    const Listener listener;
    EXPECT_EQ(write_text(of_port("tsas"), "tls1.3"), "ok") << last_of_log();
  }
  EXPECT_EQ(set("toto", "enabled", "1"), "ESRCH");
  EXPECT_EQ(changes(), "");
  EXPECT_EQ(write_text(of_port("tsas"), "none"), "ok");
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  visit({.trtype = "tcp"}, "toto", "/dev/nullb0");
  take_down("toto");
}

// Hosts that have no TLS are let in as well then.
TEST_F(Tls, IsNotAskedOfHostsWhereItIsNotRequired) {
  if (!draft_with_tsas()) return;
  const Listener listener;
  EXPECT_EQ(write_text(of_port("treq"), "not required"), "ok");
  EXPECT_EQ(write_text(of_port("tsas"), "tls1.3"), "ok") << last_of_log();
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  EXPECT_EQ(kernel_has("addr_treq"), "not required");
  visit({.trtype = "tcp"}, "toto", "/dev/nullb0");
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
