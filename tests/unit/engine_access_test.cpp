// Exports that root lets others run.
#include "engine_fixture.h"

namespace nvmeofs {
namespace {

class AccessTest : public EngineTest {
 protected:
  int access(const std::string& name, const std::string& file, Access access) {
    const auto serial = view(name).serial;
    auto promise = std::make_shared<std::promise<Result<void>>>();
    engine_->submit({caller_, name, serial, file, "", Intent(SetAccess{access})},
                    [promise](Result<void> result) { promise->set_value(std::move(result)); });
    const auto result = promise->get_future().get();
    last_ = result ? Error{} : result.error();
    return last_.errnum;
  }
};

TEST_F(AccessTest, IsKeptForEachFileAndTheDirectory) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(access("toto", "", {.gid = 100}), 0);
  ASSERT_EQ(access("toto", "enabled", {.uid = 1000, .mode = 0664}), 0);
  ASSERT_EQ(access("toto", "enabled", {.gid = 100}), 0);
  const AccessOf expected{{"", {.gid = 100}}, {"enabled", {.uid = 1000, .gid = 100, .mode = 0664}}};
  EXPECT_EQ(view("toto").access, expected);
  start();
  EXPECT_EQ(view("toto").access, expected);
}

TEST_F(AccessTest, OutlivesAChangeOfTheExport) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(access("toto", "enabled", {.uid = 1000}), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  ASSERT_EQ(enable("toto"), 0);
  const auto before = view("toto").access;
  ASSERT_FALSE(before.empty());
  start();
  EXPECT_EQ(view("toto").access, before);
}

TEST_F(AccessTest, ComesWithANamespaceAndGoesWithIt) {
  serve("toto");
  const AccessOf expected{{"namespaces/2", {.uid = 1000}}, {"namespaces/2/device", {.uid = 1000}}};
  ASSERT_EQ(ask("toto", "namespaces/2", MakeNamespace{2, expected}), 0) << last_.message;
  EXPECT_EQ(view("toto").access, expected);
  start();
  EXPECT_EQ(view("toto").access, expected);
  ASSERT_EQ(ask("toto", "namespaces/2", RemoveNamespace{2}), 0) << last_.message;
  EXPECT_TRUE(view("toto").access.empty());
}

TEST_F(AccessTest, DoesNothingToTheKernel) {
  serve("toto");
  const auto steps = backend_.performed().size();
  EXPECT_EQ(access("toto", "hosts", {.uid = 1000}), 0);
  EXPECT_EQ(backend_.performed().size(), steps);
}

TEST_F(AccessTest, IsInTheLogAsTheCommandThatItWas) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(access("toto", "enabled", {.uid = 1000, .gid = 100}), 0);
  EXPECT_EQ(engine_->snapshot()->log.back().what, "chown 1000:100 exports/toto/enabled");
  ASSERT_EQ(access("toto", "", {.mode = 0750}), 0);
  EXPECT_EQ(engine_->snapshot()->log.back().what, "chmod 0750 exports/toto");
}

TEST_F(AccessTest, ThatCannotBeSavedIsRefusedAndStaysAsItWas) {
  ASSERT_EQ(make("toto"), 0);
  store_.fail_with(ENOSPC);
  EXPECT_EQ(access("toto", "enabled", {.uid = 1000}), ENOSPC);
  EXPECT_TRUE(view("toto").access.empty());
  store_.fail_with(0);
}

TEST_F(AccessTest, OfAForeignExportIsRefused) {
  serve("toto");
  start_without_state();
  ASSERT_TRUE(appears("toto"));
  EXPECT_EQ(access("toto", "enabled", {.uid = 1000}), EBUSY);
  EXPECT_EQ(last_.reason, Reason::foreign);
}

TEST_F(AccessTest, LetsNobodyServeADiskThatHeMayNotOpen) {
  ASSERT_EQ(make("toto"), 0);
  caller_ = {.uid = 1000, .pid = 42, .command = "bash", .gid = 1000, .groups = {1000, 24}};
  EXPECT_EQ(device("toto", "/dev/a"), EACCES);
  EXPECT_EQ(last_.reason, Reason::device_not_yours);
  EXPECT_FALSE(view("toto").wanted.first().device);
}

TEST_F(AccessTest, LetsAMemberOfTheDisksGroupServeOne) {
  ASSERT_EQ(make("toto"), 0);
  caller_ = {.uid = 1000, .pid = 42, .command = "bash", .gid = 1000, .groups = {1000, 6}};
  EXPECT_EQ(device("toto", "/dev/a"), 0);
}

// Also by another name of it, which he may be able to lead elsewhere later.
TEST_F(AccessTest, LetsNobodyRenameADiskThatRootServes) {
  serve("toto");
  caller_ = {.uid = 1000, .pid = 42, .command = "bash", .gid = 1000, .groups = {}};
  EXPECT_EQ(device("toto", "/dev/a"), EACCES);
}

TEST_F(AccessTest, LetsOthersEnableWhatRootHasPrepared) {
  ASSERT_EQ(make("toto"), 0);
  ASSERT_EQ(device("toto", "/dev/a"), 0);
  ASSERT_EQ(address("toto", "tcp://10.0.0.1"), 0);
  caller_ = {.uid = 1000, .pid = 42, .command = "bash", .gid = 1000, .groups = {}};
  EXPECT_EQ(enable("toto"), 0);
  EXPECT_EQ(disable("toto"), 0);
}

}  // namespace
}  // namespace nvmeofs
