// referrals/ of a port.
#include "contract.h"

namespace nvmeofs::contract {
namespace {

const std::string referral = "ports/1/referrals/other";

struct Referral : Contract {
  void SetUp() override {
    Contract::SetUp();
    given_subsystem("toto");
    given_port("1", tcp(world().traddr));
  }

  void given_referral() {
    ASSERT_EQ(mkdir(referral), done);
    for (const auto& [name, value] : Attributes{{"addr_trtype", "tcp"},
                                                {"addr_adrfam", "ipv4"},
                                                {"addr_traddr", "192.0.2.9"},
                                                {"addr_trsvcid", "8009"}})
      ASSERT_EQ(write(referral + "/" + name, value), done) << name;
  }
  PortReferral seen() { return observe().ports["1"].referrals["other"]; }
};

TEST_F(Referral, TakesAnyName) {
  EXPECT_EQ(mkdir("ports/1/referrals/a b"), done);
  EXPECT_EQ(mkdir("ports/1/referrals/" + std::string(255, 'a')), done);
  EXPECT_EQ(mkdir("ports/1/referrals/" + std::string(256, 'a')), ENAMETOOLONG);
  EXPECT_EQ(mkdir("ports/1/referrals/a b"), EEXIST);
}

TEST_F(Referral, IsDisabledAtFirst) {
  ASSERT_EQ(mkdir(referral), done);
  EXPECT_FALSE(seen().enabled);
  EXPECT_EQ(attribute(seen().attributes, "addr_traddr"), "");
}

TEST_F(Referral, ReadsItsAddressBackAsWritten) {
  given_referral();
  EXPECT_EQ(attribute(seen().attributes, "addr_trtype"), "tcp");
  EXPECT_EQ(attribute(seen().attributes, "addr_adrfam"), "ipv4");
  EXPECT_EQ(attribute(seen().attributes, "addr_traddr"), "192.0.2.9");
  EXPECT_EQ(attribute(seen().attributes, "addr_trsvcid"), "8009");
}

TEST_F(Referral, IsEnabledAlsoWithoutAnAddress) {
  ASSERT_EQ(mkdir(referral), done);
  EXPECT_EQ(write(referral + "/enable", "1"), done);
  EXPECT_TRUE(seen().enabled);
  EXPECT_EQ(write(referral + "/enable", "1"), done);
  EXPECT_EQ(write(referral + "/enable", "0"), done);
  EXPECT_FALSE(seen().enabled);
  EXPECT_EQ(write(referral + "/enable", "maybe"), EINVAL);
}

TEST_F(Referral, AddressIsEaccesWhileItIsEnabled) {
  given_referral();
  ASSERT_EQ(write(referral + "/enable", "1"), done);
  for (const auto& [name, value] : Attributes{{"addr_trtype", "tcp"},
                                              {"addr_adrfam", "ipv4"},
                                              {"addr_traddr", "192.0.2.9"},
                                              {"addr_trsvcid", "8009"},
                                              {"addr_treq", "required"},
                                              {"addr_portid", "7"}})
    EXPECT_EQ(write(referral + "/" + name, value), EACCES) << name;
  ASSERT_EQ(write(referral + "/enable", "0"), done);
  EXPECT_EQ(write(referral + "/addr_traddr", "192.0.2.8"), done);
}

TEST_F(Referral, ChangesWhileItsPortIsLinked) {
  ASSERT_EQ(link_port("1", "toto"), done);
  given_referral();
  EXPECT_EQ(write(referral + "/enable", "1"), done);
  EXPECT_EQ(write(referral + "/enable", "0"), done);
  EXPECT_EQ(write(referral + "/addr_trsvcid", "4420"), done);
}

TEST_F(Referral, IsRemovedWhileItIsEnabled) {
  given_referral();
  ASSERT_EQ(link_port("1", "toto"), done);
  ASSERT_EQ(write(referral + "/enable", "1"), done);
  EXPECT_EQ(rmdir(referral), done);
  EXPECT_TRUE(observe().ports["1"].referrals.empty());
}

TEST_F(Referral, RmdirOfThePortWithOneIsEnotempty) {
  ASSERT_EQ(mkdir(referral), done);
  EXPECT_EQ(rmdir("ports/1"), ENOTEMPTY);
  EXPECT_EQ(rmdir("ports/1/referrals"), EPERM);
}

TEST_F(Referral, TakesAPortIdOf16Bits) {
  ASSERT_EQ(mkdir(referral), done);
  EXPECT_EQ(write(referral + "/addr_portid", "65535"), done);
  EXPECT_EQ(write(referral + "/addr_portid", "65536"), EINVAL);
  EXPECT_EQ(write(referral + "/addr_portid", "x"), EINVAL);
}

TEST_F(Referral, ThatIsMadeLaterIsSeen) {
  observe();
  ASSERT_EQ(mkdir(referral), done);
  observe();
  ASSERT_EQ(write(referral + "/addr_traddr", "192.0.2.7"), done);
  EXPECT_EQ(attribute(seen().attributes, "addr_traddr"), "192.0.2.7");
  ASSERT_EQ(write(referral + "/enable", "1"), done);
  EXPECT_TRUE(seen().enabled);
}

}  // namespace
}  // namespace nvmeofs::contract
