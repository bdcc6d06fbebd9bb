// Who is connected, asked of a real kernel: in a guest of scripts/vm, as root, after
// scripts/vm-fabric. Exports are made by hand, hosts come in with nvme-cli.

#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <string>
#include <thread>
#include <vector>

#include "sessions/kernel_sessions.h"

namespace nvmeofs {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

const std::string root = "/sys/kernel/config/nvmet/";
const std::string near = "192.168.1.32";  // what the guest's own connections come from

void must(bool done, const std::string& what) {
  if (!done) throw std::runtime_error(what + ": " + std::strerror(errno));
}

void run(const std::string& command) {
  if (std::system((command + " >/dev/null").c_str()) != 0) {
    throw std::runtime_error("failed: " + command);
  }
}

template <class Condition>
bool eventually(Condition condition, std::chrono::seconds limit = std::chrono::seconds(20)) {
  using Clock = std::chrono::steady_clock;
  for (const auto end = Clock::now() + limit; Clock::now() < end;) {
    if (condition()) return true;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  return false;
}

// nvmet as a person at a root shell would fill it, and the same as a value. Empty again at the end.
class Nvmet {
 public:
  ~Nvmet() {
    EXPECT_EQ(std::system("nvme disconnect-all >/dev/null 2>&1"), 0);
    for (const auto& [link, item] : links_) ::unlink(link.c_str());
    for (auto folder = folders_.rbegin(); folder != folders_.rend(); ++folder) {
      if (::rmdir(folder->c_str()) != 0) ADD_FAILURE() << *folder << " is left";
    }
  }

  void subsystem(const std::string& nqn) {
    make(root + "subsystems/" + nqn);
    write(root + "subsystems/" + nqn + "/attr_allow_any_host", "1");
    target.subsystems[nqn];
  }

  void port(const std::string& id, const TransportAddress& address) {
    Port port;
    port.attributes = {{"addr_trtype", std::string(to_string(address.trtype))},
                       {"addr_adrfam", std::string(to_string(address.adrfam))},
                       {"addr_traddr", address.traddr},
                       {"addr_trsvcid", std::to_string(address.trsvcid)}};
    make(root + "ports/" + id);
    for (const auto* name : {"addr_trtype", "addr_adrfam", "addr_traddr", "addr_trsvcid"}) {
      write(root + "ports/" + id + "/" + name, port.attributes[name]);
    }
    target.ports[id] = port;
  }

  void link(const std::string& id, const std::string& nqn) {
    const auto link = root + "ports/" + id + "/subsystems/" + nqn;
    must(::symlink((root + "subsystems/" + nqn).c_str(), link.c_str()) == 0, link);
    links_.emplace_back(link, nqn);
    target.ports[id].subsystems[nqn] = nqn;
  }

  void unlink(const std::string& id, const std::string& nqn) {
    const auto link = root + "ports/" + id + "/subsystems/" + nqn;
    must(::unlink(link.c_str()) == 0, link);
    std::erase_if(links_, [&](const auto& known) { return known.first == link; });
    target.ports[id].subsystems.erase(nqn);
  }

  Target target;

 private:
  void make(const std::string& folder) {
    must(::mkdir(folder.c_str(), 0755) == 0, folder);
    folders_.push_back(folder);
  }

  static void write(const std::string& file, const std::string& value) {
    const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    must(fd >= 0, file);
    const auto size = ::write(fd, value.data(), value.size());
    ::close(fd);
    must(size == static_cast<ssize_t>(value.size()), file + " = " + value);
  }

  std::vector<std::string> folders_;
  std::vector<std::pair<std::string, std::string>> links_;
};

std::string host_nqn(int host) {
  return fmt::format("nqn.2014-08.org.nvmexpress:host{}", host);
}

std::string host_options(int host) {
  return fmt::format(" -q {} -I 11111111-1111-1111-1111-{:012}", host_nqn(host), host);
}

auto client(int host, Certainty certainty) {
  return AllOf(Field(&Client::peer, near), Field(&Client::host_nqn, host_nqn(host)),
               Field(&Client::certainty, certainty), Field(&Client::source, "kernel log"));
}

void load_nvmet() {
  run("modprobe -a nvmet nvmet-tcp nvmet-rdma nvmet-fc");
  if (::mount("configfs", "/sys/kernel/config", "configfs", 0, nullptr) != 0) {
    must(errno == EBUSY, "mount configfs");
  }
}

class SessionsVm : public testing::TestWithParam<Trtype> {
 protected:
  static void SetUpTestSuite() { load_nvmet(); }

  TransportAddress address(const std::string& traddr = near, std::uint16_t trsvcid = 4420) const {
    auto host = traddr.find(':') == std::string::npos ? traddr : "[" + traddr + "]";
    return *TransportAddress::parse(fmt::format("{}:{}", host, trsvcid), GetParam());
  }

  std::string way(const std::string& traddr = near, std::uint16_t trsvcid = 4420) const {
    return fmt::format(" -t {} -a {} -s {}", to_string(GetParam()), traddr, trsvcid);
  }

  void connect(const std::string& nqn, int host = 1) const {
    run("nvme connect" + way() + " -n " + nqn + host_options(host));
  }

  static void disconnect(const std::string& nqn) { run("nvme disconnect -n " + nqn); }

  // On one port, all of them.
  void serve(const std::vector<std::string>& nqns) {
    nvmet.port("1", address());
    for (const auto& nqn : nqns) {
      nvmet.subsystem(nqn);
      nvmet.link("1", nqn);
    }
  }

  static std::vector<Client> clients(KernelSessions& sessions, const Target& target,
                                     const std::string& nqn) {
    const auto clients = sessions.clients(target, nqn);
    if (!clients) throw std::runtime_error(clients.error().message);
    return *clients;
  }
  // The wire between host and target, which the guest's own addresses do not have. RDMA finds its
  // way inside of rxe, past this.
  class Wire {
   public:
    Wire() { run("tc qdisc add dev lo root netem delay 20ms"); }
    ~Wire() { EXPECT_EQ(std::system("tc qdisc del dev lo root"), 0); }
    Wire(const Wire&) = delete;
    Wire& operator=(const Wire&) = delete;
  };

  // One of two comes to a and the other to b, and one of them goes. Told apart by when connections
  // were first seen, which on a busy machine may be too late: then a client of one is likely one of
  // the other too, and stays. An emulated machine is busy, and its hosts are so near that a look at
  // the tables takes as long as their way from the line to the I/O queues. Nobody who is there is
  // ever left out, and one of a few rounds is told apart.
  struct Two {
    std::string goes;
    std::string stays;
    int host_of_b = 1;
  };
  void check_told_apart(const Two& two) {
    const testing::Matcher<std::vector<Client>> sure =
        ElementsAre(client(two.stays == "b" ? two.host_of_b : 1, Certainty::sure));
    const testing::Matcher<std::vector<Client>> somebody = Not(IsEmpty());
    const Wire wire;
    bool told = false;
    for (int round = 0; round < 12 && !told; ++round) {
      connect("a", 1);
      connect("b", two.host_of_b);
      EXPECT_THAT(clients("a"), Not(IsEmpty()));
      EXPECT_THAT(clients("b"), Not(IsEmpty()));
      disconnect(two.goes);
      told = eventually([&] { return clients(two.goes).empty(); }, std::chrono::seconds(5));
      EXPECT_THAT(clients(two.stays), told ? sure : somebody);
      disconnect(two.stays);
      EXPECT_TRUE(eventually([&] { return clients("a").empty() && clients("b").empty(); }));
    }
    EXPECT_TRUE(told) << two.goes;
  }

  std::vector<Client> clients(const std::string& nqn) {
    return clients(sessions, nvmet.target, nqn);
  }

  Nvmet nvmet;
  KernelSessions sessions;
};

TEST_P(SessionsVm, FindsNobody) {
  serve({"a"});
  EXPECT_THAT(clients("a"), IsEmpty());
}

TEST_P(SessionsVm, FindsAHostUntilItLeaves) {
  serve({"a"});
  connect("a");
  EXPECT_THAT(clients("a"), ElementsAre(client(1, Certainty::sure)));
  EXPECT_EQ(clients("a").front().address, address());
  disconnect("a");
  EXPECT_TRUE(eventually([&] { return clients("a").empty(); }));
}

TEST_P(SessionsVm, CountsAHostForItsSubsystemAlone) {
  serve({"a", "b"});
  connect("b");
  EXPECT_THAT(clients("a"), IsEmpty());
  EXPECT_THAT(clients("b"), ElementsAre(client(1, Certainty::sure)));
}

TEST_P(SessionsVm, TellsTwoSubsystemsOfOneHostApart) {
  serve({"a", "b"});
  check_told_apart({.goes = "a", .stays = "b"});
  check_told_apart({.goes = "b", .stays = "a"});
}

TEST_P(SessionsVm, TellsTwoHostsBehindOneAddressApart) {
  serve({"a", "b"});
  check_told_apart({.goes = "b", .stays = "a", .host_of_b = 2});
}

TEST_P(SessionsVm, DoesNotCountDiscovery) {
  serve({"a", "b"});
  run("nvme discover -p" + way() + host_options(1));
  EXPECT_THAT(clients("a"), IsEmpty());
  EXPECT_THAT(clients("b"), IsEmpty());
  connect("a");
  EXPECT_THAT(clients("a"), SizeIs(1));
  EXPECT_THAT(clients("b"), IsEmpty());
}

TEST_P(SessionsVm, FindsWhoConnectedBeforeItStarted) {
  serve({"a", "b"});
  connect("a");
  KernelSessions late;
  EXPECT_THAT(clients(late, nvmet.target, "a"), SizeIs(1));
}

TEST_P(SessionsVm, FindsTheHostsOfAWildcardPort) {
  nvmet.port("1", address("0.0.0.0"));
  nvmet.port("2", address("::", 4421));
  for (const auto* nqn : {"a", "b"}) nvmet.subsystem(nqn);
  nvmet.link("1", "a");
  nvmet.link("2", "b");
  connect("a");
  EXPECT_THAT(clients("a"), ElementsAre(client(1, Certainty::sure)));
  EXPECT_EQ(clients("a").front().address, address());
  EXPECT_THAT(clients("b"), IsEmpty());
  EXPECT_TRUE(sessions.listening(address("0.0.0.0")).value());
  EXPECT_TRUE(sessions.listening(address("::", 4421)).value());
}

TEST_P(SessionsVm, LosesNoneOfManyThatComeAtOnce) {
  serve({"a", "b", "c", "d"});
  std::string all;
  int host = 0;
  for (const auto* nqn : {"a", "b", "c", "d"}) {
    all += "nvme connect" + way() + " -n " + nqn + host_options(++host) + " & ";
  }
  run("{ " + all + "wait; }");
  for (const auto* nqn : {"a", "b", "c", "d"}) {
    EXPECT_TRUE(eventually([&] { return !clients(nqn).empty(); })) << nqn;
  }
  disconnect("c");
  for (const auto* nqn : {"a", "b", "d"}) EXPECT_THAT(clients(nqn), Not(IsEmpty())) << nqn;
  for (const auto* nqn : {"a", "b", "d"}) disconnect(nqn);
  for (const auto* nqn : {"a", "b", "c", "d"}) {
    EXPECT_TRUE(eventually([&] { return clients(nqn).empty(); })) << nqn;
  }
}

TEST_P(SessionsVm, KnowsAListenerFromAPortThatListensNoMore) {
  serve({"a"});
  EXPECT_TRUE(sessions.listening(address()).value());
  EXPECT_FALSE(sessions.listening(address(near, 4421)).value());
  EXPECT_FALSE(sessions.listening(address("192.168.1.33")).value());
  nvmet.unlink("1", "a");
  EXPECT_TRUE(eventually([&] { return !sessions.listening(address()).value(); }));
}

TEST_P(SessionsVm, IsCarefulWithoutALog) {
  KernelSessions::Paths paths;
  paths.kmsg = "/does/not/exist";
  KernelSessions deaf(paths);
  serve({"a", "b"});
  EXPECT_THAT(clients(deaf, nvmet.target, "a"), IsEmpty());
  connect("a");
  for (const auto* nqn : {"a", "b"}) {
    EXPECT_THAT(clients(deaf, nvmet.target, nqn),
                ElementsAre(Field(&Client::certainty, Certainty::likely)));
  }
}

// The ports that nvme-fcloop makes of both ends, where the kernel has it.
class FcLoop {
 public:
  FcLoop() : there(std::system("modprobe -q nvme-fcloop") == 0) {
    if (!there) return;
    control("add_target_port", target);
    control("add_local_port", host);
    control("add_remote_port",
            target + ",lpwwnn=0x10001100ab000001,lpwwpn=0x20001100ab000001,roles=0x60");
  }
  ~FcLoop() {
    if (!there) return;
    // 6.12 forgets it with the host's end.
    control("del_target_port", target);
    control("del_remote_port", target);
    control("del_local_port", host);
    EXPECT_EQ(std::system("modprobe -r nvme-fcloop"), 0);
  }
  FcLoop(const FcLoop&) = delete;
  FcLoop& operator=(const FcLoop&) = delete;

  const bool there;
  const std::string target_traddr = "nn-0x10001100aa000001:pn-0x20001100aa000001";
  const std::string host_traddr = "nn-0x10001100ab000001:pn-0x20001100ab000001";

 private:
  static void control(const std::string& what, const std::string& names) {
    run("{ echo " + names + " > /sys/class/fcloop/ctl/" + what + "; }");
  }

  const std::string target = "wwnn=0x10001100aa000001,wwpn=0x20001100aa000001";
  const std::string host = "wwnn=0x10001100ab000001,wwpn=0x20001100ab000001";
};

// By the kernel's log alone, as with an adapter: the host's own controllers are not looked at.
TEST(FcSessionsVm, AreThoseThatTheLogSays) {
  load_nvmet();
  const FcLoop fc;
  const auto address = TransportAddress::from_port("fc", "fc", fc.target_traddr, "").value();
  KernelSessions::Paths paths;
  paths.controllers = "/does/not/exist";
  KernelSessions sessions(paths);
  EXPECT_EQ(sessions.listening(address).value(), fc.there);
  if (!fc.there) return;

  Nvmet nvmet;
  nvmet.port("1", address);
  for (const auto* nqn : {"a", "b"}) {
    nvmet.subsystem(nqn);
    nvmet.link("1", nqn);
  }
  const auto clients = [&](const char* nqn) { return sessions.clients(nvmet.target, nqn).value(); };
  const auto known = [](int host) {
    return AllOf(Field(&Client::host_nqn, host_nqn(host)),
                 Field(&Client::certainty, Certainty::sure), Field(&Client::source, "kernel log"));
  };
  const std::string way = " -t fc -a " + fc.target_traddr + " -w " + fc.host_traddr;
  EXPECT_THAT(clients("a"), IsEmpty());
  run("nvme discover" + way + host_options(1));
  EXPECT_TRUE(eventually([&] { return clients("a").empty(); }));
  run("nvme connect" + way + " -n a" + host_options(1));
  EXPECT_TRUE(eventually([&] { return clients("a").size() == 1; }));
  EXPECT_EQ(clients("a").front().host_nqn, host_nqn(1));
  EXPECT_EQ(clients("a").front().address, address);
  EXPECT_THAT(clients("b"), IsEmpty());
  KernelSessions late(paths);
  EXPECT_EQ(late.clients(nvmet.target, "a").value().size(), 1U);
  run("nvme disconnect -n a");
  EXPECT_TRUE(eventually([&] { return clients("a").empty(); }));
  EXPECT_TRUE(late.clients(nvmet.target, "a").value().empty());

  // What discovery left behind is over by now, and a new host is told for sure.
  EXPECT_TRUE(eventually([&] {
    run("nvme connect" + way + " -n b" + host_options(2));
    const auto found = clients("b");
    run("nvme disconnect -n b");
    return testing::Matches(ElementsAre(known(2)))(found);
  }));
  EXPECT_TRUE(eventually([&] { return clients("b").empty(); }));
}

INSTANTIATE_TEST_SUITE_P(, SessionsVm, testing::Values(Trtype::tcp, Trtype::rdma),
                         [](const auto& test) { return std::string(to_string(test.param)); });

}  // namespace
}  // namespace nvmeofs
