// The program on a real mount over the simulated kernel.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "support/subprocess.h"
#include "support/temp_dir.h"

namespace nvmeofs {

// Whether something of the type fuse.nvmeofs is mounted on exactly this path.
bool is_mounted(const std::string& path);
// How many such mounts are on it, one above the other.
int mounts_on(const std::string& path);
// Open descriptors of a process.
std::size_t descriptors_of(pid_t pid);

// `nvmeofs sim DIR -f` for the length of a test. Afterwards no mount and no process is left, the
// program has ended well, and it held no descriptor more than at the beginning.
class MountFixture : public ::testing::Test {
 protected:
  explicit MountFixture(std::string options = "");
  void SetUp() override;
  void TearDown() override;

  std::string path(const std::string& name) const { return mountpoint_ + "/" + name; }
  std::string read(const std::string& name) const { return read_file(path(name)); }
  // Of one write(2) with the newline of echo.
  int write(const std::string& name, const std::string& value, int flags = 0) const {
    return write_errno(path(name), value + "\n", flags);
  }
  // In the mounted directory.
  Outcome sh(const std::string& script, RunOptions options = {}) const;
  // An export with a device and an address; the name is that of its directory.
  void make_export(const std::string& name = "toto", const std::string& device = "/dev/nvme0n1",
                   const std::string& address = "192.168.1.32") const;

  TempDir directory_;
  std::string mountpoint_;
  std::unique_ptr<Subprocess> program_;

 private:
  const std::string options_;
  std::size_t descriptors_ = 0;
};

}  // namespace nvmeofs
