// Who is connected to the simulated kernel; it knows, so everything is sure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "nvmeofs/sessions.h"
#include "sim/kernel.h"

namespace nvmeofs {

// The kernel outlives it. Any thread.
class SimSessions : public Sessions {
 public:
  explicit SimSessions(SimKernel& kernel) : kernel_(kernel) {}

  Result<std::vector<Client>> clients(const Target& observed,
                                      const std::string& subsystem) override;
  Result<std::map<std::string, std::vector<Client>>> all_clients(const Target& observed) override;
  Result<bool> listening(const TransportAddress& address) override;

 private:
  SimKernel& kernel_;
};

}  // namespace nvmeofs
