// subsystems/ and hosts/.
#include <regex>

#include "contract.h"
#include "nvmeofs/nqn.h"
#include "nvmeofs/subsystem_setting.h"

namespace nvmeofs::contract {
namespace {

struct Subsystem : Contract {};
struct Host : Contract {};

const std::string toto = "subsystems/toto";
const std::string host = "nqn.2014-08.org.nvmexpress:uuid:7c9f3f2e-1b52-4b0e-9d5b-0f6b3c1a2d01";

TEST_F(Subsystem, OfTheDiscoveryNqnIsEinval) {
  EXPECT_EQ(mkdir("subsystems/" + std::string(Nqn::discovery)), EINVAL);
}

TEST_F(Subsystem, TakesANameOf255Bytes) {
  EXPECT_EQ(mkdir("subsystems/" + std::string(255, 'a')), done);
}

TEST_F(Subsystem, TakesBlanksAndCommasInAName) {
  EXPECT_EQ(mkdir("subsystems/a, b"), done);
  EXPECT_TRUE(observe().subsystems.contains("a, b"));
}

TEST_F(Subsystem, HasASerialMadeUpOfTwentyHexadecimalDigits) {
  given_subsystem("toto");
  EXPECT_TRUE(
      std::regex_match(subsystem_attribute("toto", "attr_serial"), std::regex("[0-9a-f]{20}")));
}

TEST_F(Subsystem, MadeAnewHasAnotherSerial) {
  given_subsystem("toto");
  const std::string serial = subsystem_attribute("toto", "attr_serial");
  ASSERT_EQ(rmdir(toto), done);
  given_subsystem("toto");
  EXPECT_NE(subsystem_attribute("toto", "attr_serial"), serial);
}

TEST_F(Subsystem, KeepsASerialThatIsWritten) {
  given_subsystem("toto");
  EXPECT_EQ(write(toto + "/attr_serial", "0123456789abcdef0123"), done);
  EXPECT_EQ(subsystem_attribute("toto", "attr_serial"), "0123456789abcdef0123");
}

TEST_F(Subsystem, DropsTheNewlineOfAValue) {
  given_subsystem("toto");
  EXPECT_EQ(write(toto + "/attr_serial", "0123456789abcdef0123\n"), done);
  EXPECT_EQ(subsystem_attribute("toto", "attr_serial"), "0123456789abcdef0123");
}

TEST_F(Subsystem, ShowsAShortSerialWithoutItsPadding) {
  given_subsystem("toto");
  EXPECT_EQ(write(toto + "/attr_serial", "AB CD"), done);
  EXPECT_EQ(subsystem_attribute("toto", "attr_serial"), "AB CD");
}

TEST_F(Subsystem, SerialOver20CharactersIsEinval) {
  given_subsystem("toto");
  EXPECT_EQ(write(toto + "/attr_serial", std::string(21, 'a')), EINVAL);
}

TEST_F(Subsystem, SerialOfNothingIsEinval) {
  given_subsystem("toto");
  EXPECT_EQ(write(toto + "/attr_serial", "\n"), EINVAL);
}

TEST_F(Subsystem, SerialOfOtherThanPrintableAsciiIsEinval) {
  given_subsystem("toto");
  EXPECT_EQ(write(toto + "/attr_serial", "caf\xc3\xa9"), EINVAL);
  EXPECT_EQ(write(toto + "/attr_serial", "a\tb"), EINVAL);
}

TEST_F(Subsystem, ModelTakes40CharactersAndNoMore) {
  given_subsystem("toto");
  EXPECT_EQ(write(toto + "/attr_model", std::string(40, 'm')), done);
  EXPECT_EQ(write(toto + "/attr_model", std::string(41, 'm')), EINVAL);
}

TEST_F(Subsystem, NamesItsAttributesAndWhatTheyAreAtFirst) {
  given_subsystem("toto");
  const auto& fresh = backend().attributes().subsystem;
  const auto seen = observe().subsystems["toto"].attributes;
  for (const auto& [name, text] : seen) {
    ASSERT_TRUE(fresh.contains(name)) << name;
    if (name == "attr_serial") continue;
    EXPECT_EQ(text, fresh.at(name)) << name;
  }
}

TEST_F(Subsystem, KeepsWhatIsSaidOfIt) {
  given_subsystem("toto");
  for (const auto& [name, value] : Attributes{{"attr_firmware", "1.2.3"},
                                              {"attr_ieee_oui", "0x00abcd"},
                                              {"attr_version", "1.2.1"},
                                              {"attr_vendor_id", "0x1b36"},
                                              {"attr_subsys_vendor_id", "0x1af4"},
                                              {"attr_cntlid_max", "400"},
                                              {"attr_cntlid_min", "300"},
                                              {"attr_qid_max", "64"},
                                              {"attr_pi_enable", "1"}}) {
    const bool has_it = backend().attributes().subsystem.contains(name);
    EXPECT_EQ(write(toto + "/" + name, value), has_it ? done : ENOENT) << name;
    EXPECT_EQ(subsystem_attribute("toto", name), has_it ? value : "") << name;
  }
}

TEST_F(Subsystem, ControllerIdsBeyondTheOtherLimitAreEinval) {
  given_subsystem("toto");
  ASSERT_EQ(write(toto + "/attr_cntlid_max", "400"), done);
  EXPECT_EQ(write(toto + "/attr_cntlid_min", "401"), EINVAL);
  ASSERT_EQ(write(toto + "/attr_cntlid_min", "300"), done);
  EXPECT_EQ(write(toto + "/attr_cntlid_max", "299"), EINVAL);
  EXPECT_EQ(write(toto + "/attr_cntlid_min", "0"), EINVAL);
}

TEST_F(Subsystem, TakesSmallNumbersModulo65536) {
  given_subsystem("toto");
  EXPECT_EQ(write(toto + "/attr_qid_max", "65600"), done);
  EXPECT_EQ(subsystem_attribute("toto", "attr_qid_max"), "64");
  EXPECT_EQ(write(toto + "/attr_qid_max", "16x"), done);
  EXPECT_EQ(subsystem_attribute("toto", "attr_qid_max"), "16");
  for (const char* text : {"0", "129", "x"})
    EXPECT_EQ(write(toto + "/attr_qid_max", text), EINVAL) << text;
}

TEST_F(Subsystem, CutsAVersionToItsBits) {
  given_subsystem("toto");
  EXPECT_EQ(write(toto + "/attr_version", "300.300.300"), done);
  EXPECT_EQ(subsystem_attribute("toto", "attr_version"), "301.45.44");
  EXPECT_EQ(write(toto + "/attr_version", "2"), EINVAL);
}

TEST_F(Subsystem, IsFrozenOnceAHostHasConnected) {
  given_subsystem("toto");
  ASSERT_EQ(write(toto + "/attr_allow_any_host", "1"), done);
  given_linked_port("1", tcp(world().traddr), "toto");
  ASSERT_EQ(write(toto + "/attr_version", "1.2.1"), done);
  ASSERT_EQ(world().connect(host, "toto", tcp(world().traddr)), done);
  world().disconnect();
  for (const auto& setting : subsystem_settings) {
    const std::string name(setting.attribute);
    if (!setting.frozen || !backend().attributes().subsystem.contains(name)) continue;
    EXPECT_EQ(write(toto + "/" + name, "1.1"), EINVAL) << name;
  }
  EXPECT_EQ(write(toto + "/attr_cntlid_min", "7"), done);
  EXPECT_EQ(write(toto + "/attr_pi_enable", "1"), done);
}

TEST_F(Subsystem, AllowsNobodyAtFirst) {
  given_subsystem("toto");
  EXPECT_EQ(subsystem_attribute("toto", "attr_allow_any_host"), "0");
  EXPECT_TRUE(observe().subsystems["toto"].allowed_hosts.empty());
}

TEST_F(Subsystem, TakesBooleansByTheirFirstCharacter) {
  given_subsystem("toto");
  for (const char* yes : {"1", "y", "Y", "t", "T", "on", "1x", "true"}) {
    EXPECT_EQ(write(toto + "/attr_allow_any_host", yes), done) << yes;
    EXPECT_EQ(subsystem_attribute("toto", "attr_allow_any_host"), "1") << yes;
  }
  for (const char* no : {"0", "n", "N", "f", "F", "off", "0x", "false"}) {
    EXPECT_EQ(write(toto + "/attr_allow_any_host", no), done) << no;
    EXPECT_EQ(subsystem_attribute("toto", "attr_allow_any_host"), "0") << no;
  }
}

TEST_F(Subsystem, OtherBooleansAreEinval) {
  given_subsystem("toto");
  for (const char* neither : {"2", "x", "o", " 1", "-1", "\n"}) {
    EXPECT_EQ(write(toto + "/attr_allow_any_host", neither), EINVAL) << neither;
  }
}

TEST_F(Subsystem, AnyHostWhileAHostIsLinkedIsEinval) {
  given_subsystem("toto");
  given_host("nqn.host");
  ASSERT_EQ(link("hosts/nqn.host", toto + "/allowed_hosts/nqn.host"), done);
  EXPECT_EQ(write(toto + "/attr_allow_any_host", "1"), EINVAL);
  EXPECT_EQ(write(toto + "/attr_allow_any_host", "0"), done);
}

TEST_F(Subsystem, LinkOfAHostWhileAnyIsAllowedIsEinval) {
  given_subsystem("toto");
  given_host("nqn.host");
  ASSERT_EQ(write(toto + "/attr_allow_any_host", "1"), done);
  EXPECT_EQ(link("hosts/nqn.host", toto + "/allowed_hosts/nqn.host"), EINVAL);
}

TEST_F(Subsystem, LinkOfAHostASecondTimeIsEexist) {
  given_subsystem("toto");
  given_host("nqn.host");
  ASSERT_EQ(link("hosts/nqn.host", toto + "/allowed_hosts/nqn.host"), done);
  EXPECT_EQ(link("hosts/nqn.host", toto + "/allowed_hosts/other"), EEXIST);
}

TEST_F(Subsystem, LinkOfOtherThanAHostIntoAllowedHostsIsEinval) {
  given_subsystem("toto");
  EXPECT_EQ(link(toto, toto + "/allowed_hosts/toto"), EINVAL);
}

TEST_F(Subsystem, RmdirWhileAPortServesItIsEbusy) {
  given_subsystem("toto");
  given_linked_port("1", tcp(world().traddr), "toto");
  EXPECT_EQ(rmdir(toto), EBUSY);
}

TEST_F(Subsystem, RmdirWhileAPortServesItIsEbusyAlsoWithANamespace) {
  given_subsystem("toto");
  given_namespace("toto", "1");
  given_linked_port("1", tcp(world().traddr), "toto");
  EXPECT_EQ(rmdir(toto), EBUSY);
}

TEST_F(Subsystem, RmdirWithANamespaceIsEnotempty) {
  given_subsystem("toto");
  given_namespace("toto", "1");
  EXPECT_EQ(rmdir(toto), ENOTEMPTY);
}

TEST_F(Subsystem, RmdirWithAnAllowedHostIsEnotempty) {
  given_subsystem("toto");
  given_host("nqn.host");
  ASSERT_EQ(link("hosts/nqn.host", toto + "/allowed_hosts/nqn.host"), done);
  EXPECT_EQ(rmdir(toto), ENOTEMPTY);
}

TEST_F(Host, TakesAnyName) {
  EXPECT_EQ(mkdir("hosts/anybody at all"), done);
  EXPECT_TRUE(observe().hosts.contains("anybody at all"));
}

TEST_F(Host, RmdirWhileASubsystemAllowsItIsEbusy) {
  given_subsystem("toto");
  given_host("nqn.host");
  ASSERT_EQ(link("hosts/nqn.host", toto + "/allowed_hosts/nqn.host"), done);
  EXPECT_EQ(rmdir("hosts/nqn.host"), EBUSY);
}

TEST_F(Host, CanGoWhenTheLastSubsystemDroppedIt) {
  given_subsystem("toto");
  given_host("nqn.host");
  ASSERT_EQ(link("hosts/nqn.host", toto + "/allowed_hosts/nqn.host"), done);
  ASSERT_EQ(unlink(toto + "/allowed_hosts/nqn.host"), done);
  EXPECT_EQ(rmdir("hosts/nqn.host"), done);
}

TEST_F(Host, CanBeAllowedBySeveralSubsystems) {
  given_subsystem("toto");
  given_subsystem("titi");
  given_host("nqn.host");
  EXPECT_EQ(link("hosts/nqn.host", "subsystems/toto/allowed_hosts/nqn.host"), done);
  EXPECT_EQ(link("hosts/nqn.host", "subsystems/titi/allowed_hosts/nqn.host"), done);
}

}  // namespace
}  // namespace nvmeofs::contract
