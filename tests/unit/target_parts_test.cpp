// A part of a target is as good as the whole for whether there is something to do.
#include <gtest/gtest.h>

#include <array>

#include "nvmeofs/mapping.h"
#include "random_target.h"

namespace nvmeofs {
namespace {

constexpr unsigned rounds = 400;

// Of any of the exports of two targets: as it is, disabled, and with other hosts or addresses.
std::vector<Export> exports_of(const Target& there, const Target& elsewhere) {
  std::vector<Export> all;
  for (const Target* target : {&there, &elsewhere})
    for (const auto& [nqn, subsystem] : target->subsystems) {
      Export wanted = recognise(*target, Nqn::of_kernel(nqn), {});
      all.push_back(wanted);
      Export closed = wanted;
      closed.hosts = {};
      all.push_back(closed);
      Export moved = wanted;
      if (!moved.addresses.empty()) moved.addresses.pop_back();
      all.push_back(moved);
      wanted.enabled = false;
      all.push_back(wanted);
    }
  all.push_back({.name = Nqn::parse("draft").value()});
  return all;
}

// Everything, half of it, nothing.
Shared ours_of(const Target& target, unsigned part) {
  Shared ours;
  unsigned number = 0;
  for (const auto& [id, port] : target.ports)
    if (++number % 2 < part) ours.ports.insert(id);
  for (const auto& [nqn, host] : target.hosts)
    if (++number % 2 < part) ours.hosts.insert(nqn);
  return ours;
}

TEST(TargetParts, SayOfEachExportWhatTheWholeSays) {
  std::array<unsigned, 2> outcomes{};
  for (unsigned seed = 0; seed < rounds; ++seed) {
    RandomTarget random(seed);
    const Target there = random.make();
    const Target elsewhere = random.make();
    for (const unsigned part : {0U, 1U, 2U}) {
      const Shared ours = ours_of(there, part);
      const TargetParts parts(there, ours);
      for (const Export& wanted : exports_of(there, elsewhere)) {
        const bool same = plan_to(there, wanted, ours).empty();
        EXPECT_EQ(plan_to(parts.of(wanted), wanted, ours).empty(), same)
            << "seed " << seed << ", " << wanted.name.str();
        ++outcomes.at(same ? 1 : 0);
      }
    }
  }
  EXPECT_GT(outcomes[0], rounds);
  EXPECT_GT(outcomes[1], rounds);
}

TEST(TargetParts, LeaveOutWhatOthersServe) {
  Target target;
  for (unsigned seed = 0; target.subsystems.size() < 2; ++seed) target = RandomTarget(seed).make();
  const Shared ours;
  const Export wanted =
      recognise(target, Nqn::of_kernel(target.subsystems.begin()->first), KernelAttributes{});
  const Target part = TargetParts(target, ours).of(wanted);
  EXPECT_FALSE(part.subsystems.contains(target.subsystems.rbegin()->first));
}

}  // namespace
}  // namespace nvmeofs
