#include "nvmeofs/host_setting.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <sstream>

#include "nvmeofs/step.h"

namespace nvmeofs {
namespace {

using testing::HasSubstr;
using testing::Not;

constexpr const char* key_32 = "DHHC-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";

int answer(const char* name, const std::string& text) {
  const auto checked = check(*find_host_setting(name), text);
  return checked ? 0 : checked.error().errnum;
}

TEST(HostSetting, IsOneOfFour) {
  EXPECT_NE(find_host_setting("dhchap_hash"), nullptr);
  EXPECT_EQ(find_host_setting("dhchap"), nullptr);
}

TEST(HostSetting, IsAKeyInItsWrittenForm) {
  for (const char* name : {"dhchap_key", "dhchap_ctrl_key"}) {
    EXPECT_EQ(answer(name, key_32), 0);
    EXPECT_EQ(answer(name, "DHHC-1:00:canary:"), EINVAL);
    EXPECT_EQ(answer(name, std::string(key_32) + " "), EINVAL);
  }
}

TEST(HostSetting, SaysNothingOfAWrongKey) {
  const auto checked = check(*find_host_setting("dhchap_key"), "DHHC-1:00:canary:");
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().message, Not(HasSubstr("canary")));
}

// The kernel would take all of these, as far as the name goes.
TEST(HostSetting, IsAnExactWord) {
  EXPECT_EQ(answer("dhchap_hash", "hmac(sha384)"), 0);
  EXPECT_EQ(answer("dhchap_hash", "hmac(sha384)x"), EINVAL);
  EXPECT_EQ(answer("dhchap_hash", "sha384"), EINVAL);
  EXPECT_EQ(answer("dhchap_dhgroup", "ffdhe8192"), 0);
  EXPECT_EQ(answer("dhchap_dhgroup", "ffdhe81920"), EINVAL);
  EXPECT_EQ(answer("dhchap_dhgroup", "NULL"), EINVAL);
}

TEST(HostSetting, NamesTheWordsThatCanBeWritten) {
  EXPECT_EQ(check(*find_host_setting("dhchap_hash"), "md5").error().message,
            "write hmac(sha256), hmac(sha384) or hmac(sha512)");
}

TEST(HostSetting, IsTakenBackByNothing) {
  Host host;
  for (const auto& setting : host_settings) {
    set(host, setting, Secret("x"));
    EXPECT_EQ(value(host, setting), Secret("x"));
    set(host, setting, {});
    EXPECT_EQ(value(host, setting), std::nullopt);
  }
  EXPECT_EQ(host, Host{});
}

TEST(Secret, PrintsTheSameForAll) {
  std::ostringstream printed;
  printed << Secret("canary");
  EXPECT_EQ(printed.str(), "…");
  EXPECT_EQ(testing::PrintToString(Secret("canary")), "…");
}

TEST(Secret, IsNotInACommand) {
  Step step{Verb::set_attribute, "hosts/h/dhchap_key", "", ""};
  step.secret = Secret("canary");
  EXPECT_EQ(shell_command(step, "/cfg"), "echo … > /cfg/hosts/h/dhchap_key");
  EXPECT_EQ(step.written(), "canary");
}

TEST(Secret, IsClearedByANul) {
  const Step step{Verb::set_attribute, "hosts/h/dhchap_key", nul, ""};
  EXPECT_EQ(shell_command(step, "/cfg"), "printf '\\0' > /cfg/hosts/h/dhchap_key");
}

TEST(Secret, StandsInAFileForRootAlone) {
  EXPECT_EQ(shell_command({Verb::protect, "hosts/h/dhchap_key", "", ""}, "/cfg"),
            "chmod 600 /cfg/hosts/h/dhchap_key");
}

}  // namespace
}  // namespace nvmeofs
