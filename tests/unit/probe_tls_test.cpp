#include "probe/tls.h"

#include <gtest/gtest.h>

#include <sstream>

namespace nvmeofs {
namespace {

bool has_keyring(const std::string& keys) {
  std::istringstream text(keys);
  return has_nvme_keyring(text);
}

constexpr const char* others =
    "03d50d4e I--Q---     4 perm 3f030000     0     0 keyring   _ses: 1\n"
    "1f0ce1d8 I------     1 perm 1f030000     0     0 keyring   .id_resolver: empty\n";

TEST(NvmeKeyring, IsFoundAmongTheKernelsKeys) {
  EXPECT_TRUE(has_keyring(std::string(others) +
                          "2c1f4b0e I------     2 perm 1f0f0000     0     0 keyring   .nvme: 1\n"));
}

TEST(NvmeKeyring, IsNoOtherKey) {
  EXPECT_FALSE(has_keyring(others));
  EXPECT_FALSE(has_keyring("2c1f4b0e I--Q--- 1 perm 3f010000 0 0 user .nvme: 4\n"));
  EXPECT_FALSE(has_keyring("2c1f4b0e I------ 1 perm 1f0f0000 0 0 keyring .nvmeof: empty\n"));
  EXPECT_FALSE(has_keyring(""));
}

}  // namespace
}  // namespace nvmeofs
