#include "support/mount_fixture.h"

#include <gmock/gmock.h>
#include <libmount/libmount.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <string_view>

#include "support/wait_until.h"

namespace nvmeofs {
namespace {

struct Unref {
  void operator()(libmnt_table* table) const { mnt_unref_table(table); }
  void operator()(libmnt_iter* iterator) const { mnt_free_iter(iterator); }
};

}  // namespace

int mounts_on(const std::string& path) {
  const std::unique_ptr<libmnt_table, Unref> table(mnt_new_table_from_file("/proc/self/mountinfo"));
  const std::unique_ptr<libmnt_iter, Unref> iterator(mnt_new_iter(MNT_ITER_FORWARD));
  libmnt_fs* fs = nullptr;
  int count = 0;
  while (mnt_table_next_fs(table.get(), iterator.get(), &fs) == 0) {
    if (std::string_view(mnt_fs_get_fstype(fs)) == "fuse.nvmeofs" &&
        std::string_view(mnt_fs_get_target(fs)) == path)
      ++count;
  }
  return count;
}

bool is_mounted(const std::string& path) {
  return mounts_on(path) != 0;
}

std::size_t descriptors_of(pid_t pid) {
  std::error_code error;
  std::size_t count = 0;
  for (std::filesystem::directory_iterator it("/proc/" + std::to_string(pid) + "/fd", error), end;
       !error && it != end; it.increment(error))
    ++count;
  return count;
}

MountFixture::MountFixture(std::string options) : options_(std::move(options)) {
  mountpoint_ = directory_ / "mnt";
}

void MountFixture::SetUp() {
  ASSERT_EQ(::mkdir(mountpoint_.c_str(), 0755), 0);
  Command command{NVMEOFS_PROGRAM, "sim", mountpoint_, "-f"};
  if (!options_.empty()) command.insert(command.end(), {"-o", options_});
  program_ = std::make_unique<Subprocess>(command);
  // The tree and not the mount table: it is answered only after the greeting.
  struct stat st {};
  ASSERT_TRUE(wait_until(
      [&] { return !program_->running() || ::stat(path("exports").c_str(), &st) == 0; }));
  ASSERT_TRUE(program_->running()) << program_->wait().err;
  descriptors_ = descriptors_of(program_->pid());
}

void MountFixture::TearDown() {
  if (program_ != nullptr && program_->running()) {
    // Fewer where the first count still had one of the start in it.
    EXPECT_TRUE(wait_until([&] { return descriptors_of(program_->pid()) <= descriptors_; }))
        << "descriptors: " << descriptors_of(program_->pid()) << ", at first " << descriptors_;
    program_->signal(SIGTERM);
    const Outcome& outcome = program_->wait();
    EXPECT_EQ(outcome.status, 0) << outcome.err;
    EXPECT_THAT(outcome.err, ::testing::Not(::testing::HasSubstr("without an answer")));
  }
  EXPECT_FALSE(is_mounted(mountpoint_));
  while (is_mounted(mountpoint_) && ::umount2(mountpoint_.c_str(), MNT_DETACH) == 0) {
  }
}

Outcome MountFixture::sh(const std::string& script, RunOptions options) const {
  if (options.directory.empty()) options.directory = mountpoint_;
  return bash(script, options);
}

void MountFixture::make_export(const std::string& name, const std::string& device,
                               const std::string& address) const {
  ASSERT_EQ(::mkdir(path("exports/" + name).c_str(), 0755), 0);
  ASSERT_EQ(write("exports/" + name + "/device", device), 0) << read("log");
  ASSERT_EQ(write("exports/" + name + "/address", address), 0) << read("log");
}

}  // namespace nvmeofs
