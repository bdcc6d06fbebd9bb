#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

#include "host/fabrics_options.h"
#include "host_support.h"

namespace nvmeofs {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

const std::string secret = "DHHC-1:00:ia6zGodOr4SEG0Zzaw398rpY0wqipUWj4jWjUh4HWUz6aQ2n:";

TEST(FabricsOptions, AreThoseThatTheKernelLists) {
  EXPECT_THAT(
      parse_fabrics_options("instance=-1,cntlid=-1,transport=%s,nr_io_queues=%d,hdr_digest\n"),
      UnorderedElementsAre(Pair("transport", true), Pair("nr_io_queues", true),
                           Pair("hdr_digest", false)));
}

TEST(FabricsLine, HasAddressAndHostAlways) {
  EXPECT_EQ(fabrics_line(test::some_request(), test::some_options()).value(),
            "transport=tcp,traddr=192.168.1.32,trsvcid=4420,nqn=toto,hostnqn=" +
                test::some_host.nqn + ",hostid=" + test::some_host.id);
}

TEST(FabricsLine, HasTheOptions) {
  auto request = test::some_request();
  request.options = {{"ctrl_loss_tmo", "-1"}, {"hdr_digest", ""}};
  EXPECT_THAT(fabrics_line(request, test::some_options()).value(),
              HasSubstr(",ctrl_loss_tmo=-1,hdr_digest"));
}

class FabricsLineRefuses : public testing::Test {
 protected:
  Error refusal(const std::string& option, const std::string& value) {
    auto request = test::some_request();
    request.options = {{option, value}};
    const auto line = fabrics_line(request, test::some_options());
    EXPECT_FALSE(line) << *line;
    return line ? Error() : line.error();
  }
};

TEST_F(FabricsLineRefuses, AValueThatIsMoreThanOne) {
  for (const std::string value :
       {"1,duplicate_connect", "1\nduplicate_connect", "1\r", "1 2", "1\t", "\x7f", "1\x01"}) {
    EXPECT_EQ(refusal("ctrl_loss_tmo", value).errnum, EINVAL) << value;
  }
  EXPECT_EQ(refusal("ctrl_loss_tmo", std::string("1\0", 2)).reason, Reason::bad_value);
}

TEST_F(FabricsLineRefuses, ACommaInANameOfAHost) {
  auto request = test::some_request();
  request.host.nqn = "nqn.x:h,hostid=0";
  EXPECT_EQ(fabrics_line(request, test::some_options()).error().errnum, EINVAL);
}

TEST_F(FabricsLineRefuses, ACommaInANameOfASubsystem) {
  auto request = test::some_request();
  request.subsystem = Nqn::of_kernel("a,b=c");
  EXPECT_EQ(fabrics_line(request, test::some_options()).error().errnum, EINVAL);
}

TEST_F(FabricsLineRefuses, AnOptionThatTheKernelDoesNotList) {
  const auto error = refusal("concat", "");
  EXPECT_EQ(error.errnum, EOPNOTSUPP);
  EXPECT_EQ(error.reason, Reason::not_offered);
  EXPECT_THAT(error.message, HasSubstr("concat"));
}

TEST_F(FabricsLineRefuses, ASecondAddress) {
  EXPECT_EQ(refusal("traddr", "192.168.1.99").errnum, EINVAL);
}

TEST_F(FabricsLineRefuses, AFlagWithAValueAndAValueWithout) {
  EXPECT_EQ(refusal("hdr_digest", "1").errnum, EINVAL);
  EXPECT_EQ(refusal("ctrl_loss_tmo", "").errnum, EINVAL);
}

TEST_F(FabricsLineRefuses, AnEmptyHost) {
  auto request = test::some_request();
  request.host.id = "";
  EXPECT_EQ(fabrics_line(request, test::some_options()).error().errnum, EINVAL);
}

TEST_F(FabricsLineRefuses, MoreThanTheKernelTakes) {
  EXPECT_EQ(refusal("host_traddr", std::string(4096, '1')).errnum, EFBIG);
}

TEST_F(FabricsLineRefuses, ASecretWithoutNamingIt) {
  EXPECT_THAT(refusal("dhchap_secret", secret + ",").message, Not(HasSubstr("DHHC")));
  EXPECT_THAT(refusal("dhchap_ctrl_secret", secret).message, Not(HasSubstr("DHHC")));
}

}  // namespace
}  // namespace nvmeofs
