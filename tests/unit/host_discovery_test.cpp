#include <gtest/gtest.h>

#include <cerrno>
#include <string_view>

#include "host/discovery_events.h"
#include "host/discovery_page.h"
#include "host/registry.h"
#include "support/temp_dir.h"

namespace nvmeofs {
namespace {

using namespace std::string_view_literals;

TEST(DiscoveryEvent, OfAChangedLogNamesItsController) {
  // As the kernel sends it, and behind the head that udev puts before it.
  EXPECT_EQ(controller_with_news("change@/devices/virtual/nvme-fabrics/ctl/nvme3\0ACTION=change\0"
                                 "DEVPATH=/devices/virtual/nvme-fabrics/ctl/nvme3\0"
                                 "SUBSYSTEM=nvme\0NVME_AEN=0x70f002\0SEQNUM=4711\0"sv),
            "nvme3");
  EXPECT_EQ(controller_with_news("libudev\0\xfe\xed\xca\xfe\0\0ACTION=change\0"
                                 "DEVPATH=/devices/virtual/nvme-fabrics/ctl/nvme12\0"
                                 "SUBSYSTEM=nvme\0NVME_EVENT=rediscover\0"sv),
            "nvme12");
}

TEST(DiscoveryEvent, OfWhatIsThereAgainNamesItsController) {
  EXPECT_EQ(controller_with_news("ACTION=change\0DEVPATH=/devices/virtual/nvme-fabrics/ctl/nvme0\0"
                                 "SUBSYSTEM=nvme\0NVME_EVENT=connected"sv),
            "nvme0");
}

TEST(DiscoveryEvent, OfAnythingElseNamesNone) {
  for (const auto event :
       {""sv, "\0\0\0"sv, "ACTION=change"sv,
        "ACTION=change\0DEVPATH=/x/nvme3\0SUBSYSTEM=nvme\0NVME_AEN=0x700002\0"sv,
        "ACTION=add\0DEVPATH=/x/nvme3\0SUBSYSTEM=nvme\0NVME_AEN=0x70f002\0"sv,
        "ACTION=change\0DEVPATH=/x/nvme3\0SUBSYSTEM=block\0NVME_AEN=0x70f002\0"sv,
        "ACTION=change\0DEVPATH=/x/..\0SUBSYSTEM=nvme\0NVME_AEN=0x70f002\0"sv,
        "ACTION=change\0SUBSYSTEM=nvme\0NVME_AEN=0x70f002\0"sv})
    EXPECT_EQ(controller_with_news(event), std::nullopt) << event;
}

TEST(DiscoveryPage, OfADeviceThatIsGoneIsGone) {
  const auto log = discovery_page("/nonexistent/nvme3", std::chrono::seconds(1));
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().errnum, ENOENT);
  EXPECT_EQ(log.error().reason, Reason::gone);
}

TEST(DiscoveryPage, OfWhatIsNoControllerIsRefused) {
  const auto log = discovery_page("/dev/null", std::chrono::seconds(1));
  ASSERT_FALSE(log);
  EXPECT_EQ(log.error().errnum, ENOTTY);
}

TEST(Registry, SaysWhoseAControllerIs) {
  const TempDir directory;
  ASSERT_EQ(register_owner(directory.path(), "nvme3", "nvmeofs", "/sys"), 0);
  EXPECT_TRUE(has_owner(directory.path(), "nvme3", "nvmeofs"));
  EXPECT_FALSE(has_owner(directory.path(), "nvme3", "stas"));
  EXPECT_FALSE(has_owner(directory.path(), "nvme4", "nvmeofs"));
  EXPECT_FALSE(has_owner(directory.path(), "../x", "nvmeofs"));
}

}  // namespace
}  // namespace nvmeofs
