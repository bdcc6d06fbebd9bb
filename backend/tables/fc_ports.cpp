#include "fc_ports.h"

#include <algorithm>
#include <boost/filesystem.hpp>

#include "first_line.h"

namespace nvmeofs {
namespace fs = boost::filesystem;

std::vector<FcPort> fc_ports(const std::string& classes) {
  std::vector<FcPort> ports;
  boost::system::error_code error;
  for (fs::directory_iterator entry(fs::path(classes) / "fc_host", error), end;
       !error && entry != end; entry.increment(error)) {
    const auto node = first_line(entry->path() / "node_name");
    const auto port = first_line(entry->path() / "port_name");
    if (!node || !port) continue;
    auto address = TransportAddress::from_port("fc", "fc", "nn-" + *node + ":pn-" + *port, "");
    if (address) ports.push_back({entry->path().filename().string(), std::move(*address)});
  }
  return ports;
}

bool has(const std::vector<FcPort>& ports, const TransportAddress& address) {
  return std::ranges::find(ports, address, &FcPort::address) != ports.end();
}

bool has_fcloop(const std::string& classes) {
  boost::system::error_code error;
  return fs::exists(fs::path(classes) / "fcloop", error);
}

}  // namespace nvmeofs
