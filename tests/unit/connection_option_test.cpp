#include "nvmeofs/connection_option.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>

#include "model/dhchap_secret.h"

namespace nvmeofs {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::Pair;
using testing::UnorderedElementsAre;

constexpr const char* secret_32 = "DHHC-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";
constexpr const char* secret_48 =
    "DHHC-1:02:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vcSEgBQ==:";
constexpr const char* secret_64 =
    "DHHC-1:03:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+"
    "P4zODhA=:";
constexpr const char* host_id = "11111111-2222-3333-4444-555555555555";

const ConnectionOption& option(const char* name) {
  return *find_connection_option(name);
}
Result<std::string> checked(const char* name, std::string_view text) {
  return check(option(name), text);
}

const std::set<std::string> all_tokens = [] {
  std::set<std::string> tokens;
  for (const auto& each : connection_options()) tokens.emplace(each.token);
  return tokens;
}();
const HostIdentity this_host{"nqn.of.this.host", "00000000-0000-0000-0000-000000000001"};

Result<PathRequest> request(std::map<std::string, std::string> options,
                            const char* address = "tcp://10.0.0.1",
                            const std::set<std::string>& tokens = all_tokens) {
  return path_request({.name = Nqn::parse("toto").value(), .options = std::move(options)},
                      TransportAddress::parse(address, Trtype::tcp).value(), this_host, tokens);
}

TEST(ConnectionOption, ExistsWhenTheKernelListsItsToken) {
  const auto there = options_of_kernel({"hostnqn", "queue_size", "something_new"});
  ASSERT_EQ(there.size(), 2U);
  EXPECT_EQ(there[0]->name, "host_nqn");
  EXPECT_EQ(there[1]->name, "queue_size");
}

TEST(ConnectionOption, NumberIsCanonicalAndInItsRange) {
  EXPECT_EQ(checked("queue_size", "0016").value(), "16");
  EXPECT_EQ(checked("ctrl_loss_tmo", "-1").value(), "-1");
  for (const char* bad : {"15", "1025", "", "12x", "0x10", " 16", "99999999999999999999"})
    EXPECT_EQ(checked("queue_size", bad).error().errnum, EINVAL) << bad;
}

TEST(ConnectionOption, FlagTakesWhatTheKernelTakes) {
  EXPECT_EQ(checked("hdr_digest", "on").value(), "1");
  EXPECT_EQ(checked("hdr_digest", "n").value(), "0");
  EXPECT_FALSE(checked("hdr_digest", "2"));
}

TEST(ConnectionOption, NothingLeadsToAnotherOption) {
  for (const auto& each : connection_options())
    for (const char* bad : {"a,tls", "a\ntls", "a b", "1,2", ",", "\x7f", "ü"})
      EXPECT_EQ(check(each, bad).error().errnum, EINVAL) << each.name << " " << bad;
  EXPECT_FALSE(checked("host_iface", std::string_view("eth\0", 4)));
}

TEST(ConnectionOption, HostIdIsLowerCase) {
  EXPECT_EQ(checked("host_id", "AAAAAAAA-2222-3333-4444-555555555555").value(),
            "aaaaaaaa-2222-3333-4444-555555555555");
  EXPECT_FALSE(checked("host_id", "aaaaaaaa22223333444455555555555555555"));
}

TEST(ConnectionOption, SourceAddressHasNoService) {
  EXPECT_EQ(checked("host_traddr", "10.0.0.9").value(), "10.0.0.9");
  EXPECT_EQ(checked("host_traddr", "[2001:DB8::1]").value(), "2001:db8::1");
  EXPECT_FALSE(checked("host_traddr", "10.0.0.9:4420"));
  EXPECT_FALSE(checked("host_traddr", "a.host.name"));
}

TEST(ConnectionOption, InterfaceHasANameThatAnInterfaceCanHave) {
  EXPECT_EQ(checked("host_iface", "eth0").value(), "eth0");
  EXPECT_FALSE(checked("host_iface", "a-name-of-sixteen"));
  EXPECT_FALSE(checked("host_iface", "../eth0"));
}

TEST(DhchapSecret, IsTakenAsNvmeCliMakesIt) {
  for (const char* good : {secret_32, secret_48, secret_64})
    EXPECT_EQ(checked("dhchap_secret", good).value(), good);
  EXPECT_TRUE(check_dhchap_secret("DHHC-1:00:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:"));
}

TEST(DhchapSecret, IsRefusedWhenItIsDamaged) {
  std::string changed = secret_32;
  changed[12] = 'B';
  std::string no_colon = secret_32;
  no_colon.pop_back();
  std::string other_hash = secret_32;
  other_hash[8] = '3';
  std::string no_base64 = secret_32;
  no_base64[12] = '*';
  for (const std::string& bad :
       {changed, no_colon, other_hash, no_base64, std::string("DHHC-1:00:"),
        std::string("DHHC-1:01:AAAA:"), std::string("DHHC-1:04:AAAA:"), std::string("DHHC-2:01:"),
        std::string("DHHC-1:00::"), std::string("secret"), std::string("DHHC-1:01")}) {
    const auto refused = check_dhchap_secret(bad);
    ASSERT_FALSE(refused) << bad;
    EXPECT_EQ(refused.error().errnum, EINVAL);
  }
}

TEST(DhchapSecret, IsNotInTheRefusal) {
  const std::string bad = "DHHC-1:01:U2VjcmV0Q2FuYXJ5:";
  EXPECT_THAT(checked("dhchap_secret", bad).error().message, Not(HasSubstr("U2Vj")));
  EXPECT_THAT(checked("dhchap_secret", "U2Vj,x").error().message, Not(HasSubstr("U2Vj")));
}

TEST(ConnectionOption, SecretIsShownAsSetOrUnset) {
  EXPECT_EQ(shown(option("dhchap_secret"), secret_32), "set");
  EXPECT_EQ(shown(option("dhchap_secret"), std::nullopt), "unset");
  EXPECT_EQ(shown(option("queue_size"), "16"), "16");
}

TEST(PathRequest, HasTheKernelsTokens) {
  const auto made = request({{"queue_size", "64"}, {"hdr_digest", "1"}, {"data_digest", "0"}});
  EXPECT_EQ(made->subsystem.str(), "toto");
  EXPECT_EQ(made->host, this_host);
  EXPECT_THAT(made->options,
              UnorderedElementsAre(Pair("queue_size", "64"), Pair("hdr_digest", "")));
}

TEST(PathRequest, ConnectsAsTheHostThatIsWritten) {
  const auto made = request({{"host_nqn", "another"}, {"host_id", host_id}});
  EXPECT_EQ(made->host, (HostIdentity{"another", host_id}));
  EXPECT_THAT(made->options, IsEmpty());
}

TEST(PathRequest, HostNqnAndHostIdComeTogether) {
  EXPECT_EQ(request({{"host_nqn", "another"}}).error().reason, Reason::incomplete);
  EXPECT_EQ(request({{"host_id", host_id}}).error().reason, Reason::incomplete);
}

TEST(PathRequest, LeavesOutWhatTheTransportDoesNotTake) {
  EXPECT_THAT(request({{"hdr_digest", "1"}, {"tos", "4"}}, "rdma://10.0.0.1")->options,
              UnorderedElementsAre(Pair("tos", "4")));
}

TEST(PathRequest, IsRefusedRatherThanUnprotected) {
  EXPECT_EQ(request({{"tls", "1"}}, "rdma://10.0.0.1").error().errnum, EPROTONOSUPPORT);
  EXPECT_TRUE(request({{"tls", "0"}}, "rdma://10.0.0.1"));
}

TEST(PathRequest, NeverHasWhatTheKernelDoesNotList) {
  const auto refused = request({{"dhchap_secret", secret_32}}, "tcp://10.0.0.1", {"queue_size"});
  EXPECT_EQ(refused.error().errnum, EOPNOTSUPP);
  EXPECT_THAT(refused.error().message, Not(HasSubstr("DHHC")));
}

}  // namespace
}  // namespace nvmeofs
