#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "host/refusals.h"
#include "host_support.h"

namespace nvmeofs {
namespace {

using testing::HasSubstr;
using testing::Not;

Error explained(int errnum, std::vector<std::string> log = {}, HostTopology topology = {}) {
  return explain(test::some_request(), {errnum, std::move(log), std::move(topology)});
}

HostTopology with(const std::string& host_nqn, const std::string& host_id) {
  HostController controller;
  controller.name = "nvme4";
  controller.subsystem = "toto";
  controller.address = test::some_request().address;
  controller.host_nqn = host_nqn;
  controller.host_id = host_id;
  controller.state_text = "connecting";
  return {{{"nvme4", controller}}};
}

struct Case {
  int errnum;
  Reason reason;
  const char* says;
};

class Refusals : public testing::TestWithParam<Case> {};

TEST_P(Refusals, KeepTheErrnoAndSayWhatItMeans) {
  const auto error = explained(GetParam().errnum);
  EXPECT_EQ(error.errnum, GetParam().errnum);
  EXPECT_EQ(error.reason, GetParam().reason);
  EXPECT_THAT(error.message, HasSubstr(GetParam().says));
}

INSTANTIATE_TEST_SUITE_P(
    , Refusals,
    testing::Values(Case{ECONNREFUSED, Reason::unreachable, "nobody listens"},
                    Case{ECONNRESET, Reason::unreachable, "nobody listens"},
                    Case{ETIMEDOUT, Reason::unreachable, "no answer"},
                    Case{EHOSTUNREACH, Reason::unreachable, "cannot be reached"},
                    Case{ENETUNREACH, Reason::unreachable, "ip route get 192.168.1.32"},
                    Case{EALREADY, Reason::already_connected, "already"},
                    Case{EIO, Reason::target_refused, "dmesg"},
                    Case{ENOKEY, Reason::not_authenticated, "dhchap_secret"},
                    Case{EKEYREJECTED, Reason::not_authenticated, "failed"},
                    Case{EADDRNOTAVAIL, Reason::address_not_local, "host_traddr"},
                    Case{ENODEV, Reason::address_not_local, "host_iface"},
                    Case{EINVAL, Reason::kernel_refused, "options"},
                    Case{ENOMEM, Reason::kernel_refused, "memory"}),
    [](const auto& test) { return errno_name(test.param.errnum); });

TEST(Refusal, OfRdmaWithoutADeviceSaysSo) {
  const auto error = explain(test::some_request("rdma://192.168.1.32"), {ENODEV, {}, {}});
  EXPECT_EQ(error.reason, Reason::no_rdma_device);
}

TEST(Refusal, OfAHostThatMayNotNamesIt) {
  const auto error = explained(
      EIO,
      {"nvme nvme0: Connect for subsystem toto is not allowed, hostnqn: " + test::some_host.nqn});
  EXPECT_THAT(error.message, HasSubstr("allow the host " + test::some_host.nqn));
}

TEST(Refusal, OfAnUnknownSubsystemNamesIt) {
  const auto error =
      explained(EIO, {"nvme nvme0: Connect Invalid Data Parameter, subsysnqn \"toto\""});
  EXPECT_THAT(error.message, HasSubstr("serves no subsystem toto"));
}

TEST(Refusal, IsNotThatOfAnother) {
  const auto error =
      explained(EIO, {"nvme nvme0: Connect for subsystem other is not allowed, hostnqn: x"});
  EXPECT_THAT(error.message, Not(HasSubstr("does not let")));
}

TEST(Refusal, OfOneThatIsThereNamesIt) {
  EXPECT_THAT(explained(EALREADY, {}, with(test::some_host.nqn, test::some_host.id)).message,
              HasSubstr("as nvme4, which is connecting"));
}

TEST(Refusal, OfAHostIdWithAnotherPartnerNamesThat) {
  const auto error = explained(EINVAL, {}, with("nqn.x:other", test::some_host.id));
  EXPECT_EQ(error.reason, Reason::host_identity);
  EXPECT_THAT(error.message, HasSubstr("nvme4 is connected as nqn.x:other"));
}

TEST(HostConflict, IsNoneWithTheSamePairOrAnotherHost) {
  EXPECT_FALSE(conflict_of(test::some_host, with(test::some_host.nqn, test::some_host.id)));
  EXPECT_FALSE(conflict_of(test::some_host, with("nqn.x:other", "other")));
  EXPECT_FALSE(conflict_of(test::some_host, with("", "")));
}

}  // namespace
}  // namespace nvmeofs
