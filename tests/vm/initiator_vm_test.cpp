// The kernel's host, driven by KernelInitiator against the kernel's target in the same guest.
#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <future>
#include <thread>
#include <vector>

#include "host.h"
#include "host/kernel_initiator.h"
#include "nvmeofs/fd.h"
#include "nvmet_tree.h"
#include "shell.h"
#include "support/temp_dir.h"

namespace nvmeofs::vm {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::Each;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::StartsWith;
using Clock = std::chrono::steady_clock;

const std::string near = "192.168.1.32";
const std::string secret = "DHHC-1:00:ia6zGodOr4SEG0Zzaw398rpY0wqipUWj4jWjUh4HWUz6aQ2n:";

// What this emulated machine takes for starting a program or two.
constexpr auto slowness = 6s;

// Somebody at a service who takes TCP connections; and says the first word of NVMe/TCP, or none.
class HalfTarget {
 public:
  enum class Says { nothing, icresp };

  HalfTarget(std::uint16_t service, Says says)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    const int on = 1;
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(service);
    ::inet_pton(AF_INET, near.c_str(), &address.sin_addr);
    EXPECT_EQ(::bind(fd_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(::listen(fd_.get(), 16), 0);
    if (says == Says::icresp)
      answers_ = std::jthread([this](const std::stop_token& stop) { answer(stop); });
  }

 private:
  // NVMe/TCP 1.0, 3.6.2.3: type 1, 128 bytes, MAXH2CDATA 128 KiB.
  void answer(const std::stop_token& stop) {
    std::vector<Fd> connections;
    while (!stop.stop_requested()) {
      pollfd wait{fd_.get(), POLLIN, 0};
      if (::poll(&wait, 1, 100) <= 0) continue;
      connections.emplace_back(::accept4(fd_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      std::array<unsigned char, 128> pdu{};
      if (::recv(connections.back().get(), pdu.data(), pdu.size(), MSG_WAITALL) != 128) continue;
      pdu = {1, 0, 128, 0, 128};
      pdu[14] = 2;
      ::send(connections.back().get(), pdu.data(), pdu.size(), MSG_NOSIGNAL);
    }
  }

  Fd fd_;
  std::jthread answers_;
};

class InitiatorVm : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    load_nvmet();
    run("modprobe -a nvmet-tcp nvmet-rdma");
    // A neighbour that is no machine: what is sent there is lost without a word.
    run("ip neigh replace 192.168.1.99 lladdr 02:00:00:00:00:99 dev v0 nud permanent");
  }

  void TearDown() override {
    for (const auto& name : controllers()) EXPECT_TRUE(initiator.disconnect(name)) << name;
    EXPECT_THAT(controllers(), IsEmpty());
    clear_nvmet();
  }

  void serve(const std::string& trtype, const std::string& nqn = "toto") {
    make_subsystem(nqn, "/dev/ram0");
    make_port("1", trtype, near);
    link_port("1", nqn);
  }

  static PathRequest request(const std::string& uri, const std::string& nqn = "toto") {
    return {*Nqn::parse(nqn),
            *TransportAddress::parse(uri, Trtype::tcp),
            {first_host.nqn, first_host.id},
            {{"reconnect_delay", "1"}}};
  }

  Error refusal(const PathRequest& wanted, std::chrono::milliseconds patience = 20s) {
    const auto controller = initiator.connect(wanted, patience);
    EXPECT_FALSE(controller) << *controller;
    if (controller) return {};
    EXPECT_THAT(controllers(), IsEmpty());
    return controller.error();
  }

  std::string connected(const PathRequest& wanted) {
    const auto controller = initiator.connect(wanted, 20s);
    EXPECT_TRUE(controller) << controller.error().message << "\n" << sh("dmesg | tail -5").output;
    return controller.value_or("");
  }

  HostController seen(const std::string& name) {
    const auto topology = initiator.observe().value();
    const auto found = topology.controllers.find(name);
    return found == topology.controllers.end() ? HostController() : found->second;
  }

  std::string disk_of_path(const std::string& controller) {
    EXPECT_TRUE(eventually([&] { return !seen(controller).namespaces.empty(); }));
    const auto namespaces = seen(controller).namespaces;
    return namespaces.empty() ? "" : namespaces.front().disk;
  }

  bool told(std::chrono::seconds limit = 15s) {
    pollfd wait{initiator.change_fd(), POLLIN, 0};
    return ::poll(&wait, 1, static_cast<int>(limit / 1ms)) == 1;
  }

  static bool kernel_has_auth() { return run("uname -r").substr(0, 4) != "6.1."; }

  TempDir directory;
  KernelInitiator::Places places{.connect_program = NVMEOFS_CONNECT,
                                 .rdma_bind_program = NVMEOFS_RDMA_BIND,
                                 .identity = directory / "nvme",
                                 .registry = directory / "registry"};
  KernelInitiator initiator{places};
};

class InitiatorOver : public InitiatorVm, public testing::WithParamInterface<const char*> {
 protected:
  std::string uri(const std::string& address = near) const {
    return std::string(GetParam()) + "://" + address;
  }
};

TEST_P(InitiatorOver, ConnectsAndSeesItAndDisconnects) {
  serve(GetParam());
  const std::string name = connected(request(uri()));
  const auto controller = seen(name);
  EXPECT_EQ(controller.state, ControllerState::live);
  EXPECT_EQ(controller.subsystem, "toto");
  EXPECT_EQ(controller.transport, GetParam());
  ASSERT_TRUE(controller.address) << controller.address_text;
  EXPECT_EQ(controller.address->uri(), uri() + ":4420");
  EXPECT_EQ(controller.host_nqn, first_host.nqn);
  EXPECT_EQ(controller.host_id, first_host.id);
  EXPECT_GT(controller.queues, 1U);
  EXPECT_EQ(controller.settings.at("reconnect_delay"), "1");
  const std::string disk = disk_of_path(name);
  EXPECT_EQ("/dev/" + disk, disk_of("toto"));
  EXPECT_EQ(seen(name).namespaces.front().ana_state, "optimized");
  check_data("/dev/" + disk, "/dev/ram0");
  EXPECT_TRUE(initiator.disconnect(name));
  EXPECT_THAT(initiator.observe().value().controllers, IsEmpty());
  EXPECT_TRUE(initiator.disconnect(name)) << "a second time there is nothing to do";
}

TEST_P(InitiatorOver, NamesAnUnknownSubsystem) {
  serve(GetParam());
  const auto error = refusal(request(uri(), "tata"));
  EXPECT_EQ(error.errnum, EIO);
  EXPECT_EQ(error.reason, Reason::target_refused);
  EXPECT_THAT(error.message, HasSubstr("serves no subsystem tata"));
}

TEST_P(InitiatorOver, NamesAHostThatMayNotConnect) {
  serve(GetParam());
  run("echo 0 > " + nvmet + "/subsystems/toto/attr_allow_any_host");
  const auto error = refusal(request(uri()));
  EXPECT_EQ(error.errnum, EIO);
  EXPECT_EQ(error.reason, Reason::target_refused);
  EXPECT_THAT(error.message, HasSubstr("let it allow the host " + first_host.nqn));
}

TEST_P(InitiatorOver, SaysThatNobodyListens) {
  const auto error = refusal(request(uri()));
  EXPECT_EQ(error.errnum, ECONNREFUSED) << error.message;
  EXPECT_EQ(error.reason, Reason::unreachable);
}

TEST_P(InitiatorOver, SaysThatItIsConnectedAlready) {
  serve(GetParam());
  const std::string name = connected(request(uri()));
  const auto second = initiator.connect(request(uri()), 20s);
  ASSERT_FALSE(second);
  EXPECT_EQ(second.error().errnum, EALREADY);
  EXPECT_EQ(second.error().reason, Reason::already_connected);
  EXPECT_THAT(second.error().message, HasSubstr("as " + name));
}

TEST_P(InitiatorOver, GivesUpASilentAddressInTimeAndHoldsUpNobody) {
  serve(GetParam());
  const auto start = Clock::now();
  auto silent = std::async(std::launch::async, [&] {
    const auto answer = initiator.connect(request(uri("192.168.1.99")), 8s);
    return answer ? 0 : answer.error().errnum;
  });
  connected(request(uri()));
  EXPECT_EQ(silent.wait_for(0s), std::future_status::timeout) << "the other was not first";
  const int errnum = silent.get();
  EXPECT_TRUE(errnum == ETIMEDOUT || errnum == EHOSTUNREACH) << errno_symbol(errnum);
  EXPECT_LT(Clock::now() - start, 8s + slowness);
  EXPECT_EQ(controllers().size(), 1U);
}

INSTANTIATE_TEST_SUITE_P(, InitiatorOver, testing::Values("tcp", "rdma"),
                         [](const auto& test) { return std::string(test.param); });

TEST_F(InitiatorVm, ListsTheKernelsOptions) {
  EXPECT_THAT(initiator.options().value(),
              AllOf(Contains("ctrl_loss_tmo"), Contains("hdr_digest"), Not(Contains("instance"))));
}

TEST_F(InitiatorVm, SetsWhatALiveControllerTakes) {
  serve("tcp");
  const std::string name = connected(request("tcp://" + near));
  for (const auto* setting : {"ctrl_loss_tmo", "reconnect_delay", "fast_io_fail_tmo"}) {
    const auto done = initiator.set(name, setting, "77");
    EXPECT_TRUE(done) << setting << ": " << done.error().message;
    EXPECT_EQ(seen(name).settings.at(setting), "77");
  }
  EXPECT_TRUE(initiator.set(name, "ctrl_loss_tmo", "-1"));
  EXPECT_EQ(seen(name).settings.at("ctrl_loss_tmo"), "off");
}

TEST_F(InitiatorVm, TellsOfAControllerThatComesLosesItsTargetAndGoes) {
  serve("tcp");
  initiator.clear();
  const std::string name = connected(request("tcp://" + near));
  EXPECT_TRUE(told());
  disk_of_path(name);
  run("udevadm settle");
  initiator.clear();
  run("rm " + nvmet + "/ports/1/subsystems/toto");
  EXPECT_TRUE(eventually([&] {
    EXPECT_TRUE(told()) << "the loss was not told";
    initiator.clear();
    return seen(name).state == ControllerState::connecting;
  }));
  link_port("1", "toto");
  EXPECT_TRUE(eventually([&] {
    EXPECT_TRUE(told()) << "the return was not told";
    initiator.clear();
    return seen(name).state == ControllerState::live;
  }));
  run("udevadm settle");
  initiator.clear();
  EXPECT_TRUE(initiator.disconnect(name));
  EXPECT_TRUE(told());
}

TEST_F(InitiatorVm, DisconnectsAControllerThatHasLostItsTarget) {
  serve("tcp");
  const std::string name = connected(request("tcp://" + near));
  run("rm " + nvmet + "/ports/1/subsystems/toto");
  EXPECT_TRUE(eventually([&] { return seen(name).state == ControllerState::connecting; }));
  EXPECT_TRUE(initiator.disconnect(name));
  EXPECT_THAT(controllers(), IsEmpty());
}

TEST_F(InitiatorVm, SeesOneDiskByTwoPaths) {
  serve("tcp");
  make_port("2", "rdma", near);
  link_port("2", "toto");
  const std::string first = connected(request("tcp://" + near));
  const std::string second = connected(request("rdma://" + near));
  EXPECT_EQ(disk_of_path(first), disk_of_path(second));
  EXPECT_TRUE(initiator.disconnect(first));
  EXPECT_EQ("/dev/" + disk_of_path(second), disk_of("toto"));
}

TEST_F(InitiatorVm, NamesWhoUsesADisk) {
  serve("tcp");
  const std::string disk = disk_of_path(connected(request("tcp://" + near)));
  EXPECT_EQ(initiator.user_of(disk).value(), "");
  run("mkfs.ext4 -q -F /dev/" + disk + " && mkdir -p /run/mounted");
  {
    const Afterwards unmount("umount /run/mounted");
    run("mount /dev/" + disk + " /run/mounted");
    EXPECT_EQ(initiator.user_of(disk).value(), "mounted on /run/mounted (ext4)");
  }
  {
    const Afterwards end("kill $(cat /run/elsewhere); rm /run/elsewhere");
    run("unshare --mount sh -c 'mount /dev/" + disk +
        " /run/mounted && echo $$ > /run/elsewhere && exec sleep 98765' >/dev/null 2>&1 &");
    EXPECT_TRUE(eventually([] { return read_text("/run/elsewhere").find('(') != 0; }));
    EXPECT_NE(initiator.user_of(disk).value(), "");
  }
  EXPECT_TRUE(eventually([&] { return initiator.user_of(disk).value().empty(); }));
  {
    const Fd fd(::open(("/dev/" + disk).c_str(), O_RDONLY | O_CLOEXEC));
    EXPECT_THAT(initiator.user_of(disk).value(), StartsWith("held open by initiator_vm_te"));
  }
}

TEST_F(InitiatorVm, RefusesAValueThatIsMoreThanOne) {
  serve("tcp");
  auto wanted = request("tcp://" + near);
  wanted.options["host_traddr"] = near + ",duplicate_connect";
  EXPECT_EQ(refusal(wanted).errnum, EINVAL);
}

TEST_F(InitiatorVm, NamesTheOtherPartnerOfAHostId) {
  if (!kernel_has_auth()) return;  // 6.1 takes any pair
  serve("tcp");
  connected(request("tcp://" + near));
  auto wanted = request("tcp://" + near);
  wanted.host.nqn = second_host.nqn;
  const auto refused = initiator.connect(wanted, 20s);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().errnum, EINVAL);
  EXPECT_EQ(refused.error().reason, Reason::host_identity);
}

TEST_F(InitiatorVm, EndsAConnectionWhoseSecretTheKernelIgnores) {
  serve("tcp");
  auto wanted = request("tcp://" + near);
  wanted.options["dhchap_secret"] = secret;
  if (kernel_has_auth()) {
    const std::string name = connected(wanted);
    EXPECT_EQ(run("stat -c %a /sys/class/nvme/" + name + "/dhchap_secret"), "600\n");
  } else {
    const auto error = refusal(wanted);
    EXPECT_EQ(error.errnum, EOPNOTSUPP);
    EXPECT_EQ(error.reason, Reason::not_authenticated);
  }
  EXPECT_THAT(run("dmesg"), Not(HasSubstr("ia6zGodOr4SEG0")));
}

TEST_F(InitiatorVm, SaysThatAnAuthenticationIsAskedForAndThatItFailed) {
  if (!kernel_has_auth()) return;
  serve("tcp");
  run(
      fmt::format("cd {0}; mkdir hosts/{1}; echo '{2}' > hosts/{1}/dhchap_key;"
                  "echo 0 > subsystems/toto/attr_allow_any_host;"
                  "ln -s {0}/hosts/{1} subsystems/toto/allowed_hosts/{1}",
                  nvmet, first_host.nqn, secret));
  const auto error = refusal(request("tcp://" + near));
  EXPECT_EQ(error.errnum, ENOKEY);
  EXPECT_EQ(error.reason, Reason::not_authenticated);
  auto wanted = request("tcp://" + near);
  wanted.options["dhchap_secret"] = secret;
  connected(wanted);
}

TEST_F(InitiatorVm, GivesUpATargetThatTakesTheConnectionAndSaysNothing) {
  const HalfTarget target(5001, HalfTarget::Says::nothing);
  const auto start = Clock::now();
  EXPECT_EQ(refusal(request("tcp://" + near + ":5001"), 3s).errnum, ETIMEDOUT);
  EXPECT_LT(Clock::now() - start, 3s + slowness);
  serve("tcp");
  connected(request("tcp://" + near));
}

TEST_F(InitiatorVm, IsAnsweredInTimeOfATargetThatStopsAfterItsFirstWord) {
  // How long the kernel waits for the answer to a command: 60 s, if nobody says otherwise.
  const std::string limit = "/sys/module/nvme_core/parameters/admin_timeout";
  const Afterwards usual("echo 60 > " + limit);
  EXPECT_EQ(write_text(limit, "20"), "ok");
  const HalfTarget target(5002, HalfTarget::Says::icresp);
  const auto start = Clock::now();
  const auto error = initiator.connect(request("tcp://" + near + ":5002"), 3s).error();
  EXPECT_EQ(error.errnum, ETIMEDOUT);
  EXPECT_LT(Clock::now() - start, 3s + slowness);
  serve("tcp");
  EXPECT_EQ(initiator.connect(request("tcp://" + near), 3s).error().reason, Reason::kernel_waits);
  EXPECT_TRUE(eventually(
      [&] { return initiator.connect(request("tcp://" + near), 20s).has_value(); }, 120s));
}

TEST_F(InitiatorVm, KeepsAnIdentityThatConnects) {
  serve("tcp");
  const auto identity = initiator.host_identity();
  ASSERT_TRUE(identity) << identity.error().message;
  auto wanted = request("tcp://" + near);
  wanted.host = *identity;
  connected(wanted);
  EXPECT_EQ(initiator.host_identity().value(), *identity);
}

TEST_F(InitiatorVm, RefusesAnIdentityThatALiveControllerGivesAnotherPartner) {
  serve("tcp");
  connected(request("tcp://" + near));
  run("mkdir " + places.identity + "; echo nqn.x:other > " + places.identity + "/hostnqn; echo " +
      first_host.id + " > " + places.identity + "/hostid");
  EXPECT_EQ(initiator.host_identity().error().reason, Reason::host_identity);
}

TEST_F(InitiatorVm, MarksAControllerForOthers) {
  serve("tcp");
  const std::string name = connected(request("tcp://" + near));
  initiator.mark(name);
  EXPECT_EQ(read_text(places.registry + "/" + name + "/owner"), "nvmeofs");
  EXPECT_TRUE(initiator.disconnect(name));
  EXPECT_EQ(read_text(places.registry + "/" + name + "/owner"), "(ENOENT)");
}

}  // namespace
}  // namespace nvmeofs::vm
