#include "connect/config.h"

#include <algorithm>
#include <cerrno>

#include "connect/changes.h"
#include "nvmeofs/connection_option.h"
#include "nvmeofs/text.h"

namespace nvmeofs::connector {
namespace {

constexpr std::string_view named_by_uuid = "nqn.2014-08.org.nvmexpress:uuid:";

const ConnectionView* connection_to(const Nqn& subsystem,
                                    const std::vector<const ConnectionView*>& views) {
  const auto found = std::find_if(views.begin(), views.end(), [&](const auto* view) {
    return view->wanted.subsystem() == subsystem;
  });
  return found != views.end() ? *found : nullptr;
}

// Where the document has no id it is the one that the name tells.
Result<HostIdentity> host_of(const ConfiguredSubsystem& subsystem, const HostIdentity& own) {
  HostIdentity host = subsystem.host;
  if (!host.id.empty()) return host;
  if (host.nqn == own.nqn) return own;
  if (host.nqn.starts_with(named_by_uuid)) {
    const auto id = check(*find_connection_option("host_id"),
                          std::string_view(host.nqn).substr(named_by_uuid.size()));
    if (id) return HostIdentity{host.nqn, *id};
  }
  return refuse(EINVAL, Reason::incomplete,
                "the host is not this machine's, {}, and has no hostid; write one",
                printable(own.nqn));
}

HostIdentity host_of(const Connection& connection, const HostIdentity& own) {
  const auto nqn = connection.options.find("host_nqn");
  const auto id = connection.options.find("host_id");
  return {nqn != connection.options.end() ? nqn->second : own.nqn,
          id != connection.options.end() ? id->second : own.id};
}

// Of one subsystem, on top of what is there.
class Planning {
 public:
  Planning(Join& join, Connection now) : join_(join), now_(std::move(now)), next_(now_) {}

  Result<void> host(const HostIdentity& wanted, const HostIdentity& own) {
    if (host_of(now_, own) == wanted) return {};
    if (auto set = option("host_nqn", wanted.nqn); !set) return set;
    return option("host_id", wanted.id);
  }

  Result<void> option(const std::string& name, const std::string& value) {
    const ConnectionOption& known = *find_connection_option(name);
    const auto found = now_.options.find(name);
    const bool off = known.kind == ConnectionOption::Kind::flag && value == "0";
    if (found == now_.options.end() ? off : found->second == value) return {};
    if (found != now_.options.end())
      return refuse(EEXIST, Reason::exists,
                    "{}/options/{} {}; write it there, or leave it out here", place(), name,
                    known.secret() ? "has another value"
                                   : fmt::format("is {}, and not {}", found->second, value));
    join_.options.emplace(name, value);
    return change(SetOption{name, value});
  }

  Result<void> paths(const std::vector<TransportAddress>& addresses) {
    for (const auto& address : addresses)
      if (!contains(now_.addresses, address)) join_.paths.push_back(address);
    if (join_.paths.empty()) return {};
    return change(SetPaths{join_.paths, true});
  }

  Result<void> can_be_connected(const HostIdentity& own,
                                const std::set<std::string>& tokens) const {
    for (const auto& address : next_.addresses)
      if (const auto request = path_request(next_, address, own, tokens); !request)
        return tl::unexpected(request.error());
    return {};
  }

  bool changes() const { return join_.make || join_.connect || next_ != now_; }

 private:
  std::string place() const { return "connections/" + printable(now_.name.str()); }

  Result<void> change(const ConnectionIntent& intent) {
    auto next = changed(next_, intent);
    if (!next) {
      next.error().message = fmt::format("{}: {}", place(), next.error().message);
      return tl::unexpected(next.error());
    }
    next_ = *std::move(next);
    return {};
  }

  Join& join_;
  const Connection now_;
  Connection next_;
};

Result<void> plan_subsystem(const ConfiguredSubsystem& subsystem, const ConnectionView* view,
                            const HostIdentity& own, const std::set<std::string>& tokens,
                            ConfigPlan& plan) {
  const auto host = host_of(subsystem, own);
  if (!host) return tl::unexpected(host.error());
  Connection now{.name = subsystem.nqn};
  if (view != nullptr) now = view->wanted;
  Join join{.name = now.name.str(),
            .make = view == nullptr,
            .connect = view == nullptr || !now.connected};
  Planning planning(join, std::move(now));
  if (auto as = planning.host(*host, own); !as) return as;
  for (const auto& [name, value] : subsystem.options)
    if (auto set = planning.option(name, value); !set) return set;
  if (auto paths = planning.paths(subsystem.addresses); !paths) return paths;
  if (!planning.changes()) return {};
  if (auto possible = planning.can_be_connected(own, tokens); !possible) return possible;
  plan.joins.push_back(std::move(join));
  return {};
}

}  // namespace

Result<ConfigPlan> plan_config(const HostConfig& config,
                               const std::vector<const ConnectionView*>& views,
                               const HostIdentity& own, const std::set<std::string>& tokens) {
  ConfigPlan plan{.joins = {}, .left_out = config.left_out};
  for (const auto& subsystem : config.subsystems) {
    const ConnectionView* const view = connection_to(subsystem.nqn, views);
    if (view != nullptr && view->foreign) {
      const auto& there = view->wanted.addresses;
      if (!std::all_of(subsystem.addresses.begin(), subsystem.addresses.end(),
                       [&](const auto& address) { return contains(there, address); }))
        plan.left_out.push_back(
            fmt::format("{}: something else has connected {}, which stays as it is; write 1 to its "
                        "connected to "
                        "take it over",
                        subsystem.place, printable(subsystem.nqn.str())));
      continue;
    }
    auto planned = plan_subsystem(subsystem, view, own, tokens, plan);
    const bool taken = view == nullptr && std::any_of(views.begin(), views.end(), [&](auto* other) {
                         return other->wanted.name == subsystem.nqn;
                       });
    if (taken || (view == nullptr && subsystem.nqn.str() == host_config_name))
      planned = refuse(EEXIST, Reason::exists, "connections/{} is something else already",
                       printable(subsystem.nqn.str()));
    if (!planned) {
      Error error = std::move(planned.error());
      error.message = fmt::format("{}: {}", subsystem.place, error.message);
      return tl::unexpected(std::move(error));
    }
  }
  return plan;
}

}  // namespace nvmeofs::connector
