// hosts/: who has to know a key, and who does not get in without it.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::AnyOf;
using testing::HasSubstr;
using testing::Not;

constexpr const char* key = "DHHC-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:";
constexpr const char* other_key = "DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:";

std::string in_view(const std::string& file) {
  return mountpoint + "/hosts/" + first_host.nqn + "/" + file;
}

class Keys : public ViewTest {
 protected:
  // What was written outlives the export, and would be asked for by the next test.
  void TearDown() override {
    const int errnum = ::rmdir(in_view("").c_str()) == 0 ? 0 : errno;
    EXPECT_TRUE(errnum == 0 || errnum == ENOENT) << errno_symbol(errnum);
    ViewTest::TearDown();
  }

  static bool kernel_has_keys() { return ::access(in_view("dhchap_key").c_str(), F_OK) == 0; }
  static std::string put(const std::string& file, const std::string& value) {
    return write_text(in_view(file), value);
  }
  static Way with(const std::string& trtype, const std::string& secret,
                  const std::string& ctrl_secret = "") {
    Way way{.trtype = trtype};
    if (!secret.empty()) way.options = ",dhchap_secret=" + secret;
    if (!ctrl_secret.empty()) way.options += ",dhchap_ctrl_secret=" + ctrl_secret;
    return way;
  }
  // An export that names the host, up.
  static void serve_host(const std::string& trtype) {
    draft("toto", "/dev/nullb0", trtype + "://192.168.1.32");
    EXPECT_EQ(set("toto", "hosts", first_host.nqn), "ok");
    EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
  }
  static mode_t mode_of(const std::string& path) {
    struct stat st {};
    EXPECT_EQ(::stat(path.c_str(), &st), 0) << path;
    return st.st_mode & 07777;
  }
  // Where the target hangs up before the host has read why, the host says EIO (6.12 and 7.2, when
  // the guest is busy).
  static void check_rejected(const Way& way) {
    EXPECT_THAT(connect(way, "toto"), AnyOf("EKEYREJECTED", "EIO"));
    EXPECT_TRUE(controllers().empty());
  }
  void check_key(const std::string& trtype) {
    serve_host(trtype);
    if (!kernel_has_keys()) {
      EXPECT_EQ(put("dhchap_key", key), "ENOENT");
      return take_down("toto");
    }
    EXPECT_EQ(put("dhchap_key", key), "ok") << read_text(mountpoint + "/log");
    EXPECT_EQ(read_text(in_view("dhchap_key")), "set");
    EXPECT_EQ(connect(with(trtype, ""), "toto"), "ENOKEY");
    // A host that is refused over RDMA waits for minutes for an answer that does not come (7.2).
    if (trtype == "tcp") check_rejected(with(trtype, other_key));
    visit(with(trtype, key), "toto", "/dev/nullb0");
    EXPECT_EQ(put("dhchap_key", ""), "ok") << read_text(mountpoint + "/log");
    EXPECT_EQ(read_text(in_view("dhchap_key")), "unset");
    visit(with(trtype, ""), "toto", "/dev/nullb0");
    take_down("toto");
    EXPECT_EQ(changes(), "");
  }
};

TEST_F(Keys, LetInWhoKnowsThemOverTcp) {
  check_key("tcp");
}

TEST_F(Keys, LetInWhoKnowsThemOverRdma) {
  check_key("rdma");
}

TEST_F(Keys, AreFilesWhereTheKernelHasThemAlone) {
  serve_host("tcp");
  EXPECT_EQ(read_text(in_view("exports")), "toto");
  const std::string in_kernel = "/sys/kernel/config/nvmet/hosts/" + first_host.nqn + "/";
  for (const char* name : {"dhchap_key", "dhchap_ctrl_key", "dhchap_hash", "dhchap_dhgroup"})
    EXPECT_EQ(::access(in_view(name).c_str(), F_OK), ::access((in_kernel + name).c_str(), F_OK))
        << name;
  take_down("toto");
}

TEST_F(Keys, ThatAreWrongAreRefusedWhenTheyAreWritten) {
  serve_host("tcp");
  if (kernel_has_keys()) {
    EXPECT_EQ(put("dhchap_key", key), "ok");
    EXPECT_EQ(put("dhchap_key", "DHHC-1:00:canary:"), "EINVAL");
    EXPECT_EQ(put("dhchap_hash", "hmac(sha384)x"), "EINVAL");
  }
  take_down("toto");
}

TEST_F(Keys, ProveTheTargetToo) {
  serve_host("tcp");
  if (kernel_has_keys()) {
    EXPECT_EQ(put("dhchap_key", key), "ok");
    EXPECT_EQ(put("dhchap_ctrl_key", other_key), "ok");
    check_rejected(with("tcp", key, key));
    visit(with("tcp", key, other_key), "toto", "/dev/nullb0");
    EXPECT_EQ(put("dhchap_hash", "hmac(sha512)"), "ok");
    visit(with("tcp", key, other_key), "toto", "/dev/nullb0");
  }
  take_down("toto");
}

