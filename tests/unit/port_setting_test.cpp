#include "nvmeofs/port_setting.h"

#include <gtest/gtest.h>

#include <cerrno>

namespace nvmeofs {
namespace {

std::string checked(std::string_view name, Trtype trtype, std::string_view text) {
  const auto result = check(*find_port_setting(name), trtype, text);
  if (result) return *result;
  EXPECT_EQ(result.error().errnum, EINVAL);
  return "EINVAL";
}

TEST(PortSetting, IsReadBackAsTheKernelDoes) {
  EXPECT_EQ(checked("inline_data_size", Trtype::tcp, "008192"), "8192");
  EXPECT_EQ(checked("pi_enable", Trtype::rdma, "yes"), "1");
  EXPECT_EQ(checked("pi_enable", Trtype::tcp, "off"), "0");
  EXPECT_EQ(checked("treq", Trtype::tcp, "not required"), "not required");
}

// The kernel would take these, and make something else of them.
TEST(PortSetting, IsNothingThatTheKernelWouldCutDown) {
  EXPECT_EQ(checked("inline_data_size", Trtype::rdma, "16384"), "16384");
  EXPECT_EQ(checked("inline_data_size", Trtype::rdma, "16385"), "EINVAL");
  EXPECT_EQ(checked("inline_data_size", Trtype::tcp, "1048577"), "EINVAL");
  EXPECT_EQ(checked("max_queue_size", Trtype::rdma, "257"), "EINVAL");
  EXPECT_EQ(checked("max_queue_size", Trtype::tcp, "1024"), "1024");
  EXPECT_EQ(checked("max_queue_size", Trtype::tcp, "15"), "EINVAL");
}

TEST(PortSetting, IsNothingThatKeepsThePortFromComingUp) {
  EXPECT_EQ(checked("pi_enable", Trtype::tcp, "1"), "EINVAL");
}

TEST(PortSetting, OfAnotherFormIsRefused) {
  for (const char* text : {"-1", "", " 1", "1 ", "0x10", "4k", "99999999999999999999"}) {
    EXPECT_EQ(checked("inline_data_size", Trtype::tcp, text), "EINVAL") << text;
    EXPECT_EQ(checked("mdts", Trtype::tcp, text), "EINVAL") << text;
  }
  EXPECT_EQ(checked("mdts", Trtype::tcp, "256"), "EINVAL");
  EXPECT_EQ(checked("treq", Trtype::tcp, "Required"), "EINVAL");
}

TEST(PortSetting, HasTlsOverTcpAlone) {
  EXPECT_EQ(checked("tsas", Trtype::tcp, "tls1.3"), "tls1.3");
  EXPECT_EQ(checked("tsas", Trtype::tcp, "none"), "none");
  EXPECT_EQ(checked("tsas", Trtype::tcp, "tls"), "EINVAL");
  EXPECT_EQ(checked("tsas", Trtype::tcp, "connected"), "EINVAL");
  EXPECT_EQ(checked("tsas", Trtype::rdma, "connected"), "connected");
  EXPECT_EQ(checked("tsas", Trtype::rdma, "tls1.3"), "EINVAL");
  EXPECT_EQ(checked("tsas", Trtype::loop, "none"), "EINVAL");
  EXPECT_EQ(checked("tsas", Trtype::fc, "none"), "EINVAL");
}

TEST(PortSetting, HasNoDataInCommandsOverFc) {
  EXPECT_EQ(checked("inline_data_size", Trtype::fc, "0"), "0");
  EXPECT_EQ(checked("inline_data_size", Trtype::fc, "4096"), "EINVAL");
  EXPECT_EQ(when_made(*find_port_setting("inline_data_size"), Trtype::fc), "0");
  EXPECT_EQ(checked("max_queue_size", Trtype::fc, "1024"), "1024");
}

TEST(PortSetting, OfTlsIsNotUnspecified) {
  EXPECT_TRUE(check_together({{"tsas", "tls1.3"}}));
  EXPECT_TRUE(check_together({{"tsas", "tls1.3"}, {"treq", "not required"}}));
  EXPECT_TRUE(check_together({{"tsas", "none"}, {"treq", "not specified"}}));
  EXPECT_FALSE(check_together({{"tsas", "tls1.3"}, {"treq", "not specified"}}));
}

TEST(PortSetting, IsAnAttributeOfThePort) {
  EXPECT_EQ(attributes_of({{"inline_data_size", "8192"}, {"treq", "required"}}),
            (Attributes{{"param_inline_data_size", "8192"}, {"addr_treq", "required"}}));
}

}  // namespace
}  // namespace nvmeofs
