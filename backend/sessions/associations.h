// Who has come in over FC, by the kernel's log alone: nvmet-fc has a line for each association that
// begins or ends, and no table of them. Pure; one thread at a time.
//
// An association is one controller's. The controller's line does not name it, and comes soon after
// it begins: whoever connects meanwhile, by whatever transport, may be the one.
#pragma once

#include <cstdint>
#include <map>
#include <vector>

#include "log_line.h"
#include "nvmeofs/sessions.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

class Associations {
 public:
  // Lines in the log's order, with its stamps.
  void begun(Association association, std::uint64_t microseconds);
  void ended(Association association);
  void created(const ControllerCreated& line, std::uint64_t microseconds);
  // Lines may have been missed, of those that began before too.
  void lost() { complete_ = false; }

  bool complete() const { return complete_; }

  // The hosts that are connected to the subsystem, one entry for each address and host NQN.
  std::vector<Client> clients(const Target& target, const std::string& subsystem) const;

 private:
  struct Open {
    bool is_waiting(std::uint64_t now) const;

    std::uint64_t since = 0;
    bool prompt = false;                         // a line came at once
    std::vector<ControllerCreated> controllers;  // that it may be of
  };

  std::map<Association, Open> open_;
  bool complete_ = true;
};

// The addresses of FC that the target serves the subsystem at.
std::vector<TransportAddress> fc_addresses(const Target& target, const std::string& subsystem);

}  // namespace nvmeofs
