// Which connection belongs to which controller, as far as time, address and exclusion can tell,
// and so which hosts are connected to a subsystem. Pure.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "history.h"
#include "nvmeofs/sessions.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

// Per connection of the history, the indices of the controllers that it may belong to; empty when
// no line explains it. With a target, a connection belongs to no controller of a subsystem that its
// port does not serve.
//
// Errs towards too many: a controller is left out only by these rules. The first and the third are
// the kernel's, the second is what Linux hosts do; the last one can be bent by whoever opens
// connections and does not connect.
//  - a controller has one admin connection, which was there before its line; its I/O connections
//    come after the line, from the same peer to the same address; a discovery controller has none;
//  - a host's I/O connections follow the line within seconds, before it creates the next one;
//  - a controller does not outlive its admin connection, and a cntlid has one owner at a time;
//  - a connection that lasts belongs to some controller.
std::vector<std::vector<std::size_t>> explain(const SessionHistory& history, const Target* target);

// The hosts that are connected to the subsystem, one entry for each address, peer and host NQN.
// Connections that nothing explains count, as likely ones for each subsystem of a shared port, and
// as sure ones where the port serves nothing else.
std::vector<Client> clients_of(const SessionHistory& history, const Target& target,
                               const std::string& subsystem);
// The same of several, for less.
std::map<std::string, std::vector<Client>> clients_of(const SessionHistory& history,
                                                      const Target& target,
                                                      const std::set<std::string>& subsystems);

// A target's ports by their addresses.
class PortIndex {
 public:
  explicit PortIndex(const Target& target);  // which has to outlive it

  // The port that took a connection to this address of ours: the one on the address itself, or one
  // on every address. nullptr: none that serves anything.
  const Port* find(const TransportAddress& local) const;

 private:
  std::map<TransportAddress, const Port*> ports_;
};

}  // namespace nvmeofs
