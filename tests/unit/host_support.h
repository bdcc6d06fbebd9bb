// A made-up sysfs of NVMe controllers, gone with its test.
#pragma once

#include <filesystem>
#include <fstream>
#include <string>

#include "host/fabrics_options.h"
#include "support/temp_dir.h"

namespace nvmeofs::test {

inline const HostIdentity some_host{
    "nqn.2014-08.org.nvmexpress:uuid:5d0c0f7a-6a1c-4d53-9d53-0c3d8a3a7c01",
    "5d0c0f7a-6a1c-4d53-9d53-0c3d8a3a7c01"};

class Sysfs {
 public:
  void write(const std::string& file, const std::string& text) const {
    const std::filesystem::path path = directory_ / file;
    std::filesystem::create_directories(path.parent_path());
    std::ofstream(path) << text << "\n";
  }

  void controller(const std::string& name, const std::string& transport, const std::string& address,
                  const std::string& subsystem = "toto") const {
    const std::string folder = "class/nvme/" + name + "/";
    write(folder + "transport", transport);
    write(folder + "address", address);
    write(folder + "subsysnqn", subsystem);
    write(folder + "state", "live");
    write(folder + "cntrltype", "io");
    write(folder + "hostnqn", some_host.nqn);
    write(folder + "hostid", some_host.id);
    write(folder + "queue_count", "3");
    write(folder + "ctrl_loss_tmo", "600");
    write(folder + "dhchap_secret", "DHHC-1:00:secret:");
  }

  // A folder of the controller that is one path to the disk.
  void path(const std::string& controller, const std::string& name, const std::string& nsid,
            const std::string& ana_state = "optimized") const {
    const std::string folder = "class/nvme/" + controller + "/" + name + "/";
    write(folder + "nsid", nsid);
    if (!ana_state.empty()) write(folder + "ana_state", ana_state);
  }

  void disk(const std::string& name) const { write("class/block/" + name + "/dev", "259:0"); }
  void remove(const std::string& name) const { std::filesystem::remove_all(directory_ / name); }
  const std::string& root() const { return directory_.path(); }

 private:
  TempDir directory_;
};

// What 7.2 lists, without some.
inline FabricsOptions some_options() {
  return parse_fabrics_options(
      "instance=-1,cntlid=-1,transport=%s,traddr=%s,trsvcid=%s,nqn=%s,nr_io_queues=%d,"
      "ctrl_loss_tmo=%d,hostnqn=%s,host_traddr=%s,hostid=%s,hdr_digest,dhchap_secret=%s\n");
}

inline PathRequest some_request(const std::string& address = "tcp://192.168.1.32") {
  return {*Nqn::parse("toto"), *TransportAddress::parse(address, Trtype::tcp), some_host, {}};
}

}  // namespace nvmeofs::test
