// Programs that read and write files in their own ways.
#include <gmock/gmock.h>

#include "support/mount_fixture.h"

namespace nvmeofs {
namespace {

class Tools : public MountFixture {
 protected:
  void SetUp() override {
    MountFixture::SetUp();
    make_export();
  }
  std::string outside(const std::string& name) const { return directory_ / name; }
};

// Values only: reports may change between two looks at them.
constexpr auto compare =
    "for f in device address enabled hosts; do cmp exports/toto/$f $COPY/$f || exit 1; done";

TEST_F(Tools, CpCopiesAnExportOut) {
  const Outcome outcome = sh("cp -r exports/toto $COPY && " + std::string(compare),
                             {.environment = {{"COPY", outside("copy")}}});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(Tools, TarStoresExactlyWhatIsThere) {
  const Outcome outcome =
      sh("mkdir $COPY && tar -C exports/toto -cf - device address enabled hosts status "
         "| tar -C $COPY -xf - && cmp exports/toto/status $COPY/status && " +
             std::string(compare),
         {.environment = {{"COPY", outside("copy")}}});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(Tools, RsyncCopiesAnExportOut) {
  const Outcome outcome = sh("rsync -a exports/toto/ $COPY/ && " + std::string(compare),
                             {.environment = {{"COPY", outside("copy")}}});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
}

TEST_F(Tools, RsyncCopiesValuesInInPlace) {
  const Outcome outcome =
      sh("mkdir exports/other && mkdir $COPY && echo /dev/sdb > $COPY/device && "
         "rsync --inplace --ignore-times $COPY/device exports/other/device && cat "
         "exports/other/device",
         {.environment = {{"COPY", outside("copy")}}});
  EXPECT_EQ(outcome.out, "/dev/sdb\n") << outcome.err << read("log");
}

TEST_F(Tools, CpCopiesAValueIn) {
  EXPECT_EQ(sh("mkdir exports/other && cp exports/toto/address exports/other/address && "
               "cat exports/other/address")
                .out,
            "rdma://192.168.1.32:4420\n");
}

TEST_F(Tools, CpOfAWholeExportMakesAnotherDraft) {
  const Outcome outcome =
      sh("cp -r exports/toto $COPY && echo /dev/sdb > $COPY/device && mkdir exports/other && "
         "for f in device address hosts; do cp $COPY/$f exports/other/$f || exit 1; done; "
         "cat exports/other/device exports/other/address",
         {.environment = {{"COPY", outside("copy")}}});
  EXPECT_EQ(outcome.out, "/dev/sdb\nrdma://192.168.1.32:4420\n") << outcome.err;
}

TEST_F(Tools, TeeWritesAndAdds) {
  EXPECT_EQ(sh("echo /dev/sdb | tee exports/toto/device").status, 0);
  EXPECT_EQ(read("exports/toto/device"), "/dev/sdb\n");
  EXPECT_EQ(sh("echo tcp://10.0.0.5 | tee -a exports/toto/address").status, 0);
  EXPECT_EQ(read("exports/toto/address"), "rdma://192.168.1.32:4420\ntcp://10.0.0.5:4420\n");
  EXPECT_NE(sh("echo /dev/sda | tee exports/toto/device").status, 0);
}

TEST_F(Tools, DdWritesInOnePieceOnly) {
  EXPECT_EQ(sh("echo /dev/sdb | dd of=exports/toto/device status=none").status, 0);
  EXPECT_EQ(read("exports/toto/device"), "/dev/sdb\n");
  EXPECT_NE(sh("echo /dev/nvme1n1 | dd of=exports/toto/device bs=1 status=none").status, 0);
  EXPECT_EQ(read("exports/toto/device"), "/dev/sdb\n");
}

TEST_F(Tools, DdSyncsWithoutAnError) {
  EXPECT_EQ(sh("echo /dev/sdb | dd of=exports/toto/device conv=fsync status=none").status, 0);
}

TEST_F(Tools, PythonWritesAndReads) {
  const Outcome outcome = sh(R"(/usr/bin/python3 - <<'END'
with open('exports/toto/device', 'w') as f:
    f.write('/dev/sdb\n')
print(open('exports/toto/device').read(), end='')
try:
    with open('exports/toto/device', 'w') as f:
        f.write('/dev/sda\n')
except OSError as error:
    print(error.strerror)
END
)");
  EXPECT_EQ(outcome.out, "/dev/sdb\nDevice or resource busy\n") << outcome.err;
}

TEST_F(Tools, PythonIsRefusedAWriteBehindWhatItRead) {
  const Outcome outcome = sh(R"(/usr/bin/python3 - <<'END'
import os
fd = os.open('exports/toto/device', os.O_RDWR)
print(os.read(fd, 100).decode(), end='')
try:
    os.write(fd, b'/dev/sdb\n')
except OSError as error:
    print(error.strerror)
END
)");
  EXPECT_EQ(outcome.out, "/dev/nvme0n1\nInvalid argument\n") << outcome.err;
}

TEST_F(Tools, SedInPlaceIsRefusedAndChangesNothing) {
  const Outcome outcome = sh("sed -i s/nvme0/nvme1/ exports/toto/device");
  EXPECT_NE(outcome.status, 0);
  EXPECT_EQ(read("exports/toto/device"), "/dev/nvme0n1\n");
}

// Vim writes in place when it cannot make a file beside; its swap file cannot be made, as it says.
TEST_F(Tools, VimWritesInPlace) {
  const Outcome outcome =
      sh("vim.tiny -u NONE -n -es -c 's/nvme0n1/sdb/' -c wq exports/toto/device < /dev/null");
  EXPECT_EQ(outcome.status, 0) << outcome.out << outcome.err;
  EXPECT_EQ(read("exports/toto/device"), "/dev/sdb\n");
}

TEST_F(Tools, TouchChangesNothing) {
  EXPECT_EQ(sh("touch exports/toto/device && touch -d 2001-01-01 exports/toto/device").status, 0);
  EXPECT_EQ(read("exports/toto/device"), "/dev/nvme0n1\n");
}

TEST_F(Tools, TruncateChangesNothing) {
  EXPECT_EQ(sh("truncate -s 0 exports/toto/device").status, 0);
  EXPECT_EQ(read("exports/toto/device"), "/dev/nvme0n1\n");
}

TEST_F(Tools, RmDoesNotTakeAnExportApart) {
  EXPECT_NE(sh("rm -rf exports/toto").status, 0);
  EXPECT_EQ(read("exports/toto/device"), "/dev/nvme0n1\n");
}

TEST_F(Tools, DuCountsTheBytesOfTheTexts) {
  EXPECT_EQ(sh("du -b exports/toto/device").out, "13\texports/toto/device\n");
}

TEST_F(Tools, GrepFindsAcrossExports) {
  EXPECT_EQ(sh("grep -rl nvme0n1 exports/*/device").out, "exports/toto/device\n");
}

TEST_F(Tools, LsShowsModesAndExactSizes) {
  EXPECT_EQ(sh("stat -c '%A %U %G %h %s' exports/toto/device exports/toto/status exports").out,
            "-rw-r--r-- root root 1 13\n-r--r--r-- root root 1 19\ndrwxr-xr-x root root 3 0\n");
}

TEST_F(Tools, GetfattrFindsNothing) {
  const Outcome outcome = sh("getfattr -d -m - exports/toto/device");
  EXPECT_EQ(outcome.out, "");
}

}  // namespace
}  // namespace nvmeofs