// The host says which it was, as the target chose.
TEST_F(Keys, AreProvedOverADhGroup) {
  serve_host("tcp");
  if (kernel_has_keys()) {
    EXPECT_EQ(put("dhchap_key", key), "ok");
    EXPECT_EQ(put("dhchap_dhgroup", "ffdhe2048"), "ok") << read_text(mountpoint + "/log");
    run("dmesg -C");
    visit(with("tcp", key), "toto", "/dev/nullb0");
    EXPECT_THAT(run("dmesg"), HasSubstr("dhgroup ffdhe2048"));
    run("dmesg -C");
    check_rejected(with("tcp", other_key));
  }
  take_down("toto");
}

TEST_F(Keys, LeaveAloneWhoIsConnected) {
  serve_host("tcp");
  if (kernel_has_keys()) {
    must_connect({.trtype = "tcp"}, "toto");
    EXPECT_EQ(put("dhchap_key", key), "ok");
    check_data(disk_of("toto"), "/dev/nullb0");
    EXPECT_EQ(controller_attribute("toto", "state"), "live");
    EXPECT_EQ(state_of("toto"), "enabled");
    disconnect("toto");
    EXPECT_EQ(connect({.trtype = "tcp"}, "toto"), "ENOKEY");
  }
  take_down("toto");
}

TEST_F(Keys, AreSetAgainAfterAReboot) {
  serve_host("tcp");
  if (kernel_has_keys()) {
    EXPECT_EQ(put("dhchap_key", key), "ok");
    forget_kernel();
    start();
    EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; }));
    EXPECT_EQ(connect({.trtype = "tcp"}, "toto"), "ENOKEY");
    visit(with("tcp", key), "toto", "/dev/nullb0");
  }
  take_down("toto");
}

// Without a word it would be open to whoever says that name, from the next reboot on.
TEST_F(Keys, OfAnExportThatIsTakenOverAreAskedForAfterAReboot) {
  serve_host("tcp");
  if (kernel_has_keys()) {
    EXPECT_EQ(put("dhchap_key", key), "ok");
    unmount();
    run("rm " + state_file + "*");
    start();
    EXPECT_EQ(state_of("toto"), "foreign");
    EXPECT_EQ(set("toto", "enabled", "1"), "EBUSY");
    run("mkdir " + in_view(""));
    EXPECT_EQ(put("dhchap_key", key), "ok") << read_text(mountpoint + "/log");
    EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
    EXPECT_EQ(connect({.trtype = "tcp"}, "toto"), "ENOKEY");
    forget_kernel();
    start();
    EXPECT_TRUE(eventually([] { return state_of("toto") == "enabled"; }));
    EXPECT_EQ(connect({.trtype = "tcp"}, "toto"), "ENOKEY");
    visit(with("tcp", key), "toto", "/dev/nullb0");
  }
  take_down("toto");
}

TEST_F(Keys, AreReadByRootAloneAndToldToNobody) {
  draft("toto", "/dev/nullb0", "tcp://192.168.1.32");
  EXPECT_EQ(set("toto", "hosts", first_host.nqn), "ok");
  if (kernel_has_keys()) {
    EXPECT_EQ(put("dhchap_key", key), "ok");
    EXPECT_EQ(put("dhchap_ctrl_key", other_key), "ok");
    EXPECT_EQ(mode_of(in_view("dhchap_key")), 0600U);
    EXPECT_THAT(get("toto", "plan"), HasSubstr("chmod 600 "));
    std::string told = get("toto", "plan");
    EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
    for (const char* name : {"dhchap_key", "dhchap_ctrl_key"})
      EXPECT_EQ(mode_of("/sys/kernel/config/nvmet/hosts/" + first_host.nqn + "/" + name), 0600U);
    EXPECT_EQ(mode_of(state_file), 0600U);
    // Somebody else's is not ours to change back, and none of ours to show.
    run("printf %s " + std::string(other_key) + " > /sys/kernel/config/nvmet/hosts/" +
        first_host.nqn + "/dhchap_key");
    EXPECT_TRUE(eventually([] { return state_of("toto") == "drifted"; }));
    told += get("toto", "plan") + get("toto", "status");
    EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
    EXPECT_EQ(read_text("/sys/kernel/config/nvmet/hosts/" + first_host.nqn + "/dhchap_key"), key);
    told += read_text(mountpoint + "/log") + get("toto", "status") + get("toto", "plan");
    EXPECT_THAT(told, HasSubstr("dhchap_key"));
    EXPECT_THAT(told, Not(HasSubstr("AAECAwQF")));
    EXPECT_THAT(told, Not(HasSubstr("YWFhYWFh")));
  }
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
