#include "nvmeofs/mapping.h"

#include <gtest/gtest.h>

namespace nvmeofs {
namespace {

TransportAddress address(const char* text) {
  return TransportAddress::parse(text, Trtype::tcp).value();
}

Export served(const char* name, std::vector<TransportAddress> addresses) {
  return {
      .name = Nqn::parse(name).value(),
      .spaces = {{first_nsid,
                  {.device = DevicePath::parse("/dev/a").value(), .enabled = true, .uuid = "u"}}},
      .addresses = std::move(addresses),
      .hosts = {.any = true, .list = {}},
      .enabled = true,
      .identity = {.serial = "s"}};
}

Export stopped(Export wanted) {
  wanted.enabled = false;
  return wanted;
}

Port port_at(const char* traddr, const char* trsvcid = "4420") {
  return {.attributes = {{"addr_trtype", "tcp"},
                         {"addr_adrfam", "ipv4"},
                         {"addr_traddr", traddr},
                         {"addr_trsvcid", trsvcid}},
          .subsystems = {}};
}

TEST(Mapping, DisabledExportHasNothingInTheKernel) {
  EXPECT_EQ(with_export({}, stopped(served("toto", {address("10.0.0.1")})), {}), Target{});
}

TEST(Mapping, ExportsOfOneAddressShareItsPort) {
  Target target = with_export({}, served("toto", {address("10.0.0.1")}), {});
  target = with_export(target, served("titi", {address("10.0.0.1")}), {});
  ASSERT_EQ(target.ports.size(), 1U);
  EXPECT_EQ(target.ports.at("1").subsystems.size(), 2U);
}

TEST(Mapping, PortMadeForExportsGoesWithTheLast) {
  const Shared ours{.ports = {"1"}, .hosts = {}};
  const Export toto = served("toto", {address("10.0.0.1")}),
               titi = served("titi", {address("10.0.0.1")});
  Target target = with_export(with_export({}, toto, ours), titi, ours);
  target = with_export(target, stopped(toto), ours);
  EXPECT_TRUE(target.ports.contains("1"));
  target = with_export(target, stopped(titi), ours);
  EXPECT_FALSE(target.ports.contains("1"));
}

TEST(Mapping, PortMadeByOthersIsUsedAndLeft) {
  Target theirs;
  theirs.ports["7"] = port_at("10.0.0.1", "0x1144");
  const Export toto = served("toto", {address("10.0.0.1:4420")});
  const Target used = with_export(theirs, toto, {});
  ASSERT_EQ(used.ports.size(), 1U);
  EXPECT_EQ(used.ports.at("7").attributes, theirs.ports.at("7").attributes);
  EXPECT_EQ(with_export(used, stopped(toto), {}), theirs);
}

TEST(Mapping, NewPortTakesANumberThatNoSpellingHas) {
  Target theirs;
  theirs.ports["0x1"] = port_at("10.0.0.7");
  theirs.ports["02"] = port_at("10.0.0.8");
  EXPECT_TRUE(with_export(theirs, served("toto", {address("10.0.0.1")}), {}).ports.contains("3"));
}

TEST(Mapping, WhatOthersMadeIsCopiedAsItStands) {
  Target theirs;
  theirs.hosts = {{"nqn.theirs", {}}};
  theirs.subsystems["other"] = {.attributes = {{"attr_serial", "x"}},
                                .namespaces = {{"2", {}}},
                                .allowed_hosts = {{"nqn.theirs", "h"}}};
  theirs.ports["3"] = port_at("10.0.0.9");
  theirs.ports["3"].subsystems["other"] = "o";
  const Target target = with_export(theirs, served("toto", {address("10.0.0.1")}), {});
  EXPECT_EQ(target.subsystems.at("other"), theirs.subsystems.at("other"));
  EXPECT_EQ(target.ports.at("3"), theirs.ports.at("3"));
  EXPECT_EQ(with_export(target, stopped(served("toto", {})), {.ports = {"1"}, .hosts = {}}),
            theirs);
}

TEST(Mapping, HostDirectoryGoesWithTheLastExportThatNamesIt) {
  Export toto = served("toto", {address("10.0.0.1")}), titi = served("titi", {address("10.0.0.1")});
  toto.hosts = titi.hosts = {.any = false, .list = {Nqn::parse("nqn.h").value()}};
  const Shared ours{.ports = {"1"}, .hosts = {"nqn.h"}};
  Target target = with_export(with_export({}, toto, ours), titi, ours);
  target = with_export(target, stopped(toto), ours);
  EXPECT_TRUE(target.hosts.contains("nqn.h"));
  EXPECT_EQ(with_export(target, stopped(titi), ours), Target{});
}

TEST(Mapping, LinksByOthersToOurSubsystemGoWithIt) {
  const Export toto = served("toto", {address("10.0.0.1")});
  Target target = with_export({}, toto, {});
  target.ports["9"] = port_at("10.0.0.9");
  target.ports["9"].subsystems["toto"] = "by-hand";
  EXPECT_TRUE(with_export(target, stopped(toto), {}).ports.at("9").subsystems.empty());
}

Export grouped(const char* name, AnaGroup group) {
  Export wanted = served(name, {address("10.0.0.1")});
  wanted.first().ana_group = group;
  return wanted;
}

using Groups = std::map<std::string, std::string>;

TEST(Mapping, PortHasTheAnaGroupsOfWhatItServes) {
  const Shared ours{.ports = {"1"},
                    .hosts = {},
                    .wanted_ports = {{address("10.0.0.1"),
                                      {.settings = {}, .ana_states = {{2, AnaState::change}}}}}};
  Target target = with_export({}, grouped("toto", 2), ours);
  target = with_export(target, grouped("titi", 3), ours);
  target = with_export(target, grouped("tata", 3), ours);
  EXPECT_EQ(target.ports.at("1").ana_groups, (Groups{{"2", "change"}, {"3", "optimized"}}));
  target = with_export(target, stopped(grouped("titi", 3)), ours);
  EXPECT_TRUE(target.ports.at("1").ana_groups.contains("3"));
  target = with_export(target, grouped("tata", 4), ours);
  EXPECT_EQ(target.ports.at("1").ana_groups, (Groups{{"2", "change"}, {"4", "optimized"}}));
}

TEST(Mapping, AnaGroupThatOthersMadeAtOurPortStays) {
  const Shared ours{.ports = {"1"}, .hosts = {}};
  Target target = with_export({}, grouped("toto", 2), ours);
  target.ports.at("1").ana_groups["9"] = "inaccessible";
  EXPECT_TRUE(with_export(target, grouped("toto", 3), ours).ports.at("1").ana_groups.contains("9"));
}

TEST(Mapping, PortMadeByOthersKeepsItsAnaGroups) {
  Target theirs;
  theirs.ports["7"] = port_at("10.0.0.1");
  theirs.ports["7"].ana_groups = {{"1", "non-optimized"}, {"2", "inaccessible"}};
  const Shared ours{.ports = {},
                    .hosts = {},
                    .wanted_ports = {{address("10.0.0.1"),
                                      {.settings = {}, .ana_states = {{2, AnaState::change}}}}}};
  const Target used = with_export(theirs, grouped("toto", 2), ours);
  EXPECT_EQ(used.ports.at("7").ana_groups, theirs.ports.at("7").ana_groups);
  EXPECT_EQ(with_export(used, stopped(grouped("toto", 2)), ours), theirs);
}

TEST(Mapping, PortStaysWhileNoneMayGo) {
  Shared ours{.ports = {"1"}, .hosts = {}};
  const Target target = with_export({}, grouped("toto", 2), ours);
  ours.keeps_ports = true;
  EXPECT_TRUE(with_export(target, stopped(grouped("toto", 2)), ours).ports.contains("1"));
}

TEST(Recognition, SaysTheAnaGroup) {
  const Target there = with_export({}, grouped("toto", 7), {});
  EXPECT_EQ(recognise(there, Nqn::parse("toto").value(), {}).first().ana_group, 7U);
  EXPECT_TRUE(is_plain(there, "toto", {}));
  // What the kernel makes of 128.
  Target none = there;
  none.subsystems.at("toto").namespaces.at("1").attributes["ana_grpid"] = "0";
  EXPECT_FALSE(is_plain(none, "toto", {}));
}

TEST(Recognition, FindsWhatAnExportOfTheSameWouldBe) {
  const Export toto = served("toto", {address("10.0.0.1"), address("[fd00::1]")});
  EXPECT_EQ(recognise(with_export({}, toto, {}), toto.name, {}), toto);
}

TEST(Recognition, TakesTheExportsOwnKindForPlain) {
  Target target = with_export({}, served("toto", {address("10.0.0.1")}), {});
  EXPECT_TRUE(is_plain(target, "toto", {}));
  target.ports.at("1").subsystems["toto"] = "by-hand";
  EXPECT_TRUE(is_plain(target, "toto", {}));
}

TEST(Recognition, TakesAnyNamespacesForPlain) {
  Export toto = served("toto", {address("10.0.0.1")});
  toto.spaces[2] = {.device = DevicePath::parse("/dev/b").value(), .enabled = true, .uuid = "v"};
  EXPECT_EQ(recognise(with_export({}, toto, {}), toto.name, {}), toto);
  EXPECT_TRUE(is_plain(with_export({}, toto, {}), "toto", {}));
  toto.first() = {};
  EXPECT_EQ(recognise(with_export({}, toto, {}), toto.name, {}), toto);
  EXPECT_TRUE(is_plain(with_export({}, toto, {}), "toto", {}));
}

TEST(Mapping, LeavesOutTheNamespacesThatAreNotEnabledOrNotThere) {
  Export toto = served("toto", {address("10.0.0.1")});
  toto.spaces[2] = {.device = DevicePath::parse("/dev/b").value()};
  toto.spaces[3] = {.device = DevicePath::parse("/dev/c").value(), .enabled = true};
  const auto names = [&](const Absent& absent) {
    std::string all;
    for (const auto& [nqn, subsystem] : with_export({}, toto, {}, absent).subsystems)
      for (const auto& [nsid, space] : subsystem.namespaces) all += nsid + " ";
    return all;
  };
  EXPECT_EQ(names({}), "1 3 ");
  EXPECT_EQ(names({.devices = {1}, .addresses = {}}), "3 ");
  EXPECT_EQ(names({.devices = {1, 3}, .addresses = {}}), "");
}

TEST(Recognition, DoesNotTakeForPlainWhatAnExportCannotSay) {
  const Target plain = with_export({}, served("toto", {address("10.0.0.1")}), {});
  Target half = plain, spelling = plain, fc = plain, no_device = plain;
  half.subsystems.at("toto").namespaces["2"] = {};
  spelling.subsystems.at("toto").namespaces = {
      {"01", plain.subsystems.at("toto").namespaces.at("1")}};
  fc.ports["2"] = {.attributes = {{"addr_trtype", "fc"}}, .subsystems = {{"toto", "toto"}}};
  no_device.subsystems.at("toto").namespaces.at("1").attributes.erase("device_path");
  for (const Target& target : {half, spelling, fc, no_device})
    EXPECT_FALSE(is_plain(target, "toto", {}));
}

TEST(Shared, AreWhatOurOwnStepsMade) {
  Target after;
  after.ports = {{"1", {}}, {"2", {}}};
  after.hosts = {{"nqn.h", {}}};
  const Plan performed{{Verb::make_item, "ports/1", "", ""},
                       {Verb::make_item, "hosts/nqn.h", "", ""},
                       {Verb::make_item, "subsystems/toto", "", ""},
                       {Verb::make_item, "ports/3", "", ""}};
  EXPECT_EQ(shared_after({}, performed, after), (Shared{.ports = {"1"}, .hosts = {"nqn.h"}}));
}

TEST(Restoring, TakesBackOnlyWhatOurStepsDid) {
  Target before;
  before.ports["7"] = port_at("10.0.0.7");
  Target now = with_export(before, served("toto", {address("10.0.0.1")}), {});
  now.subsystems["meanwhile"] = {};
  now.ports["8"] = port_at("10.0.0.8");
  const Plan performed{{Verb::make_item, "ports/1", "", ""}};
  Target wanted = before;
  wanted.subsystems["meanwhile"] = {};
  wanted.ports["8"] = port_at("10.0.0.8");
  EXPECT_EQ(restored(now, before, "toto", performed), wanted);
}

TEST(Restoring, TakesBackWhatOurStepsChangedAtAPort) {
  Target before = with_export({}, served("toto", {address("10.0.0.1")}), {});
  before.ports.at("1").ana_groups = {{"1", "optimized"}, {"3", "optimized"}};
  before.ports.at("1").referrals = {{"gone", {}}};
  Target now = before;
  now.ports.at("1").ana_groups = {{"1", "change"}, {"2", "inaccessible"}, {"5", "change"}};
  now.ports.at("1").referrals = {{"made", {}}, {"theirs", {}}};
  const Plan performed{{Verb::make_item, "ports/1/ana_groups/2", "", ""},
                       {Verb::set_attribute, "ports/1/ana_groups/1/ana_state", "change", ""},
                       {Verb::remove_item, "ports/1/ana_groups/3", "", ""},
                       {Verb::make_item, "ports/1/referrals/made", "", ""},
                       {Verb::remove_item, "ports/1/referrals/gone", "", ""}};
  const Port back = restored(now, before, "toto", performed).ports.at("1");
  EXPECT_EQ(back.ana_groups, (Groups{{"1", "optimized"}, {"3", "optimized"}, {"5", "change"}}));
  EXPECT_EQ(back.referrals, (std::map<std::string, PortReferral>{{"gone", {}}, {"theirs", {}}}));
}

}  // namespace
}  // namespace nvmeofs
