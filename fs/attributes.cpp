#include "fs/attributes.h"

#include <array>
#include <utility>

#include "fs/show.h"

namespace nvmeofs {
namespace {

template <class T>
Result<Intent> to_intent(Result<T> parsed) {
  if (!parsed) return tl::make_unexpected(std::move(parsed.error()));
  return Intent(std::move(*parsed));
}

std::string show_device(const Engine&, const ExportView& view) {
  return view.wanted.device ? view.wanted.device->str() + "\n" : std::string();
}

Result<Intent> store_device(std::string_view text, const StoreRules&) {
  if (text.empty()) return Intent(SetDevice{});
  return to_intent(
      DevicePath::parse(text).map([](DevicePath device) { return SetDevice{std::move(device)}; }));
}

std::string show_address(const Engine&, const ExportView& view) {
  std::string text;
  for (const TransportAddress& address : view.wanted.addresses) text += address.uri() + "\n";
  return text;
}

Result<Intent> store_address(std::string_view text, const StoreRules& rules) {
  return to_intent(parse_addresses(text, rules.default_transport)
                       .map([&](std::vector<TransportAddress> addresses) {
                         return SetAddresses{std::move(addresses), rules.append};
                       }));
}

std::string show_enabled(const Engine&, const ExportView& view) {
  return view.wanted.enabled ? "1\n" : "0\n";
}

Result<Intent> store_enabled(std::string_view text, const StoreRules&) {
  constexpr std::string_view force = " force";
  const bool forced = text.ends_with(force);
  if (forced) text.remove_suffix(force.size());
  Result<bool> on = parse_bool(text);
  if (!on) return tl::make_unexpected(std::move(on.error()));
  if (*on && forced) {
    return refuse(EINVAL, Reason::bad_value,
                  "force goes with 0 only; to serve a device that is in use, write its path and "
                  "\" force\" to device");
  }
  return Intent(SetEnabled{*on, forced});
}

std::string show_hosts(const Engine&, const ExportView& view) {
  if (view.wanted.hosts.any) return "any\n";
  std::string text;
  for (const Nqn& host : view.wanted.hosts.list) text += host.str() + "\n";
  return text;
}

Result<Intent> store_hosts(std::string_view text, const StoreRules& rules) {
  return to_intent(Hosts::parse(text).map([&](Hosts hosts) {
    return SetHosts{std::move(hosts), rules.append};
  }));
}

std::string show_status(const Engine& engine, const ExportView& view) {
  const Result<Status> status = engine.status(view.serial);
  return status ? status_text(*status) : std::string();
}

std::string show_plan(const Engine& engine, const ExportView& view) {
  return plan_text(engine.plan(view.serial), engine.backend().root());
}

std::string show_clients(const Engine& engine, const ExportView& view) {
  return clients_text(engine.clients(view.serial));
}

constexpr std::array rows{
    Attribute{"device", 0644, Kind::value, show_device, store_device,
              "the block device or regular file that is served: an absolute path"},
    Attribute{"address", 0644, Kind::list, show_address, store_address,
              "where it is served: [transport://]address[:port], one a line"},
    Attribute{"enabled", 0644, Kind::value, show_enabled, store_enabled,
              "1 serves it, 0 takes it back, \"0 force\" although hosts are connected"},
    Attribute{"hosts", 0644, Kind::list, show_hosts, store_hosts,
              "who may connect: any, or one host NQN a line"},
    Attribute{"status", 0444, Kind::report, show_status, nullptr,
              "what is true in the kernel now, and the last refusal"},
    Attribute{"plan", 0444, Kind::report, show_plan, nullptr,
              "the commands that writing 1 to enabled stands for, or 0 once it is enabled"},
    Attribute{"clients", 0444, Kind::report, show_clients, nullptr,
              "the hosts that are connected now"},
};

// Node ids have eight bits for the row, and 0 is the directory.
static_assert(rows.size() < 256);

}  // namespace

std::span<const Attribute> export_attributes() {
  return rows;
}

}  // namespace nvmeofs
