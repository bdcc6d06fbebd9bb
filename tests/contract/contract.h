// The fixture of the contract suite: single kernel operations, what they answer, and a kernel that
// is as empty after each test as it was before.
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <memory>
#include <string>
#include <vector>

#include "nvmeofs/backend.h"
#include "world.h"

namespace nvmeofs::contract {

// What an operation said: 0 or an errno, which is compared with one and printed by name.
struct Answer {
  int errnum = 0;
  bool operator==(int other) const { return errnum == other; }
};
void PrintTo(const Answer& answer, std::ostream* out);

constexpr int done = 0;

class Contract : public testing::Test {
 protected:
  void SetUp() override;
  // Takes back what the test made, newest first. Each of that must be allowed, and nothing be left.
  void TearDown() override;

  // One operation; paths are relative to nvmet's root.
  Answer mkdir(const std::string& path);
  Answer rmdir(const std::string& path);
  Answer write(const std::string& path, const std::string& value);
  Answer link(const std::string& target, const std::string& path);
  Answer unlink(const std::string& path);

  // Things that a test starts from; a refusal fails it.
  void given_subsystem(const std::string& nqn);
  void given_namespace(const std::string& nqn, const std::string& nsid);
  void given_enabled_namespace(const std::string& nqn, const std::string& nsid);
  void given_host(const std::string& host_nqn);
  void given_port(const std::string& id, const TransportAddress& address);
  void given_linked_port(const std::string& id, const TransportAddress& address,
                         const std::string& nqn);

  Answer link_port(const std::string& id, const std::string& nqn);
  Answer unlink_port(const std::string& id, const std::string& nqn);
  // A port with this address is made and linked to the subsystem: what the link answers.
  Answer listen(const std::string& id, const TransportAddress& address, const std::string& nqn);

  TransportAddress tcp(const std::string& traddr, std::uint16_t trsvcid = 4420) const;
  TransportAddress rdma(const std::string& traddr, std::uint16_t trsvcid = 4420) const;

  Target observe();
  // As observed; empty when it is not there.
  std::string subsystem_attribute(const std::string& nqn, const std::string& name);
  std::string namespace_attribute(const std::string& nqn, const std::string& nsid,
                                  const std::string& name);
  bool is_enabled(const std::string& nqn, const std::string& nsid);

  World& world() { return *world_; }
  Backend& backend() { return world_->backend(); }

 private:
  Answer perform(Verb verb, const std::string& path, const std::string& value = {});

  std::unique_ptr<World> world_;
  std::vector<Step> undo_;
};

}  // namespace nvmeofs::contract
