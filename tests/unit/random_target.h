// Random states of a small machine, all of which the kernel can be in.
#pragma once

#include <random>

#include "nvmeofs/mapping.h"
#include "sim/machine.h"

namespace nvmeofs {

// Four disks and four addresses that do not clash.
SimMachine small_machine();

class RandomTarget {
 public:
  explicit RandomTarget(unsigned seed) : random_(seed) {}

  // Up to four exports, enabled or not, over shared ports and hosts.
  Target make();
  // Enabled or not.
  Export random_export(const std::string& name);

 private:
  bool flip() { return random_() % 2 == 0; }

  std::mt19937 random_;
};

}  // namespace nvmeofs
