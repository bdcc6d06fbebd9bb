#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>

#include "sessions/connection.h"
#include "sessions/kernel_log.h"
#include "sessions/kernel_sessions.h"
#include "sessions/sysfs_files.h"
#include "tables/fc_ports.h"

namespace nvmeofs {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::IsEmpty;

class SessionFiles : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (fs::temp_directory_path() / "sessions.XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder = name;
  }
  void TearDown() override { fs::remove_all(folder); }

  void write(const std::string& file, const std::string& text) {
    fs::create_directories((folder / file).parent_path());
    std::ofstream(folder / file) << text;
  }

  void port(const std::string& id, const std::string& trtype, const std::string& trsvcid) {
    write("ports/" + id + "/addr_trtype", trtype + "\n");
    write("ports/" + id + "/addr_adrfam", "ipv4\n");
    write("ports/" + id + "/addr_traddr", "10.0.0.1\n");
    write("ports/" + id + "/addr_trsvcid", trsvcid + "\n");
  }

  Target target() const {
    Target target;
    target.ports["0x2"].attributes = {{"addr_trtype", "tcp"},
                                      {"addr_adrfam", "ipv4"},
                                      {"addr_traddr", "10.0.0.1"},
                                      {"addr_trsvcid", "4420"}};
    target.ports["0x2"].subsystems["a"] = "a";
    return target;
  }

  fs::path folder;
};

TEST_F(SessionFiles, NameTheTcpServices) {
  port("1", "tcp", "4420");
  port("2", "rdma", "4421");
  port("3", "tcp", "0x1146");
  port("4", "", "");
  write("ports/5/addr_trtype", "tcp\n");
  EXPECT_THAT(tcp_services(folder.string()), ElementsAre(4420, 4422));
}

TEST_F(SessionFiles, NameNoServiceWithoutNvmet) {
  EXPECT_THAT(tcp_services((folder / "missing").string()), IsEmpty());
}

TEST_F(SessionFiles, OfDebugfsSayWhoIsConnected) {
  write("a/ctrl1/hostnqn", "nqn.x:h1");  // the kernel writes no newline here
  write("a/ctrl1/host_traddr", "10.0.0.51\n");
  write("a/ctrl1/port", "2\n");
  write("b/ctrl2/hostnqn", "nqn.x:h2");
  const auto clients = debugfs_clients(folder.string(), target(), "a");
  ASSERT_TRUE(clients);
  ASSERT_EQ(clients->size(), 1U);
  EXPECT_EQ(clients->front().host_nqn, "nqn.x:h1");
  EXPECT_EQ(clients->front().peer, "10.0.0.51");
  EXPECT_EQ(clients->front().address.uri(), "tcp://10.0.0.1:4420");
  EXPECT_EQ(clients->front().certainty, Certainty::sure);
  EXPECT_EQ(clients->front().source, "debugfs");
}

TEST_F(SessionFiles, OfDebugfsSayThatNobodyIsConnected) {
  const auto clients = debugfs_clients(folder.string(), target(), "a");
  ASSERT_TRUE(clients);
  EXPECT_THAT(*clients, IsEmpty());
}

TEST_F(SessionFiles, OfDebugfsSayNothingWhereThereIsNone) {
  EXPECT_FALSE(debugfs_clients((folder / "nvmet").string(), target(), "a"));
}

TEST_F(SessionFiles, SayWhoIsConnectedOverLoop) {
  for (const auto& [name, transport, subsystem] :
       {std::tuple{"nvme0", "loop", "a"}, {"nvme1", "tcp", "a"}, {"nvme2", "loop", "b"}}) {
    write(std::string(name) + "/transport", std::string(transport) + "\n");
    write(std::string(name) + "/subsysnqn", std::string(subsystem) + "\n");
    write(std::string(name) + "/hostnqn", "nqn.x:h1\n");
  }
  Target served = target();
  EXPECT_THAT(own_clients(folder.string(), served, "a"), IsEmpty());
  served.ports["3"].attributes = {{"addr_trtype", "loop"}, {"addr_adrfam", "loop"}};
  served.ports["3"].subsystems["a"] = "a";
  const auto clients = own_clients(folder.string(), served, "a");
  ASSERT_EQ(clients.size(), 1U);
  EXPECT_EQ(clients.front().host_nqn, "nqn.x:h1");
  EXPECT_EQ(clients.front().address, TransportAddress::loop());
  EXPECT_EQ(clients.front().certainty, Certainty::sure);
}

TEST_F(SessionFiles, SayWhoIsConnectedOverFcFromHere) {
  const std::string here = "nn-0x1000000000000001:pn-0x2000000000000001";
  const std::string elsewhere = "nn-0x1000000000000009:pn-0x2000000000000009";
  const std::string host = "nn-0x1000000000000002:pn-0x2000000000000002";
  for (const auto& [name, traddr, subsystem] :
       {std::tuple{"nvme0", here, "a"}, {"nvme1", elsewhere, "a"}, {"nvme2", here, "b"}}) {
    write(std::string(name) + "/transport", "fc\n");
    write(std::string(name) + "/address", "traddr=" + traddr + ",host_traddr=" + host + "\n");
    write(std::string(name) + "/subsysnqn", std::string(subsystem) + "\n");
    write(std::string(name) + "/hostnqn", "nqn.x:h1\n");
  }
  Target served = target();
  served.ports["3"].attributes = {
      {"addr_trtype", "fc"}, {"addr_adrfam", "fc"}, {"addr_traddr", here}};
  served.ports["3"].subsystems["a"] = "a";
  const auto clients = own_clients(folder.string(), served, "a");
  ASSERT_EQ(clients.size(), 1U);
  EXPECT_EQ(clients.front().host_nqn, "nqn.x:h1");
  EXPECT_EQ(clients.front().peer, host);
  EXPECT_EQ(clients.front().address.uri(), "fc://" + here);
  EXPECT_EQ(clients.front().certainty, Certainty::sure);
}

