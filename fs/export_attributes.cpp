#include "fs/export_attributes.h"

#include <fmt/format.h>

#include <array>
#include <utility>
#include <vector>

#include "fs/show.h"

namespace nvmeofs {
namespace {

std::string show_device(const Engine&, const ExportView& view) {
  const auto& device = view.wanted.first().device;
  return device ? device->str() + "\n" : std::string();
}

Result<Intent> store_device(std::string_view text, const StoreRules&) {
  if (text.empty()) return Intent(SetDevice{});
  return to_intent<Intent>(
      DevicePath::parse(text).map([](DevicePath device) { return SetDevice{std::move(device)}; }));
}

std::string show_address(const Engine&, const ExportView& view) {
  std::string text;
  for (const TransportAddress& address : view.wanted.addresses) text += address.uri() + "\n";
  return text;
}

Result<Intent> store_address(std::string_view text, const StoreRules& rules) {
  return to_intent<Intent>(parse_addresses(text, rules.default_transport)
                               .map([&](std::vector<TransportAddress> addresses) {
                                 return SetAddresses{std::move(addresses), rules.append};
                               }));
}

std::string show_enabled(const Engine&, const ExportView& view) {
  return view.wanted.enabled ? "1\n" : "0\n";
}

Result<Intent> store_enabled(std::string_view text, const StoreRules&) {
  return to_intent<Intent>(
      parse_switch(text,
                   "to serve a device that is in use, write its path and \" force\" to device")
          .map([](Switch to) {
            return SetEnabled{to.on, to.force};
          }));
}

std::string show_hosts(const Engine&, const ExportView& view) {
  if (view.wanted.hosts.any) return "any\n";
  std::string text;
  for (const Nqn& host : view.wanted.hosts.list) text += host.str() + "\n";
  return text;
}

Result<Intent> store_hosts(std::string_view text, const StoreRules& rules) {
  return to_intent<Intent>(WrittenHosts::parse(text).map([&](WrittenHosts written) {
    return SetHosts{std::move(written.hosts), rules.append, written.force};
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

constexpr std::string_view subsystem_directory = "subsystem";
constexpr std::string_view passthru_directory = "passthru";

std::string show_controller(const Engine&, const ExportView& view) {
  const auto& device = view.wanted.controller.device;
  return device ? device->str() + "\n" : std::string();
}

Result<Intent> store_controller(std::string_view text, const StoreRules&) {
  if (text.empty()) return Intent(SetController{});
  return to_intent<Intent>(DevicePath::parse(text).map(
      [](DevicePath device) { return SetController{std::move(device)}; }));
}

std::string show_controller_enabled(const Engine&, const ExportView& view) {
  return view.wanted.controller.enabled ? "1\n" : "0\n";
}

Result<Intent> store_controller_enabled(std::string_view text, const StoreRules&) {
  return to_intent<Intent>(
      parse_switch(text,
                   "to serve a controller whose disks are in use, write its path and "
                   "\" force\" to passthru/device")
          .map([](Switch to) { return SetControllerEnabled{to.on}; }));
}

const std::array files{
    ExportAttribute{"device", 0644, Kind::value, show_device, store_device,
                    "the block device or regular file that is served: an absolute path"},
    ExportAttribute{"address", 0644, Kind::list, show_address, store_address,
                    "where it is served: [transport://]address[:port], one a line"},
    ExportAttribute{"enabled", 0644, Kind::value, show_enabled, store_enabled,
                    "1 serves it, 0 takes it back, \"0 force\" although hosts are connected"},
    ExportAttribute{"hosts", 0644, Kind::list, show_hosts, store_hosts,
                    "who may connect: any, or one host NQN a line; \" force\" after it ends "
                    "others' connections"},
    ExportAttribute{"status", 0444, Kind::report, show_status, nullptr,
                    "what is true in the kernel now, and the last refusal"},
    ExportAttribute{"plan", 0444, Kind::report, show_plan, nullptr,
                    "the commands that writing 1 to enabled stands for, or 0 once it is enabled"},
    ExportAttribute{"clients", 0444, Kind::report, show_clients, nullptr,
                    "the hosts that are connected now"},
};

const std::array passthru_files{
    ExportAttribute{"passthru/device", 0644, Kind::value, show_controller, store_controller,
                    "an NVMe controller of this machine that is served whole: /dev/nvme0"},
    ExportAttribute{"passthru/enabled", 0644, Kind::value, show_controller_enabled,
                    store_controller_enabled,
                    "1 serves it instead of disks, whenever the export is enabled"},
};

// What counts: as written, else what the kernel has of its own.
std::string value_of(const SubsystemSetting& setting, const Engine& engine, const Export& wanted) {
  // The drive's, which only the kernel tells.
  if (setting.name == "version" && wanted.controller.enabled) {
    const auto snapshot = engine.snapshot();
    const auto there = snapshot->observed.subsystems.find(wanted.name.str());
    return there != snapshot->observed.subsystems.end()
               ? attribute(there->second.attributes, "attr_version")
               : std::string();
  }
  if (setting.name == "serial") return wanted.identity.serial;
  if (setting.name == "model") return wanted.identity.model;
  const std::string name(setting.attribute);
  const auto set = wanted.settings.find(name);
  if (set != wanted.settings.end()) return set->second;
  return attribute(engine.backend().attributes().subsystem, name);
}

ExportAttribute row_of(const SubsystemSetting& setting) {
  const auto show = [&setting](const Engine& engine, const ExportView& view) {
    return value_of(setting, engine, view.wanted) + "\n";
  };
  const auto store = [&setting](std::string_view text, const StoreRules&) {
    SetSubsystemSetting set{std::string(setting.name), std::nullopt};
    if (text.empty()) return Result<Intent>(std::move(set));
    return to_intent<Intent>(check(setting, text).map([&](std::string canonical) {
      set.value = std::move(canonical);
      return std::move(set);
    }));
  };
  return {fmt::format("{}/{}", subsystem_directory, setting.name),
          0644,
          Kind::value,
          show,
          store,
          setting.doc};
}

ExportAttribute row_of(const PassthruSetting& setting) {
  const std::string name(setting.name);
  const auto show = [name](const Engine& engine, const ExportView& view) {
    const auto& settings = view.wanted.controller.settings;
    const auto set = settings.find(name);
    return (set != settings.end() ? set->second
                                  : attribute(engine.backend().attributes().passthru, name)) +
           "\n";
  };
  const auto store = [&setting](std::string_view text, const StoreRules&) {
    SetControllerSetting set{std::string(setting.name), std::nullopt};
    if (text.empty()) return Result<Intent>(std::move(set));
    return to_intent<Intent>(check(setting, text).map([&](std::string canonical) {
      set.value = std::move(canonical);
      return std::move(set);
    }));
  };
  return {fmt::format("{}/{}", passthru_directory, setting.name),
          0644,
          Kind::value,
          show,
          store,
          setting.doc};
}

std::vector<ExportAttribute> make_rows() {
  std::vector<ExportAttribute> rows(files.begin(), files.end());
  for (const auto& setting : subsystem_settings) rows.push_back(row_of(setting));
  rows.insert(rows.end(), passthru_files.begin(), passthru_files.end());
  for (const auto& setting : passthru_settings) rows.push_back(row_of(setting));
  return rows;
}

}  // namespace

std::span<const ExportAttribute> export_attributes() {
  static const auto rows = make_rows();
  return rows;
}

bool has_attribute(const KernelAttributes& kernel, const ExportAttribute& attribute) {
  if (attribute.directory() == passthru_directory)
    return find_passthru_setting(attribute.file()) == nullptr
               ? !kernel.passthru.empty()
               : kernel.passthru.contains(std::string(attribute.file()));
  if (attribute.directory() != subsystem_directory) return true;
  const auto* const setting = find_subsystem_setting(attribute.file());
  return kernel.subsystem.contains(std::string(setting->attribute));
}

}  // namespace nvmeofs
