// hosts/: the hosts that exports name, and their keys.
#include <gmock/gmock.h>

#include "protocol/fake_kernel.h"
#include "support/wait_until.h"

namespace nvmeofs {
namespace {

using testing::HasSubstr;
using testing::Not;

const std::string key_32 = "DHHC-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";

class HostsProtocol : public ProtocolTest {
 protected:
  std::uint64_t host(const std::string& name) { return lookup(lookup(hosts_node, "nqn.a"), name); }
  void make_host() { ASSERT_EQ(mkdir(hosts_node, "nqn.a").error, 0); }
};

TEST_F(HostsProtocol, AppearWithAnExportAndGoWithIt) {
  complete();
  ASSERT_EQ(store(file("hosts"), "nqn.a\n"), 0);
  EXPECT_EQ(text(host("exports")), "toto\n");
  EXPECT_EQ(rmdir(exports_node, "toto").error, 0);
  EXPECT_EQ(lookup(hosts_node, "nqn.a"), 0U);
}

TEST_F(HostsProtocol, AreMadeAndRemovedByHand) {
  make_host();
  EXPECT_EQ(mkdir(hosts_node, "nqn.a").error, EEXIST);
  EXPECT_EQ(text(host("exports")), "");
  EXPECT_EQ(rmdir(hosts_node, "nqn.a").error, 0);
  EXPECT_EQ(lookup(hosts_node, "nqn.a"), 0U);
}

TEST_F(HostsProtocol, StayWhileAnExportNamesThem) {
  complete();
  ASSERT_EQ(store(file("hosts"), "nqn.a\n"), 0);
  EXPECT_EQ(rmdir(hosts_node, "nqn.a").error, EBUSY);
}

TEST_F(HostsProtocol, SayOnlyWhetherAKeyIsSet) {
  make_host();
  for (const char* name : {"dhchap_key", "dhchap_ctrl_key"}) {
    EXPECT_EQ(text(host(name)), "unset\n");
    EXPECT_EQ(store(host(name), key_32 + "\n"), 0);
    EXPECT_EQ(text(host(name)), "set\n");
    EXPECT_EQ(store(host(name), "\n"), 0);
    EXPECT_EQ(text(host(name)), "unset\n");
  }
}

TEST_F(HostsProtocol, ReadBackHashAndGroup) {
  make_host();
  EXPECT_EQ(text(host("dhchap_hash")), "");
  EXPECT_EQ(store(host("dhchap_hash"), "hmac(sha512)\n"), 0);
  EXPECT_EQ(text(host("dhchap_hash")), "hmac(sha512)\n");
  EXPECT_EQ(store(host("dhchap_dhgroup"), "ffdhe2048\n"), 0);
  EXPECT_EQ(text(host("dhchap_dhgroup")), "ffdhe2048\n");
  EXPECT_EQ(store(host("dhchap_dhgroup"), "ffdhe20480\n"), EINVAL);
  EXPECT_EQ(text(host("dhchap_dhgroup")), "ffdhe2048\n");
}

TEST_F(HostsProtocol, RefuseAKeyThatIsDamaged) {
  make_host();
  EXPECT_EQ(store(host("dhchap_key"), "DHHC-1:00:canary:\n"), EINVAL);
  EXPECT_EQ(text(host("dhchap_key")), "unset\n");
}

TEST_F(HostsProtocol, GiveTheirKeysToTheirOwnerAlone) {
  make_host();
  EXPECT_EQ(getattr(host("dhchap_key")).as<fuse_attr_out>().attr.mode & 07777U, 0600U);
  EXPECT_EQ(getattr(host("dhchap_ctrl_key")).as<fuse_attr_out>().attr.mode & 07777U, 0600U);
  EXPECT_EQ(getattr(host("dhchap_hash")).as<fuse_attr_out>().attr.mode & 07777U, 0644U);
}

TEST_F(HostsProtocol, LeaveTheirKeysOutOfTheLog) {
  make_host();
  ASSERT_EQ(store(host("dhchap_key"), key_32 + "\n"), 0);
  ASSERT_EQ(store(host("dhchap_key"), "DHHC-1:00:canary:\n"), EINVAL);
  const std::string log = text(log_node);
  EXPECT_THAT(log, HasSubstr("hosts/nqn.a/dhchap_key = …"));
  EXPECT_THAT(log, Not(HasSubstr("canary")));
  EXPECT_THAT(log, Not(HasSubstr("AAECAwQF")));
}

TEST_F(HostsProtocol, LeaveTheirKeysOutOfThePlan) {
  complete();
  ASSERT_EQ(store(file("hosts"), "nqn.a\n"), 0);
  ASSERT_EQ(store(host("dhchap_key"), key_32 + "\n"), 0);
  EXPECT_THAT(text(file("plan")),
              HasSubstr("echo … > /sys/kernel/config/nvmet/hosts/nqn.a/dhchap_key"));
  EXPECT_THAT(text(file("plan")), Not(HasSubstr("AAECAwQF")));
}

}  // namespace
}  // namespace nvmeofs