TEST_F(SessionFiles, SayWhichFcPortsThereAre) {
  EXPECT_THAT(fc_ports(folder.string()), IsEmpty());
  EXPECT_FALSE(has_fcloop(folder.string()));
  write("fc_host/host3/node_name", "0x20000090fa942779\n");
  write("fc_host/host3/port_name", "0x10000090fa942779\n");
  write("fc_host/host4/node_name", "\n");
  write("fcloop/ctl/power/control", "");
  const auto ports = fc_ports(folder.string());
  ASSERT_EQ(ports.size(), 1U);
  EXPECT_EQ(ports.front().name, "host3");
  EXPECT_EQ(ports.front().address.uri(), "fc://nn-0x20000090fa942779:pn-0x10000090fa942779");
  EXPECT_TRUE(has(ports, ports.front().address));
  EXPECT_FALSE(has(ports, TransportAddress::loop()));
  EXPECT_TRUE(has_fcloop(folder.string()));
}

// A log that cannot be read: over FC anybody may be connected, where there is an adapter.
class FcSessions : public SessionFiles {
 protected:
  FcSessions()
      : served(
            TransportAddress::parse("fc://nn-0x20000090fa942779:pn-0x10000090fa942779", Trtype::tcp)
                .value()) {}
  void SetUp() override {
    SessionFiles::SetUp();
    fc.ports["1"].attributes = attributes_of(served);
    fc.ports["1"].subsystems["a"] = "a";
    sessions = std::make_unique<KernelSessions>(
        KernelSessions::Paths{.configfs = (folder / "configfs").string(),
                              .debugfs = (folder / "debugfs").string(),
                              .kmsg = (folder / "kmsg").string(),
                              .controllers = (folder / "nvme").string(),
                              .classes = folder.string()});
  }
  void add_adapter() {
    write("fc_host/host3/node_name", "0x20000090fa942779\n");
    write("fc_host/host3/port_name", "0x10000090fa942779\n");
  }

  const TransportAddress served;
  Target fc;
  std::unique_ptr<KernelSessions> sessions;
};

TEST_F(FcSessions, AreNotKnownWithoutALog) {
  add_adapter();
  const auto clients = sessions->clients(fc, "a");
  ASSERT_FALSE(clients);
  EXPECT_EQ(clients.error().errnum, ENODATA);
  const auto all = sessions->all_clients(fc);
  ASSERT_TRUE(all);
  ASSERT_EQ(all->at("a").size(), 1U);
  EXPECT_EQ(all->at("a").front().certainty, Certainty::likely);
  EXPECT_EQ(all->at("a").front().host_nqn, "");
}

TEST_F(FcSessions, AreOfThisMachineWhereThereIsNoAdapter) {
  const auto clients = sessions->clients(fc, "a");
  ASSERT_TRUE(clients) << clients.error().message;
  EXPECT_THAT(*clients, IsEmpty());
}

TEST_F(FcSessions, ComeInAtAPortThatIsThere) {
  EXPECT_FALSE(sessions->listening(served).value());
  add_adapter();
  EXPECT_TRUE(sessions->listening(served).value());
}

TEST_F(SessionFiles, NeedNoKernelLog) {
  EXPECT_FALSE(KernelLog::open((folder / "kmsg").c_str()));
}

sockaddr_storage ipv6(const char* text, std::uint32_t zone = 0) {
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_port = htons(4420);
  address.sin6_scope_id = zone;
  inet_pton(AF_INET6, text, &address.sin6_addr);
  sockaddr_storage storage{};
  std::memcpy(&storage, &address, sizeof(address));
  return storage;
}

TEST(SocketAddress, IsWhatAPortOfThatAddressIs) {
  const auto parse = [](const char* text) { return *TransportAddress::parse(text, Trtype::tcp); };
  EXPECT_EQ(address_of_socket(Trtype::tcp, ipv6("fd00::32")), parse("[fd00::32]:4420"));
  EXPECT_EQ(address_of_socket(Trtype::tcp, ipv6("::")), parse("[::]:4420"));
  EXPECT_EQ(address_of_socket(Trtype::tcp, ipv6("fe80::1", 1)), parse("[fe80::1%lo]:4420"));
}

TEST(SocketAddress, OfIpv4InIpv6ClothesIsIpv4) {
  EXPECT_EQ(address_of_socket(Trtype::tcp, ipv6("::ffff:10.0.0.1")),
            *TransportAddress::parse("10.0.0.1:4420", Trtype::tcp));
}

TEST(SocketAddress, IsNoneOfAnotherFamily) {
  sockaddr_storage address{};
  address.ss_family = AF_UNIX;
  EXPECT_FALSE(address_of_socket(Trtype::rdma, address));
}

}  // namespace
}  // namespace nvmeofs
