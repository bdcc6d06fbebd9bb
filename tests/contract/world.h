// What the contract is tested on: a kernel, and what its machine has. The suite is written once and
// knows only this; make_world() is linked in, one for the simulated kernel and one for the running
// one.
#pragma once

#include <memory>
#include <string>

#include "nvmeofs/backend.h"

namespace nvmeofs::contract {

// Where kernels differ. The suite asks these and no version.
struct Facts {
  int second_nsid_mkdir = 0;           // errno of mkdir namespaces/01 beside namespaces/1
  bool tmpfs_takes_direct_io = false;  // a file on tmpfs can be a namespace
  bool has_tsas = false;               // ports have addr_tsas
  bool has_loop = false;               // and can be of the transport loop
  bool has_fc = false;                 // and of fc
  bool has_fc_port = false;            // of which there is World::fc_port
  bool has_passthru = false;           // subsystems have passthru/
  int passthru_beside_disabled = 0;    // errno of enabling it where there is a disabled namespace
};

// Ends the other program's listening.
class Listener {
 public:
  virtual ~Listener() = default;
};

class World {
 public:
  virtual ~World() = default;
  virtual Backend& backend() = 0;

  Facts facts;

  // Two writable block devices that nobody uses, and another name of the first.
  std::string device;
  std::string other_device;
  std::string device_alias;
  std::string read_only_device;
  std::string character_device;
  std::string directory;
  std::string missing_device;
  std::string file;
  std::string drive;  // the controller of an NVMe drive that nobody uses, and one of its disks
  std::string disk_of_drive;
  std::string tmpfs_file;

  // Two local addresses that an RDMA device answers for, one that none does, one of nobody here.
  std::string traddr;
  std::string other_traddr;
  std::string traddr_without_rdma;
  std::string traddr_elsewhere;

  // A port of FC that serves, where there can be one, and one of nobody here.
  std::string fc_port = "nn-0x10001100aa000001:pn-0x20001100aa000001";
  std::string fc_port_elsewhere = "nn-0x10001100aa000009:pn-0x20001100aa000009";

  // Another program that listens with TCP.
  virtual std::unique_ptr<Listener> occupy(const std::string& traddr, std::uint16_t trsvcid) = 0;

  // A host connects from this machine, and stays until disconnect(). What the connect says: an
  // errno, 0 is success.
  virtual int connect(const std::string& host_nqn, const std::string& subsystem,
                      const TransportAddress& address) = 0;
  virtual bool is_connected(const std::string& subsystem) = 0;
  // Ends every connection of the hosts that connect() made, and is done when it returns.
  virtual void disconnect() = 0;
};

std::unique_ptr<World> make_world();

}  // namespace nvmeofs::contract
