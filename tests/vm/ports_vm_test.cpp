// What an address has beside itself.

#include "view.h"

namespace nvmeofs::vm {
namespace {

class Ports : public ViewTest {
 protected:
  static std::string of_port(const std::string& trtype, const std::string& file) {
    return mountpoint + "/ports/" + trtype + ":192.168.1.32:4420/" + file;
  }
  // Of the one port that the kernel has.
  static std::string kernel_has(const std::string& attribute) {
    return read_text("/sys/kernel/config/nvmet/ports/1/" + attribute);
  }
  void check_size(const std::string& trtype) {
    draft("toto", "/dev/nullb0", trtype + "://192.168.1.32");
    EXPECT_EQ(write_text(of_port(trtype, "inline_data_size"), "8192"), "ok");
    EXPECT_EQ(set("toto", "enabled", "1"), "ok") << status_lines("toto", "refused");
    EXPECT_EQ(kernel_has("param_inline_data_size"), "8192");
    EXPECT_EQ(read_text(of_port(trtype, "exports")), "toto");
    EXPECT_EQ(write_text(of_port(trtype, "inline_data_size"), "4096"), "EBUSY");
    visit({.trtype = trtype}, "toto", "/dev/nullb0");
    take_down("toto");
    EXPECT_EQ(changes(), "");
  }
};

TEST_F(Ports, ServeWithTheSizeThatIsSetOverTcp) {
  check_size("tcp");
}

TEST_F(Ports, ServeWithTheSizeThatIsSetOverRdma) {
  check_size("rdma");
}

TEST_F(Ports, HaveAFileForWhatTheKernelHas) {
  serve("toto", "/dev/nullb0", "tcp://192.168.1.32");
  for (const char* name : {"inline_data_size", "max_queue_size", "mdts", "pi_enable"})
    EXPECT_EQ(read_text(of_port("tcp", name)), kernel_has(std::string("param_") + name)) << name;
  take_down("toto");
}

}  // namespace
}  // namespace nvmeofs::vm
