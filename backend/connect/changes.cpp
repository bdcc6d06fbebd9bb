#include "connect/changes.h"

#include <cerrno>

#include "nvmeofs/connection_option.h"
#include "nvmeofs/text.h"

namespace nvmeofs::connector {
namespace {

struct Changed {
  Connection next;

  Result<Connection> operator()(const MakeConnection&) {
    return refuse(EIO, Reason::internal, "mkdir is no change of a connection");
  }
  Result<Connection> operator()(const RemoveConnection&) {
    return refuse(EIO, Reason::internal, "rmdir is no change of a connection");
  }

  Result<Connection> operator()(const TakeConfig&) {
    return refuse(EIO, Reason::internal, "config.json is no change of one connection");
  }

  Result<Connection> operator()(const SetPaths& intent) {
    if (!intent.append) next.addresses.clear();
    for (const auto& address : intent.addresses) {
      if (address.is_wildcard())
        return refuse(EINVAL, Reason::bad_value,
                      "{} means every address of the machine that serves; write one of them",
                      address.uri());
      add_distinct(next.addresses, address);
    }
    if (next.addresses.empty() && next.connected)
      return refuse(EBUSY, Reason::still_connected,
                    "a connection that is up has an address; write 0 to connected first");
    return std::move(next);
  }

  Result<Connection> operator()(const SetSubsystem& intent) {
    const std::string before = next.subsystem().str();
    next.nqn = intent.nqn;
    if (next.nqn == next.name) next.nqn.reset();
    if (next.connected && next.subsystem().str() != before)
      return refuse(EBUSY, Reason::still_connected,
                    "it is connected to {}; write 0 to connected first", printable(before));
    return std::move(next);
  }

  Result<Connection> operator()(const SetConnected& intent) {
    if (intent.on && next.addresses.empty())
      return refuse(EINVAL, Reason::no_address,
                    "it has no address yet; write one to address first");
    next.connected = intent.on;
    return std::move(next);
  }

  Result<Connection> operator()(const SetOption& intent) {
    const ConnectionOption* const option = find_connection_option(intent.option);
    if (option == nullptr)
      return refuse(EINVAL, Reason::not_offered, "there is no option {}", printable(intent.option));
    const auto found = next.options.find(intent.option);
    const bool was_there = found != next.options.end();
    std::optional<std::string> value;
    if (intent.value) {
      auto checked = check(*option, *intent.value);
      if (!checked) return tl::unexpected(checked.error());
      value = std::move(*checked);
    }
    const bool same = was_there ? value == found->second : !value;
    if (same) return std::move(next);
    if (next.connected && !option->live)
      return refuse(EBUSY, Reason::still_connected,
                    "the kernel takes {} when it connects only; write 0 to connected first",
                    option->name);
    if (next.connected && !value)
      return refuse(EBUSY, Reason::still_connected,
                    "the kernel takes back its own {} when it connects only; write a value, or 0 "
                    "to connected first",
                    option->name);
    if (value) {
      next.options.insert_or_assign(intent.option, std::move(*value));
    } else {
      next.options.erase(found);
    }
    return std::move(next);
  }
};

}  // namespace

Result<Connection> changed(const Connection& now, const ConnectionIntent& intent) {
  return std::visit(Changed{now}, intent);
}

}  // namespace nvmeofs::connector
