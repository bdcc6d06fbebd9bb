#include "nvmeofs/address.h"

#include <gtest/gtest.h>

#include <cerrno>
#include <ostream>

namespace nvmeofs {
namespace {

struct Written {
  const char* text;
  const char* uri;
};
void PrintTo(const Written& written, std::ostream* out) {
  *out << written.text;
}

class AddressForm : public testing::TestWithParam<Written> {};

TEST_P(AddressForm, IsCanonical) {
  const auto address = TransportAddress::parse(GetParam().text, Trtype::rdma);
  ASSERT_TRUE(address) << address.error().message;
  EXPECT_EQ(address->uri(), GetParam().uri);
}

TEST_P(AddressForm, ReadsBackAsItself) {
  const auto address = TransportAddress::parse(GetParam().text, Trtype::rdma).value();
  EXPECT_EQ(TransportAddress::parse(address.uri(), Trtype::tcp).value(), address);
}

INSTANTIATE_TEST_SUITE_P(
    Address, AddressForm,
    testing::Values(Written{"192.168.1.32", "rdma://192.168.1.32:4420"},
                    Written{"192.168.1.32:8009", "rdma://192.168.1.32:8009"},
                    Written{"tcp://192.168.1.32", "tcp://192.168.1.32:4420"},
                    Written{"nvme+tcp://192.168.1.32:1", "tcp://192.168.1.32:1"},
                    Written{"nvme+rdma://10.0.0.1:65535", "rdma://10.0.0.1:65535"},
                    Written{"tcp://0.0.0.0", "tcp://0.0.0.0:4420"},
                    Written{"tcp://[::]", "tcp://[::]:4420"},
                    Written{"[FD00:0:0::32]", "rdma://[fd00::32]:4420"},
                    Written{"tcp://[fe80::1%eth0]:4421", "tcp://[fe80::1%eth0]:4421"},
                    Written{"tcp://127.0.0.1:04420", "tcp://127.0.0.1:4420"}));

struct Refused {
  const char* text;
  int errnum;
};
void PrintTo(const Refused& refused, std::ostream* out) {
  *out << refused.text;
}

class AddressText : public testing::TestWithParam<Refused> {};

TEST_P(AddressText, IsRefused) {
  const auto address = TransportAddress::parse(GetParam().text, Trtype::rdma);
  ASSERT_FALSE(address) << address->uri();
  EXPECT_EQ(address.error().errnum, GetParam().errnum);
  EXPECT_FALSE(address.error().message.empty());
}

INSTANTIATE_TEST_SUITE_P(
    Address, AddressText,
    testing::Values(
        Refused{"", EINVAL}, Refused{"storage.example.org", EINVAL}, Refused{"localhost", EINVAL},
        Refused{"999.1.1.1", EINVAL}, Refused{"10.1", EINVAL}, Refused{" 10.0.0.1", EINVAL},
        Refused{"10.0.0.1 ", EINVAL}, Refused{"10.0.0.1/24", EINVAL}, Refused{"10.0.0.1:0", EINVAL},
        Refused{"10.0.0.1:65536", EINVAL}, Refused{"10.0.0.1:", EINVAL},
        Refused{"10.0.0.1:nvme", EINVAL}, Refused{"10.0.0.1:0x1144", EINVAL},
        Refused{"10.0.0.1:-1", EINVAL}, Refused{"224.0.0.1", EINVAL},
        Refused{"255.255.255.255", EINVAL}, Refused{"fd00::32", EINVAL},
        Refused{"[fd00::32", EINVAL}, Refused{"[fd00::32]x", EINVAL}, Refused{"[fe80::1]", EINVAL},
        Refused{"[fe80::1%]", EINVAL}, Refused{"[fd00::1%eth0]", EINVAL},
        Refused{"[fe80::1%an-interface-too-long]", EINVAL}, Refused{"[ff02::1]", EINVAL},
        Refused{"[::ffff:10.0.0.1]", EINVAL}, Refused{"iscsi://10.0.0.1", EPROTONOSUPPORT},
        Refused{"RDMA://10.0.0.1", EPROTONOSUPPORT}, Refused{"://10.0.0.1", EPROTONOSUPPORT}));

TEST(Address, TakesTheTransportOfTheMountWhenNoneIsWritten) {
  EXPECT_EQ(TransportAddress::parse("10.0.0.1", Trtype::tcp)->trtype, Trtype::tcp);
}

TEST(Address, OfLoopIsNone) {
  for (const char* text : {"loop", "loop://", "nvme+loop://"}) {
    const auto address = TransportAddress::parse(text, Trtype::tcp);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(*address, TransportAddress::loop());
  }
  EXPECT_EQ(TransportAddress::loop().uri(), "loop://");
  EXPECT_EQ(TransportAddress::loop().name(), "loop");
  EXPECT_EQ(TransportAddress::from_port("loop", "loop", "", ""), TransportAddress::loop());
  EXPECT_EQ(TransportAddress::parse("loop://10.0.0.1", Trtype::tcp).error().errnum, EINVAL);
}

constexpr const char* fc_port = "nn-0x20000090fa942779:pn-0x10000090fa94277a";

TEST(Address, OfFcIsTheNamesOfNodeAndPort) {
  const std::string uri = std::string("fc://") + fc_port;
  for (const std::string& text :
       {uri, "nvme+" + uri, std::string("fc://nn-20000090FA942779:pn-10000090FA94277A")}) {
    const auto address = TransportAddress::parse(text, Trtype::tcp);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(address->traddr, fc_port);
    EXPECT_EQ(address->uri(), uri);
    EXPECT_EQ(address->name(), std::string("fc:") + fc_port);
    EXPECT_FALSE(address->is_wildcard() || address->is_loopback());
  }
}

TEST(Address, OfFcIsNothingElse) {
  for (const char* text :
       {"fc://", "fc://10.0.0.1", "fc://nn-0x1:pn-0x2", "fc://nn-0x20000090fa942779",
        "fc://pn-0x10000090fa94277a:nn-0x20000090fa942779",
        "fc://nn-0x20000090fa942779,pn-0x10000090fa94277a",
        "fc://nn-0x20000090fa94277g:pn-0x10000090fa94277a",
        "fc://nn-0x20000090fa942779:pn-0x10000090fa94277a0",
        "fc://nn-0x20000090fa942779:pn-0x10000090fa94277a/", "fc"})
    EXPECT_EQ(TransportAddress::parse(text, Trtype::tcp).error().errnum, EINVAL) << text;
}

TEST(Address, OfFcHasNoService) {
  const auto refused =
      TransportAddress::parse(std::string("fc://") + fc_port + ":4420", Trtype::tcp);
  EXPECT_EQ(refused.error().message, "FC has no service; ':4420' behind the port's name is none");
}

TEST(Address, OfFcSaysItsTransport) {
  EXPECT_EQ(TransportAddress::parse(fc_port, Trtype::tcp).error().message,
            std::string("an FC port is written with its transport: fc://") + fc_port);
}

TEST(Address, OfFcIsFoundOnAPortHoweverThePortSpellsIt) {
  const auto wanted = TransportAddress::parse(std::string("fc://") + fc_port, Trtype::tcp).value();
  for (const char* trsvcid : {"", "none", "4420"})
    EXPECT_EQ(TransportAddress::from_port("fc", "fc", fc_port, trsvcid), wanted) << trsvcid;
  EXPECT_EQ(TransportAddress::from_port("fc", "fc", "nn-20000090FA942779:pn-10000090FA94277A", ""),
            wanted);
  EXPECT_FALSE(TransportAddress::from_port("fc", "ipv4", fc_port, "none"));
  EXPECT_FALSE(TransportAddress::from_port("tcp", "ipv4", fc_port, "4420"));
}

TEST(Address, SaysHowToWriteIpv6) {
  EXPECT_EQ(TransportAddress::parse("fd00::32", Trtype::tcp).error().message,
            "an IPv6 address stands in brackets: [fd00::32]");
}

TEST(Address, IsFoundOnAPortHoweverThePortSpellsItsService) {
  const auto wanted = TransportAddress::parse("tcp://10.0.0.1:4420", Trtype::rdma).value();
  for (const char* trsvcid : {"4420", "0x1144", "010504", "+4420"})
    EXPECT_EQ(TransportAddress::from_port("tcp", "ipv4", "10.0.0.1", trsvcid).value(), wanted)
        << trsvcid;
}

TEST(Address, OfAnotherKindOfPortIsNone) {
  EXPECT_FALSE(TransportAddress::from_port("loop", "loop", "1", ""));
  EXPECT_FALSE(TransportAddress::from_port("loop", "ipv4", "10.0.0.1", "4420"));
  EXPECT_FALSE(TransportAddress::from_port("tcp", "ipv4", "10.0.0.1", "0"));
  EXPECT_FALSE(TransportAddress::from_port("tcp", "ib", "10.0.0.1", "4420"));
  EXPECT_FALSE(TransportAddress::from_port("", "", "", ""));
}

TEST(Address, KnowsLoopbackAndWildcard) {
  EXPECT_TRUE(TransportAddress::parse("127.1.2.3", Trtype::tcp)->is_loopback());
  EXPECT_TRUE(TransportAddress::parse("[::1]", Trtype::tcp)->is_loopback());
  EXPECT_FALSE(TransportAddress::parse("10.0.0.1", Trtype::tcp)->is_loopback());
  EXPECT_TRUE(TransportAddress::parse("0.0.0.0", Trtype::tcp)->is_wildcard());
  EXPECT_TRUE(TransportAddress::parse("[::]", Trtype::tcp)->is_wildcard());
}

}  // namespace
}  // namespace nvmeofs
