#include "nvmeofs/target.h"

namespace nvmeofs {

Attributes attributes_of(const TransportAddress& address) {
  if (address.trtype == Trtype::loop) return {{"addr_trtype", "loop"}, {"addr_adrfam", "loop"}};
  // What nvmetcli writes for it; nvmet-fc looks at no service.
  const bool fc = address.trtype == Trtype::fc;
  return {{"addr_trtype", std::string(to_string(address.trtype))},
          {"addr_adrfam", std::string(to_string(address.adrfam))},
          {"addr_traddr", address.traddr},
          {"addr_trsvcid", fc ? "none" : std::to_string(address.trsvcid)}};
}

std::optional<TransportAddress> address_of(const Port& port) {
  const auto address = TransportAddress::from_port(
      attribute(port.attributes, "addr_trtype"), attribute(port.attributes, "addr_adrfam"),
      attribute(port.attributes, "addr_traddr"), attribute(port.attributes, "addr_trsvcid"));
  return address ? std::optional(*address) : std::nullopt;
}

std::string attribute(const Attributes& attributes, const std::string& name) {
  const auto found = attributes.find(name);
  return found != attributes.end() ? found->second : std::string();
}

}  // namespace nvmeofs
