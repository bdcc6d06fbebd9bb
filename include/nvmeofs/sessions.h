// Which hosts are connected. Nothing in configfs says so: it is put together from the kernel's
// socket and RDMA tables, its log, and nvmet's debugfs where there is one.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nvmeofs/address.h"
#include "nvmeofs/error.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

enum class Certainty {
  sure,    // nothing else can explain the connection
  likely,  // the kernel's log and the connections agree, but another reading exists
};

struct Client {
  TransportAddress address;  // ours, that the host came in by
  std::string peer;          // the host's address, without port
  std::string host_nqn;      // empty: not known
  Certainty certainty = Certainty::sure;
  std::string source;  // how it is known: "debugfs", "kernel log", "only export on this port"
};

class Sessions {
 public:
  virtual ~Sessions() = default;

  // The hosts that are connected to the subsystem now, as far as can be known. Any thread.
  // An error means that the tables could not be read: then nobody may be assumed absent.
  virtual Result<std::vector<Client>> clients(const Target& observed,
                                              const std::string& subsystem) = 0;

  // The same of every subsystem that a port serves, by its name, with one look at the tables.
  virtual Result<std::map<std::string, std::vector<Client>>> all_clients(
      const Target& observed) = 0;

  // Whether the kernel listens there for nvmet. A port can look enabled in configfs and listen no
  // more (its RDMA device went away).
  virtual Result<bool> listening(const TransportAddress& address) = 0;
};

}  // namespace nvmeofs
