#include "connect/join.h"

#include <utility>

#include "nvmeofs/connection_option.h"

namespace nvmeofs {

Chain<ConnectionRequest> chain_of(const Join& join, const Caller& caller) {
  // Two discovery controllers that are asked at once list the same subsystem.
  Chain<ConnectionRequest> chain{.name = join.name, .links = {}, .first_may_exist = join.make};
  const auto add = [&](std::string file, std::string value, ConnectionIntent intent) {
    chain.links.push_back({.caller = caller,
                           .name = join.name,
                           .file = std::move(file),
                           .value = std::move(value),
                           .intent = std::move(intent)});
  };
  if (join.make) add("", "", MakeConnection{});
  for (const auto& [name, value] : join.options) {
    const ConnectionOption* const option = find_connection_option(name);
    const bool secret = option == nullptr || option->secret();
    add("options/" + name, secret ? "…" : value, SetOption{name, value});
  }
  if (!join.paths.empty()) {
    std::string text;
    for (const auto& path : join.paths) text += (text.empty() ? "" : "\n") + path.uri();
    add("address", std::move(text), SetPaths{join.paths, true});
  }
  if (join.connect) add("connected", "1", SetConnected{true, false});
  if (join.make)
    chain.undo = [name = join.name, caller] {
      return std::optional(ConnectionRequest{
          .caller = caller, .name = name, .file = "", .value = "", .intent = RemoveConnection{}});
    };
  return chain;
}

}  // namespace nvmeofs
