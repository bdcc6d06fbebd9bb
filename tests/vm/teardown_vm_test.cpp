// Disabling takes out what is the export's, in the order that the kernel wants, and nothing else:
// ports and hosts go with the last export that uses them, and those of others stay.

#include <fmt/format.h>

#include "view.h"

namespace nvmeofs::vm {
namespace {

class Teardown : public ViewTest {
 protected:
  static std::string ports() { return run("ls " + nvmet + "/ports"); }
};

TEST_F(Teardown, OfOneOfTwoExportsOnAnAddressKeepsThePort) {
  serve("first", "/dev/nullb0", "tcp://192.168.1.32");
  const NvmetTree one = nvmet_tree();
  serve("second", "/dev/nullb1", "tcp://192.168.1.32");
  EXPECT_EQ(ports(), "1\n");
  take_down("second");
  EXPECT_EQ(difference(one, nvmet_tree()), "");
  visit({.trtype = "tcp"}, "first", "/dev/nullb0");
  take_down("first");
  EXPECT_EQ(changes(), "");
}

TEST_F(Teardown, OfTheExportThatMadeThePortKeepsItForTheOther) {
  serve("first", "/dev/nullb0", "192.168.1.32");
  serve("second", "/dev/nullb1", "192.168.1.32");
  take_down("first");
  EXPECT_EQ(ports(), "1\n");
  visit({.trtype = "rdma"}, "second", "/dev/nullb1");
  take_down("second");
  EXPECT_EQ(changes(), "");
}

TEST_F(Teardown, LeavesAPortMadeByHand) {
  const Afterwards removed("rmdir " + nvmet + "/ports/7");
  make_port("7", "tcp", "192.168.1.32");
  // The kernel fills in what was left open, such as the queue size, when a port first listens.
  make_subsystem("hand", "/dev/nullb1");
  link_port("7", "hand");
  run(
      fmt::format("rm {0}/ports/7/subsystems/hand; cd {0}/subsystems; "
                  "rmdir hand/namespaces/1 hand",
                  nvmet));
  const NvmetTree by_hand = nvmet_tree();

  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  EXPECT_EQ(ports(), "7\n");
  visit({.trtype = "tcp"}, "toto", "/dev/nullb0");
  take_down("toto");
  EXPECT_EQ(difference(by_hand, nvmet_tree()), "");
}

TEST_F(Teardown, LeavesAHostMadeByHand) {
  const Afterwards removed("rmdir " + nvmet + "/hosts/" + first_host.nqn);
  run("mkdir " + nvmet + "/hosts/" + first_host.nqn);
  const NvmetTree by_hand = nvmet_tree();
  draft("toto", "/dev/nullb0", "tcp://192.168.1.32");
  EXPECT_EQ(set("toto", "hosts", first_host.nqn + "\n" + second_host.nqn), "ok");
  EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  take_down("toto");
  EXPECT_EQ(difference(by_hand, nvmet_tree()), "");
}

TEST_F(Teardown, OfOneOfTwoExportsKeepsTheHostThatBothName) {
  draft("first", "/dev/nullb0", "tcp://192.168.1.32");
  EXPECT_EQ(set("first", "hosts", first_host.nqn), "ok");
  EXPECT_EQ(set("first", "enabled", "1"), "ok");
  const NvmetTree one = nvmet_tree();
  draft("second", "/dev/nullb1", "tcp://192.168.1.33");
  EXPECT_EQ(set("second", "hosts", first_host.nqn), "ok");
  EXPECT_EQ(set("second", "enabled", "1"), "ok");
  take_down("second");
  EXPECT_EQ(difference(one, nvmet_tree()), "");
  take_down("first");
  EXPECT_EQ(changes(), "");
}

TEST_F(Teardown, LeavesTheModulesUnloadable) {
  serve("toto", "/dev/nullb0", "192.168.1.32\ntcp://192.168.1.32");
  take_down("toto");
  unmount();
  unload_nvmet();
}

}  // namespace
}  // namespace nvmeofs::vm
