#include "nvmeofs/referral.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace nvmeofs {
namespace {

TEST(Referral, HasANameThatIsFitForADirectory) {
  EXPECT_EQ(parse_referral_name("other-site.1").value(), "other-site.1");
  EXPECT_EQ(parse_referral_name(std::string(255, 'a')).value().size(), 255U);
  EXPECT_EQ(parse_referral_name(std::string(256, 'a')).error().errnum, ENAMETOOLONG);
  for (const char* name : {"", ".x", "a b", "a/b", "a\nb", "\xc3\xa9"}) {
    const auto parsed = parse_referral_name(name);
    ASSERT_FALSE(parsed) << name;
    EXPECT_EQ(parsed.error().errnum, EINVAL) << name;
  }
}

TEST(Referral, LeadsToAnAddressOfAnyMachine) {
  EXPECT_EQ(parse_referral_address("10.9.9.9:8009", Trtype::tcp)->uri(), "tcp://10.9.9.9:8009");
  EXPECT_EQ(parse_referral_address("rdma://[fd00::9]", Trtype::tcp)->uri(),
            "rdma://[fd00::9]:4420");
}

TEST(Referral, LeadsNowhereThatMeansNothingToAHostElsewhere) {
  for (const char* text : {"tcp://0.0.0.0", "tcp://[::]", "tcp://[fe80::1%eth0]", "", "a.example",
                           "10.0.0.1\n10.0.0.2"}) {
    const auto address = parse_referral_address(text, Trtype::tcp);
    ASSERT_FALSE(address) << text;
    EXPECT_EQ(address.error().errnum, EINVAL) << text;
  }
  EXPECT_EQ(parse_referral_address("udp://10.0.0.1", Trtype::tcp).error().errnum, EPROTONOSUPPORT);
}

TEST(Referral, LeadsToAnFcPort) {
  const auto address =
      parse_referral_address("fc://nn-0x20000090fa942779:pn-0x10000090fa942779", Trtype::tcp);
  ASSERT_TRUE(address);
  EXPECT_EQ(in_kernel({.address = *address, .enabled = true})->attributes,
            (Attributes{{"addr_trtype", "fc"},
                        {"addr_adrfam", "fc"},
                        {"addr_traddr", "nn-0x20000090fa942779:pn-0x10000090fa942779"},
                        {"addr_trsvcid", "none"}}));
}

TEST(Referral, IsInTheKernelWhileItIsEnabled) {
  const auto address = parse_referral_address("tcp://10.9.9.9", Trtype::tcp).value();
  EXPECT_FALSE(in_kernel({.address = address, .enabled = false}));
  const auto there = in_kernel({.address = address, .enabled = true});
  ASSERT_TRUE(there);
  EXPECT_TRUE(there->enabled);
  EXPECT_EQ(there->attributes, (Attributes{{"addr_trtype", "tcp"},
                                           {"addr_adrfam", "ipv4"},
                                           {"addr_traddr", "10.9.9.9"},
                                           {"addr_trsvcid", "4420"}}));
}

}  // namespace
}  // namespace nvmeofs
