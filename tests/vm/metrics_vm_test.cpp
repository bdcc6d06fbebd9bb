// The counters of a real kernel.

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "view.h"

namespace nvmeofs::vm {
namespace {

using testing::HasSubstr;
using testing::Not;

class Metrics : public ViewTest {
 protected:
  static std::string text() { return read_text(mountpoint + "/metrics"); }
  // Of one sample, whose name and labels are these; -1: there is none.
  static double value(const std::string& sample) {
    const std::string line = lines_with(text(), sample + " ");
    return line.empty() ? -1 : std::stod(line.substr(sample.size() + 1));
  }
  static double io(const std::string& counter, const std::string& name = "toto",
                   unsigned nsid = 1) {
    return value(
        fmt::format("nvmeofs_device_{}_total{{export=\"{}\",nsid=\"{}\"}}", counter, name, nsid));
  }
  // It may be a second old.
  static bool becomes(const std::string& sample, double wanted) {
    return eventually([&] { return value(sample) == wanted; });
  }

  void check_io(const std::string& trtype) {
    constexpr std::size_t size = 1 << 20;
    serve("toto", "/dev/nullb0", trtype + "://192.168.1.32");
    EXPECT_EQ(value("nvmeofs_exports{state=\"enabled\"}"), 1);
    EXPECT_EQ(value("nvmeofs_export_clients{export=\"toto\"}"), 0);
    must_connect({.trtype = trtype}, "toto");
    EXPECT_TRUE(becomes("nvmeofs_export_clients{export=\"toto\"}", 1)) << text();

    const std::string disk = disk_of("toto");
    const double written = io("written_bytes");
    const double writes = io("writes");
    const double read = io("read_bytes");
    const double busy = io("busy_seconds");
    ASSERT_GE(written, 0) << text();
    const std::string bytes = random_bytes(size);
    write_direct(disk, bytes);
    EXPECT_EQ(read_direct(disk, size), bytes);
    EXPECT_TRUE(eventually([&] { return io("written_bytes") == written + size; }))
        << written << " before\n"
        << text();
    EXPECT_GT(io("writes"), writes);
    EXPECT_GE(io("read_bytes"), read + size);
    EXPECT_GE(io("busy_seconds"), busy);

    disconnect("toto");
    EXPECT_TRUE(becomes("nvmeofs_export_clients{export=\"toto\"}", 0)) << text();
    take_down("toto");
    EXPECT_EQ(io("reads"), -1);
    EXPECT_EQ(changes(), "");
  }
};

TEST_F(Metrics, CountTheIoOfAHostOverTcp) {
  check_io("tcp");
}

TEST_F(Metrics, CountTheIoOfAHostOverRdma) {
  check_io("rdma");
}

TEST_F(Metrics, CountWhatWasDoneAndRefused) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  const double steps = value("nvmeofs_kernel_steps_total");
  EXPECT_GT(steps, 10);
  EXPECT_EQ(make_export("titi"), "ok");
  EXPECT_EQ(set("titi", "device", "/dev/nullb0"), "EBUSY");
  EXPECT_EQ(value("nvmeofs_refusals_total{reason=\"device-served\"}"), 1);
  EXPECT_EQ(value("nvmeofs_operation_duration_seconds_count{operation=\"enable\"}"), 1);
  EXPECT_EQ(remove_export("titi"), "ok");
  take_down("toto");
  EXPECT_GT(value("nvmeofs_kernel_steps_total"), steps);
  EXPECT_EQ(value("nvmeofs_operation_duration_seconds_count{operation=\"disable\"}"), 1);
}

TEST_F(Metrics, HaveNoIoOfAFile) {
  run("truncate -s 64M /run/disk.img");
  const Afterwards remove("rm -f /run/disk.img");
  serve("toto", "/run/disk.img", "tcp://192.168.1.32");
  EXPECT_EQ(value("nvmeofs_exports{state=\"enabled\"}"), 1);
  EXPECT_THAT(text(), Not(HasSubstr("nvmeofs_device_reads_total{")));
  take_down("toto");
}

TEST_F(Metrics, CountConnectionsOfThisMachine) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  must_connect({.trtype = "tcp"}, "toto");
  EXPECT_TRUE(becomes("nvmeofs_connections{state=\"foreign\"}", 1)) << text();
  EXPECT_TRUE(eventually([] {
    return read_text(mountpoint + "/topology.dot")
               .find(fmt::format("\"host {}\" -> \"export toto\" [style=bold", first_host.nqn)) !=
           std::string::npos;
  })) << read_text(mountpoint + "/topology.dot");
  disconnect("toto");
  EXPECT_TRUE(becomes("nvmeofs_connections{state=\"foreign\"}", 0)) << text();
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
