#include "fs/discovery_branch.h"

#include <utility>

namespace nvmeofs {

Result<DiscoveryIntent> DiscoveryTable::make(std::string_view name, Trtype default_transport) {
  return to_intent<DiscoveryIntent>(
      parse_discovery_name(name, default_transport).map([](TransportAddress address) {
        return MakeDiscovery{std::move(address)};
      }));
}

Found<std::string> DiscoveryTable::show_document(const Connections&, const Discoveries& decides) {
  std::vector<Discovery> all;
  for (const auto& [name, view] : decides.snapshot()->discoveries) all.push_back(view.wanted);
  return discovery_conf_text(all);
}

Result<DiscoveryIntent> DiscoveryTable::read_document(std::string_view text) {
  return to_intent<DiscoveryIntent>(parse_discovery_conf(text).map(
      [](std::vector<DiscoveryLine> lines) { return TakeConf{std::move(lines)}; }));
}

void DiscoveryBranch::open_text(NodeId file, TextAnswer answer) const {
  const DiscoveryAttribute* attribute = is_fixed(file) ? nullptr : attribute_in(slot_of(file));
  if (attribute == nullptr || attribute->kind != Kind::fetched) return answer(text(file));
  table_.decides.fetch(serial_of(file),
                       [this, file, answer = std::move(answer)](const Result<void>& fetched) {
                         answer(fetched ? text(file) : tl::make_unexpected(fetched.error().errnum));
                       });
}

}  // namespace nvmeofs
