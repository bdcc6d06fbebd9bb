#include "nvmeofs/subsystem_setting.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace nvmeofs {
namespace {

std::string checked(std::string_view name, std::string_view text) {
  const auto result = check(*find_subsystem_setting(name), text);
  if (result) return *result;
  EXPECT_EQ(result.error().errnum, EINVAL);
  return "EINVAL";
}

TEST(SubsystemSetting, IsReadBackAsTheKernelDoes) {
  EXPECT_EQ(checked("ieee_oui", "0xABC"), "0x000abc");
  EXPECT_EQ(checked("ieee_oui", "255"), "0x0000ff");
  EXPECT_EQ(checked("vendor_id", "0x1b36"), "0x1b36");
  EXPECT_EQ(checked("subsys_vendor_id", "0"), "0x0");
  EXPECT_EQ(checked("version", "2.1"), "2.1");
  EXPECT_EQ(checked("version", "1.2.1"), "1.2.1");
  EXPECT_EQ(checked("version", "1.4.0"), "1.4");
  EXPECT_EQ(checked("qid_max", "064"), "64");
  EXPECT_EQ(checked("pi_enable", "y"), "1");
}

// The kernel would take these, and make something else of them.
TEST(SubsystemSetting, IsNothingThatTheKernelWouldMakeAnotherOf) {
  for (const char* text : {"65537", "16x", "0x10", "+1", "-1"}) {
    EXPECT_EQ(checked("qid_max", text), "EINVAL") << text;
    EXPECT_EQ(checked("cntlid_min", text), "EINVAL") << text;
  }
  for (const char* text : {"300.300.300", "1.3x", "1", "1.", ".1", "1.2.3.4", "0.9", "-1.0", ""})
    EXPECT_EQ(checked("version", text), "EINVAL") << text;
}

TEST(SubsystemSetting, KeepsTheLimitsOfTheKernel) {
  EXPECT_EQ(checked("qid_max", "128"), "128");
  EXPECT_EQ(checked("qid_max", "129"), "EINVAL");
  EXPECT_EQ(checked("qid_max", "0"), "EINVAL");
  EXPECT_EQ(checked("cntlid_max", "65519"), "65519");
  EXPECT_EQ(checked("cntlid_max", "65520"), "EINVAL");
  EXPECT_EQ(checked("ieee_oui", "0x1000000"), "EINVAL");
  EXPECT_EQ(checked("vendor_id", "0x10000"), "EINVAL");
  EXPECT_EQ(checked("serial", std::string(20, 's')), std::string(20, 's'));
  EXPECT_EQ(checked("serial", std::string(21, 's')), "EINVAL");
  EXPECT_EQ(checked("model", std::string(41, 'm')), "EINVAL");
  EXPECT_EQ(checked("firmware", "123456789"), "EINVAL");
}

TEST(SubsystemSetting, TextsArePrintableAndHaveNoBlanksAtTheirEnds) {
  EXPECT_EQ(checked("model", "Disk of ours"), "Disk of ours");
  for (const char* text : {"", " a", "a ", "a\tb", "caf\xc3\xa9"})
    for (const char* name : {"serial", "model", "firmware"})
      EXPECT_EQ(checked(name, text), "EINVAL") << text;
}

TEST(SubsystemSetting, ControllerIdsAreLeftBetweenTheLimits) {
  const Attributes fresh{{"attr_cntlid_min", "1"}, {"attr_cntlid_max", "65519"}};
  EXPECT_TRUE(check_together({{"attr_cntlid_min", "100"}}, fresh));
  EXPECT_TRUE(check_together({{"attr_cntlid_min", "7"}, {"attr_cntlid_max", "7"}}, fresh));
  const auto refused =
      check_together({{"attr_cntlid_min", "100"}, {"attr_cntlid_max", "99"}}, fresh);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().errnum, EINVAL);
}

}  // namespace
}  // namespace nvmeofs
