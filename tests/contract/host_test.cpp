// How a host proves who it is: what is taken, and what only the connect will find out.
#include "contract.h"

namespace nvmeofs::contract {
namespace {

constexpr const char* nqn = "nqn.host";
constexpr const char* key_32 = "DHHC-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";
constexpr const char* other_key = "DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:";

// Where the kernel was built with authentication.
struct HostKeys : Contract {
  void SetUp() override {
    Contract::SetUp();
    given_host(nqn);
  }
  // A kernel that was built without authentication has no such files.
  bool has_keys() {
    const bool has = backend().attributes().host.contains("dhchap_key");
    if (has) return true;
    EXPECT_EQ(put("dhchap_key", key_32), ENOENT);
    return false;
  }
  Answer put(const std::string& name, const std::string& value) {
    return write(std::string("hosts/") + nqn + "/" + name, value);
  }
  std::string has(const std::string& name) { return attribute(seen().attributes, name); }
  std::string key(const std::string& name) {
    const auto keys = seen().keys;
    const auto found = keys.find(name);
    return found != keys.end() ? found->second.reveal() : "none";
  }
  nvmeofs::Host seen() { return observe().hosts[nqn]; }
};

TEST_F(HostKeys, AreNotThereWhenAHostIsMade) {
  if (!has_keys()) return;
  EXPECT_EQ(seen(),
            (nvmeofs::Host{{{"dhchap_hash", "hmac(sha256)"}, {"dhchap_dhgroup", "null"}}, {}}));
}

TEST_F(HostKeys, AreReadBackAsWritten) {
  if (!has_keys()) return;
  EXPECT_EQ(put("dhchap_key", key_32), done);
  EXPECT_EQ(put("dhchap_ctrl_key", other_key), done);
  EXPECT_EQ(key("dhchap_key"), key_32);
  EXPECT_EQ(key("dhchap_ctrl_key"), other_key);
}

TEST_F(HostKeys, AreReplaced) {
  if (!has_keys()) return;
  ASSERT_EQ(put("dhchap_key", key_32), done);
  EXPECT_EQ(put("dhchap_key", other_key), done);
  EXPECT_EQ(key("dhchap_key"), other_key);
}

TEST_F(HostKeys, LoseTheBlanksAtTheirEnd) {
  if (!has_keys()) return;
  ASSERT_EQ(put("dhchap_key", std::string(key_32) + " \n"), done);
  EXPECT_EQ(key("dhchap_key"), key_32);
}

TEST_F(HostKeys, AreTakenDamaged) {
  if (!has_keys()) return;
  EXPECT_EQ(put("dhchap_key", "DHHC-1:01:not base64:"), done);
  EXPECT_EQ(key("dhchap_key"), "DHHC-1:01:not base64:");
}

TEST_F(HostKeys, OfNoSuchFormAreEinval) {
  if (!has_keys()) return;
  ASSERT_EQ(put("dhchap_key", key_32), done);
  EXPECT_EQ(put("dhchap_key", "secret"), EINVAL);
  EXPECT_EQ(put("dhchap_key", "DHHC-1:x"), EINVAL);
  EXPECT_EQ(put("dhchap_key", "DHHC-1:04:AAAA:"), EINVAL);
  EXPECT_EQ(put("dhchap_key", "\n"), EINVAL);
  EXPECT_EQ(key("dhchap_key"), key_32);
}

TEST_F(HostKeys, AreClearedByANulAlone) {
  if (!has_keys()) return;
  for (const char* name : {"dhchap_key", "dhchap_ctrl_key"}) {
    ASSERT_EQ(put(name, key_32), done);
    EXPECT_EQ(put(name, nul), done);
    EXPECT_EQ(key(name), "none");
  }
}

TEST_F(HostKeys, ChangeWhileASubsystemAllowsTheHost) {
  if (!has_keys()) return;
  given_subsystem("toto");
  ASSERT_EQ(link("hosts/nqn.host", "subsystems/toto/allowed_hosts/nqn.host"), done);
  EXPECT_EQ(put("dhchap_key", key_32), done);
  EXPECT_EQ(put("dhchap_key", nul), done);
}

TEST_F(HostKeys, CanBeProtected) {
  if (!has_keys()) return;
  EXPECT_TRUE(backend().perform({Verb::protect, "hosts/nqn.host/dhchap_key", "", ""}));
  EXPECT_EQ(put("dhchap_key", key_32), done);
}

TEST_F(HostKeys, TellOfAChange) {
  if (!has_keys()) return;
  observe();
  ASSERT_EQ(put("dhchap_key", key_32), done);
  EXPECT_EQ(key("dhchap_key"), key_32);
}

TEST_F(HostKeys, HaveOneOfThreeHashes) {
  if (!has_keys()) return;
  for (const char* hash : {"hmac(sha384)", "hmac(sha512)", "hmac(sha256)"}) {
    EXPECT_EQ(put("dhchap_hash", hash), done);
    EXPECT_EQ(has("dhchap_hash"), hash);
  }
  EXPECT_EQ(put("dhchap_hash", "sha256"), EINVAL);
  EXPECT_EQ(put("dhchap_hash", "hmac(md5)"), EINVAL);
}

TEST_F(HostKeys, HaveOneOfSixGroups) {
  if (!has_keys()) return;
  for (const char* group :
       {"ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192", "null"}) {
    EXPECT_EQ(put("dhchap_dhgroup", group), done);
    EXPECT_EQ(has("dhchap_dhgroup"), group);
  }
  EXPECT_EQ(put("dhchap_dhgroup", "ffdhe1024"), EINVAL);
}

TEST_F(HostKeys, HaveTheirHashAndGroupComparedAsFarAsTheNameGoes) {
  if (!has_keys()) return;
  EXPECT_EQ(put("dhchap_hash", "hmac(sha384) and more"), done);
  EXPECT_EQ(has("dhchap_hash"), "hmac(sha384)");
  EXPECT_EQ(put("dhchap_dhgroup", "ffdhe2048x"), done);
  EXPECT_EQ(has("dhchap_dhgroup"), "ffdhe2048");
}

}  // namespace
}  // namespace nvmeofs::contract
