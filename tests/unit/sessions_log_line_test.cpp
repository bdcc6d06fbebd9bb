#include "sessions/log_line.h"

#include <gtest/gtest.h>

#include <random>

namespace nvmeofs {
namespace {

TEST(LogRecord, IsTakenApart) {
  const auto record = parse_record(
      "6,377,22011786,-;nvmet: creating nvm controller 1 for subsystem t for NQN nqn.x:h1.\n");
  ASSERT_TRUE(record);
  EXPECT_TRUE(record->from_kernel);
  EXPECT_EQ(record->sequence, 377U);
  EXPECT_EQ(record->microseconds, 22011786U);
  EXPECT_EQ(record->text, "nvmet: creating nvm controller 1 for subsystem t for NQN nqn.x:h1.");
}

TEST(LogRecord, EndsBeforeItsDictionary) {
  const auto record = parse_record(
      "6,378,22050498,-,caller=T12;nvme nvme0: creating 2 I/O queues.\n SUBSYSTEM=nvme\n");
  ASSERT_TRUE(record);
  EXPECT_EQ(record->text, "nvme nvme0: creating 2 I/O queues.");
}

TEST(LogRecord, OfAProgramIsNotTheKernels) {
  // What a program writes into /dev/kmsg gets facility 1 (user), whatever it asks for.
  const auto record =
      parse_record("14,9,1,-;nvmet: creating nvm controller 1 for subsystem t for NQN h.\n");
  ASSERT_TRUE(record);
  EXPECT_FALSE(record->from_kernel);
}

TEST(LogRecord, ThatIsNoneIsNotTaken) {
  for (const auto* text : {"", ";", "6", "6,", "6,1,2", "6,1,2,-", "x,1,2,-;t", "6,-1,2,-;t",
                           "6,1,99999999999999999999999,-;t", ",,,;"}) {
    EXPECT_FALSE(parse_record(text)) << text;
  }
}

TEST(ControllerCreated, IsReadFrom61And612) {
  const auto created = parse_controller_created(
      "nvmet: creating nvm controller 1 for subsystem toto for NQN nqn.2014-08.org.nvmexpress:uuid:"
      "5d0c0f7a-6a1c-4d53-9d53-0c3d8a3a7c01.");
  ASSERT_TRUE(created);
  EXPECT_EQ(created->cntlid, 1);
  EXPECT_FALSE(created->discovery);
  EXPECT_EQ(created->subsystem, "toto");
  EXPECT_EQ(created->host_nqn,
            "nqn.2014-08.org.nvmexpress:uuid:5d0c0f7a-6a1c-4d53-9d53-0c3d8a3a7c01");
}

TEST(ControllerCreated, IsReadFrom72) {
  const auto created =
      parse_controller_created("nvmet: Created nvm controller 65519 for subsystem a for NQN b.");
  ASSERT_TRUE(created);
  EXPECT_EQ(created->cntlid, 65519);
  EXPECT_EQ(created->host_nqn, "b");
}

TEST(ControllerCreated, KnowsADiscoveryController) {
  const auto created = parse_controller_created(
      "nvmet: creating discovery controller 2 for subsystem nqn.2014-08.org.nvmexpress.discovery "
      "for "
      "NQN nqn.x:h1.");
  ASSERT_TRUE(created);
  EXPECT_TRUE(created->discovery);
}

TEST(ControllerCreated, LeavesTheKernelsRemarksOutOfTheName) {
  for (const auto* remarks : {".", "", " T10-PI is enabled.", " with DH-HMAC-CHAP.",
                              " T10-PI is enabled with DH-HMAC-CHAP.",
                              " T10-PI is enabled with DH-HMAC-CHAP, secure concatenation.",
                              ", TLS.", " T10-PI is enabled, TLS."}) {
    const auto created = parse_controller_created(
        std::string("nvmet: Created nvm controller 1 for subsystem a for NQN nqn.x:h.1") + remarks);
    ASSERT_TRUE(created) << remarks;
    EXPECT_EQ(created->host_nqn, "nqn.x:h.1") << remarks;
  }
}

TEST(ControllerCreated, BelievesNoSubsystemThatTheHostNames) {
  const auto created = parse_controller_created(
      "nvmet: creating nvm controller 1 for subsystem mine for NQN x for subsystem yours for NQN "
      "y.");
  ASSERT_TRUE(created);
  EXPECT_EQ(created->subsystem, "mine");
  EXPECT_EQ(created->host_nqn, "x for subsystem yours for NQN y");
}

TEST(ControllerCreated, HasTheBytesThatTheLogEscapes) {
  const auto created = parse_controller_created(
      "nvmet: creating nvm controller 1 for subsystem caf\\xc3\\xa9 for NQN "
      "a\\x0anvmet\\x5cb\\xzz\\x4.");
  ASSERT_TRUE(created);
  EXPECT_EQ(created->subsystem, "caf\xc3\xa9");
  EXPECT_EQ(created->host_nqn, "a\nnvmet\\b\\xzz\\x4");
}

TEST(ControllerCreated, IsNoOtherLine) {
  for (const auto* text :
       {"", "nvmet: creating", "nvmet: creating nvm controller", "nvmet: creating nvm controller 1",
        "nvmet: creating nvm controller x for subsystem a for NQN b.",
        "nvmet: creating nvm controller 65536 for subsystem a for NQN b.",
        "nvmet: creating nvm controller -1 for subsystem a for NQN b.",
        "nvmet: creating nvm controller 1 for subsystem a",
        "nvmet: creating admin controller 1 for subsystem a for NQN b.",
        "nvmet: connect by host nvmet: creating nvm controller 1 for subsystem a for NQN b. for "
        "subsystem a not allowed",
        "nvme nvme0: creating 2 I/O queues."}) {
    EXPECT_FALSE(parse_controller_created(text)) << text;
  }
}

TEST(ControllerCreated, SurvivesAnyBytes) {
  std::mt19937 random(7);
  const std::string line = "nvmet: creating nvm controller 1 for subsystem a for NQN b.";
  for (int i = 0; i < 20000; ++i) {
    std::string text = line;
    for (int k = 0; k < 4; ++k) text[random() % text.size()] = static_cast<char>(random());
    text.resize(random() % (text.size() + 1));
    (void)parse_controller_created(text);
    (void)parse_record(text);
    (void)parse_record("6,1,2,-;" + text);
  }
}

TEST(KeepAliveExpired, HasTheControllersNumber) {
  EXPECT_EQ(parse_keep_alive_expired("nvmet: ctrl 12 keep-alive timer (15 seconds) expired!"), 12);
  EXPECT_FALSE(parse_keep_alive_expired("nvmet: ctrl 12 start keep-alive timer for 15 secs"));
  EXPECT_FALSE(parse_keep_alive_expired("nvmet: ctrl 12 fatal error occurred!"));
}

TEST(AssociationLine, IsThatOfEveryKernel) {
  for (const auto* before :
       {"lpfc 0000:04:00.0: {1:12}", "(NULL device *): {1:12}", "nvmet_fc: {1:12}:"}) {
    const std::string line(before);
    EXPECT_EQ(parse_association_created(line + " Association created"), (Association{1, 12}))
        << before;
    EXPECT_EQ(parse_association_deleted(line + " Association deleted"), (Association{1, 12}))
        << before;
    EXPECT_FALSE(parse_association_deleted(line + " Association created")) << before;
    EXPECT_FALSE(parse_association_deleted(line + " Association freed")) << before;
  }
}

TEST(AssociationLine, IsNoOtherLine) {
  for (const auto* text :
       {"", " Association deleted", "nvmet_fc: {1} Association deleted",
        "nvmet_fc: {1:x} Association deleted", "nvmet_fc: {1:-2} Association deleted",
        "nvmet_fc: {1:2}. Association deleted", "nvmet_fc {1:2} Association deleted",
        "nvmet: connect by host nvmet_fc: {1:2} Association deleted",
        "nvmet_fc: {0}: Create Association LS failed: Association Allocation Failed"})
    EXPECT_FALSE(parse_association_deleted(text)) << text;
}

TEST(PortEnabled, IsReadOfTcpOnly) {
  EXPECT_TRUE(is_port_enabled("nvmet_tcp: enabling port 1 (10.9.9.1:4420)"));
  EXPECT_FALSE(is_port_enabled("nvmet_rdma: enabling port 2 ([::]:4421%0)"));
}

}  // namespace
}  // namespace nvmeofs
