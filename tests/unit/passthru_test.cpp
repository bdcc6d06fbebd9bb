#include "nvmeofs/passthru.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace nvmeofs {
namespace {

std::string checked(const char* name, const char* text) {
  const auto result = check(*find_passthru_setting(name), text);
  return result ? *result : std::to_string(result.error().errnum);
}

TEST(PassthruSetting, IsFoundByItsName) {
  for (const auto& setting : passthru_settings)
    EXPECT_EQ(find_passthru_setting(setting.name), &setting);
  EXPECT_EQ(find_passthru_setting("device_path"), nullptr);
}

TEST(PassthruSetting, ReadsBackAsTheKernelHasIt) {
  EXPECT_EQ(checked("admin_timeout", "0015000"), "15000");
  EXPECT_EQ(checked("io_timeout", "4294967295"), "4294967295");
  EXPECT_EQ(checked("clear_ids", "yes"), "1");
}

TEST(PassthruSetting, OfAnotherFormIsEinval) {
  for (const char* text : {"-1", "4294967296", "1s", "0x10", ""})
    EXPECT_EQ(checked("io_timeout", text), std::to_string(EINVAL)) << text;
  EXPECT_EQ(checked("clear_ids", "2"), std::to_string(EINVAL));
}

}  // namespace
}  // namespace nvmeofs
