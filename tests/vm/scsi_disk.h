// A SCSI disk that can be pulled out and found again: the kernel's own test driver, scsi_debug.
#pragma once

#include <string>

namespace nvmeofs::test {

class ScsiDisk {
 public:
  ScsiDisk();
  ~ScsiDisk();
  ScsiDisk(const ScsiDisk&) = delete;
  ScsiDisk& operator=(const ScsiDisk&) = delete;

  // Its node by now, "/dev/sda"; empty while it is out.
  static std::string node();

  static void pull_out();
  // Under another name when somebody still has the old one open.
  static void plug_in();
  static void grow_to_a_gibibyte();
};

}  // namespace nvmeofs::test
