#include "fc_ports.h"

#include <algorithm>
#include <boost/filesystem.hpp>
#include <fstream>

namespace nvmeofs {
namespace {

namespace fs = boost::filesystem;

std::string first_line(const fs::path& file) {
  std::ifstream stream(file.string());
  std::string line;
  std::getline(stream, line);
  return line;
}

}  // namespace

std::vector<FcPort> fc_ports(const std::string& classes) {
  std::vector<FcPort> ports;
  boost::system::error_code error;
  for (fs::directory_iterator entry(fs::path(classes) / "fc_host", error), end;
       !error && entry != end; entry.increment(error)) {
    const auto traddr = "nn-" + first_line(entry->path() / "node_name") + ":pn-" +
                        first_line(entry->path() / "port_name");
    auto address = TransportAddress::from_port("fc", "fc", traddr, "");
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
