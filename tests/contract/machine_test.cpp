// The simulated kernel beyond what the contract can ask of a real one.
#include "sim/machine.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cerrno>
#include <thread>
#include <vector>

#include "sim/kernel.h"
#include "sim/sim_backend.h"

namespace nvmeofs {
namespace {

TEST(SimMachine, DescribesEachDiskAndAddressInALine) {
  const std::string text = SimMachine::example().describe();
  for (const char* line :
       {"/dev/nvme0n1      1.0 TB  free, also /dev/disk/by-id/nvme-SIM_1TB_0001\n",
        "/dev/sda1         499 GB  mounted on / (ext4)\n",
        "/dev/sdd          2.0 TB  /dev/sdd1 is mounted on /srv (ext4)\n",
        "fc://nn-0x20000090fa942779:pn-0x10000090fa942779\n",
        "192.168.1.32     tcp, rdma (mlx5_0)\n", "10.0.0.5         tcp\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << "no '" << line << "' in:\n" << text;
  }
  EXPECT_EQ(text.find("/dev/null"), std::string::npos);
}

TEST(SimKernel, ListsADirectoryWithItsAttributesAndChildren) {
  SimKernel kernel(SimMachine::example());
  EXPECT_EQ(kernel.list("subsystems").value(), std::vector<std::string>{});
  ASSERT_TRUE(kernel.mkdir("subsystems/toto"));
  EXPECT_EQ(kernel.list("subsystems/toto").value(),
            (std::vector<std::string>{"attr_firmware", "attr_ieee_oui", "attr_version",
                                      "attr_cntlid_min", "attr_cntlid_max", "attr_qid_max",
                                      "attr_pi_enable", "attr_allow_any_host", "attr_serial",
                                      "attr_model", "allowed_hosts", "namespaces", "passthru"}));
  EXPECT_EQ(kernel.list("subsystems/titi").error(), ENOENT);
}

TEST(SimKernel, ReadsAttributesAsTheKernelPrintsThem) {
  SimKernel kernel(SimMachine::example());
  ASSERT_TRUE(kernel.mkdir("subsystems/toto"));
  ASSERT_TRUE(kernel.write("subsystems/toto/attr_serial", "AB"));
  EXPECT_EQ(kernel.read("subsystems/toto/attr_serial").value(), "AB                  \n");
  EXPECT_EQ(kernel.read("subsystems/toto/attr_model").value(), "Linux\n");
  ASSERT_TRUE(kernel.mkdir("subsystems/toto/namespaces/1"));
  EXPECT_EQ(kernel.read("subsystems/toto/namespaces/1/device_path").value(), "(null)\n");
  ASSERT_TRUE(kernel.mkdir("ports/1"));
  EXPECT_EQ(kernel.read("ports/1/addr_traddr").value(), "\n");
  EXPECT_EQ(kernel.read("ports/1").error(), EISDIR);
}

TEST(SimKernel, Takes4095BytesOfALongerWrite) {
  SimKernel kernel(SimMachine::example());
  ASSERT_TRUE(kernel.mkdir("subsystems/toto"));
  ASSERT_TRUE(kernel.mkdir("subsystems/toto/namespaces/1"));
  const std::string path(5000, 'x');
  EXPECT_EQ(kernel.write("subsystems/toto/namespaces/1/device_path", path).value(), 4095U);
  SimBackend backend(kernel);
  const auto refused =
      backend.perform({Verb::set_attribute, "subsystems/toto/namespaces/1/device_path", path, ""});
  EXPECT_EQ(refused.error().errnum, EIO);
}

TEST(SimKernel, RefusesATransportThatItHasNoModuleFor) {
  SimMachine machine = SimMachine::example();
  machine.transports = {Trtype::tcp};
  SimKernel kernel(machine);
  SimBackend backend(kernel);
  EXPECT_TRUE(backend.need_transport(Trtype::tcp));
  const auto refused = backend.need_transport(Trtype::rdma);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().errnum, ENODEV);
  EXPECT_EQ(refused.error().reason, Reason::no_module);
  EXPECT_NE(refused.error().message.find("nvmet_rdma"), std::string::npos);
}

TEST(SimKernel, CanBeUsedByManyThreads) {
  SimKernel kernel(SimMachine::example());
  SimBackend backend(kernel);
  constexpr int threads = 4;
  constexpr int rounds = 200;
  std::atomic<int> failures{0};
  {
    std::vector<std::jthread> workers;
    for (int worker = 0; worker < threads; ++worker) {
      workers.emplace_back([&, worker] {
        const std::string path = "subsystems/s" + std::to_string(worker);
        for (int round = 0; round < rounds; ++round) {
          if (!backend.perform({Verb::make_item, path, "", ""})) ++failures;
          if (!backend.perform({Verb::set_attribute, path + "/attr_serial", "S", ""})) ++failures;
          if (!kernel.target().subsystems.contains("s" + std::to_string(worker))) ++failures;
          if (!backend.perform({Verb::remove_item, path, "", ""})) ++failures;
        }
      });
    }
  }
  EXPECT_EQ(failures, 0);
  EXPECT_EQ(backend.observe().value(), Target{});
}

}  // namespace
}  // namespace nvmeofs
