#include "scsi_disk.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <stdexcept>

#include "../support/wait_until.h"
#include "../unit/probe_support.h"

namespace nvmeofs::test {
namespace {

namespace fs = std::filesystem;

constexpr const char* folder = "/sys/devices/pseudo_0/adapter0";

// The disk's folder in sysfs, …/target0:0:0/0:0:0:0; empty: there is none.
fs::path scsi_device() {
  std::error_code none;
  for (fs::recursive_directory_iterator entry(folder, none), end; !none && entry != end;
       entry.increment(none)) {
    if (entry->path().filename() == "block") return entry->path().parent_path();
  }
  return {};
}

void wait_for_node() {
  const auto is_there = [] { return !ScsiDisk::node().empty(); };
  if (!wait_until(is_there)) throw std::runtime_error("scsi_debug's disk does not come");
  run("udevadm settle");
}

}  // namespace

ScsiDisk::ScsiDisk() {
  run("modprobe scsi_debug dev_size_mb=64");
  wait_for_node();
}

ScsiDisk::~ScsiDisk() {
  EXPECT_NO_THROW(run("udevadm settle && modprobe -r scsi_debug"));
}

std::string ScsiDisk::node() {
  const fs::path device = scsi_device();
  std::error_code none;
  for (const auto& entry : fs::directory_iterator(device / "block", none)) {
    const fs::path path = "/dev" / entry.path().filename();
    if (fs::exists(path)) return path;
  }
  return "";
}

void ScsiDisk::pull_out() {
  run("echo 1 >" + (scsi_device() / "delete").string());
}

void ScsiDisk::plug_in() {
  run("for scan in " + std::string(folder) +
      "/host*/scsi_host/host*/scan; do echo '- - -' >$scan; done");
  wait_for_node();
}

void ScsiDisk::grow_to_a_gibibyte() {
  run("echo 1 >/sys/bus/pseudo/drivers/scsi_debug/virtual_gb");
  run("echo 1 >" + (scsi_device() / "rescan").string());
}

}  // namespace nvmeofs::test
