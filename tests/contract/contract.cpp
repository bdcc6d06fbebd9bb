#include "contract.h"

#include <algorithm>
#include <ostream>

namespace nvmeofs::contract {

void PrintTo(const Answer& answer, std::ostream* out) {
  *out << (answer.errnum == 0 ? "done" : errno_name(answer.errnum));
}

void Contract::SetUp() {
  world_ = make_world();
  ASSERT_EQ(observe(), Target{})
      << "the kernel's target is not empty; the suite wants it for itself";
}

void Contract::TearDown() {
  world_->disconnect();
  while (!undo_.empty()) {
    const Step step = undo_.back();
    undo_.pop_back();
    EXPECT_EQ(perform(step.verb, step.path), done) << step.path;
  }
  EXPECT_EQ(observe(), Target{}) << "the test left something behind";
}

Answer Contract::perform(Verb verb, const std::string& path, const std::string& value) {
  const auto performed = backend().perform({verb, path, value, "contract"});
  if (performed) return {};
  EXPECT_EQ(performed.error().reason, Reason::kernel_refused) << performed.error().message;
  return {performed.error().errnum};
}

Answer Contract::mkdir(const std::string& path) {
  const Answer answer = perform(Verb::make_item, path);
  if (answer == done) undo_.push_back({Verb::remove_item, path, {}, {}});
  return answer;
}

Answer Contract::rmdir(const std::string& path) {
  const Answer answer = perform(Verb::remove_item, path);
  if (answer == done) std::erase(undo_, Step{Verb::remove_item, path, {}, {}});
  return answer;
}

Answer Contract::write(const std::string& path, const std::string& value) {
  return perform(Verb::set_attribute, path, value);
}

Answer Contract::link(const std::string& target, const std::string& path) {
  const Answer answer = perform(Verb::make_link, path, target);
  if (answer == done) undo_.push_back({Verb::remove_link, path, {}, {}});
  return answer;
}

Answer Contract::unlink(const std::string& path) {
  const Answer answer = perform(Verb::remove_link, path);
  if (answer == done) std::erase(undo_, Step{Verb::remove_link, path, {}, {}});
  return answer;
}

void Contract::given_subsystem(const std::string& nqn) {
  ASSERT_EQ(mkdir("subsystems/" + nqn), done);
}

void Contract::given_namespace(const std::string& nqn, const std::string& nsid) {
  const std::string path = "subsystems/" + nqn + "/namespaces/" + nsid;
  ASSERT_EQ(mkdir(path), done);
  ASSERT_EQ(write(path + "/device_path", world().device), done);
}

void Contract::given_enabled_namespace(const std::string& nqn, const std::string& nsid) {
  ASSERT_NO_FATAL_FAILURE(given_namespace(nqn, nsid));
  ASSERT_EQ(write("subsystems/" + nqn + "/namespaces/" + nsid + "/enable", "1"), done);
}

void Contract::given_host(const std::string& host_nqn) {
  ASSERT_EQ(mkdir("hosts/" + host_nqn), done);
}

void Contract::given_port(const std::string& id, const TransportAddress& address) {
  const std::string path = "ports/" + id;
  ASSERT_EQ(mkdir(path), done);
  ASSERT_EQ(write(path + "/addr_trtype", std::string(to_string(address.trtype))), done);
  ASSERT_EQ(write(path + "/addr_adrfam", std::string(to_string(address.adrfam))), done);
  ASSERT_EQ(write(path + "/addr_traddr", address.traddr), done);
  ASSERT_EQ(write(path + "/addr_trsvcid", std::to_string(address.trsvcid)), done);
}

void Contract::given_linked_port(const std::string& id, const TransportAddress& address,
                                 const std::string& nqn) {
  ASSERT_NO_FATAL_FAILURE(given_port(id, address));
  ASSERT_EQ(link_port(id, nqn), done);
}

Answer Contract::link_port(const std::string& id, const std::string& nqn) {
  return link("subsystems/" + nqn, "ports/" + id + "/subsystems/" + nqn);
}

Answer Contract::unlink_port(const std::string& id, const std::string& nqn) {
  return unlink("ports/" + id + "/subsystems/" + nqn);
}

Answer Contract::listen(const std::string& id, const TransportAddress& address,
                        const std::string& nqn) {
  given_port(id, address);
  return link_port(id, nqn);
}

TransportAddress Contract::tcp(const std::string& traddr, std::uint16_t trsvcid) const {
  const bool ipv6 = traddr.find(':') != std::string::npos;
  return {Trtype::tcp, ipv6 ? Adrfam::ipv6 : Adrfam::ipv4, traddr, trsvcid};
}

TransportAddress Contract::rdma(const std::string& traddr, std::uint16_t trsvcid) const {
  TransportAddress address = tcp(traddr, trsvcid);
  address.trtype = Trtype::rdma;
  return address;
}

Target Contract::observe() {
  const auto observed = backend().observe();
  if (!observed) {
    ADD_FAILURE() << observed.error().message;
    return {};
  }
  return *observed;
}

std::string Contract::subsystem_attribute(const std::string& nqn, const std::string& name) {
  return attribute(observe().subsystems[nqn].attributes, name);
}

std::string Contract::namespace_attribute(const std::string& nqn, const std::string& nsid,
                                          const std::string& name) {
  return attribute(observe().subsystems[nqn].namespaces[nsid].attributes, name);
}

bool Contract::is_enabled(const std::string& nqn, const std::string& nsid) {
  return observe().subsystems[nqn].namespaces[nsid].enabled;
}

}  // namespace nvmeofs::contract
