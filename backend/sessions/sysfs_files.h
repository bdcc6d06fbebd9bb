// The places where files tell of nvmet's ports and controllers. The trees change under the
// reader, and hold names that anybody may have chosen: what cannot be read is not there.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "nvmeofs/sessions.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

// The port numbers of all TCP ports in nvmet's configfs.
std::set<std::uint16_t> tcp_services(const std::string& configfs);

// The subsystem's controllers from nvmet's debugfs (CONFIG_NVME_TARGET_DEBUGFS, from 6.11 on).
// Nothing where the kernel has none.
std::optional<std::vector<Client>> debugfs_clients(const std::string& debugfs, const Target& target,
                                                   const std::string& subsystem);

// The controllers that this machine itself has over loop, and over FC at a port of its own, which
// no table of connections shows; `controllers` is /sys/class/nvme.
std::vector<Client> own_clients(const std::string& controllers, const Target& target,
                                const std::string& subsystem);

}  // namespace nvmeofs
