#include "fs/space_attributes.h"

#include <array>
#include <utility>
#include <vector>

#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

std::string show_device(const Engine&, const Space& space) {
  return space.device ? space.device->str() + "\n" : std::string();
}

Result<SpaceIntent> store_device(std::string_view text, const StoreRules&) {
  std::optional<DevicePath> device;
  if (!text.empty()) {
    auto parsed = DevicePath::parse(text);
    if (!parsed) return tl::make_unexpected(std::move(parsed.error()));
    device = std::move(*parsed);
  }
  return SpaceIntent([device = std::move(device)](Nsid nsid) { return SetDevice{device, nsid}; });
}

std::string show_enabled(const Engine&, const Space& space) {
  return space.enabled ? "1\n" : "0\n";
}

Result<SpaceIntent> store_enabled(std::string_view text, const StoreRules&) {
  return parse_switch(text,
                      "to serve a device that is in use, write its path and \" force\" to device")
      .map([](Switch to) {
        return SpaceIntent([to](Nsid nsid) { return SetNamespaceEnabled{nsid, to.on, to.force}; });
      });
}

std::string show_uuid(const Engine&, const Space& space) {
  return space.uuid + "\n";
}

Result<SpaceIntent> store_uuid(std::string_view text, const StoreRules&) {
  return parse_uuid(text).map([](std::string uuid) {
    return SpaceIntent([uuid = std::move(uuid)](Nsid nsid) {
      return SetNamespaceIdentity{nsid, uuid, std::nullopt};
    });
  });
}

std::string show_nguid(const Engine&, const Space& space) {
  return space.nguid + "\n";
}

Result<SpaceIntent> store_nguid(std::string_view text, const StoreRules&) {
  return parse_nguid(text).map([](std::string nguid) {
    return SpaceIntent([nguid = std::move(nguid)](Nsid nsid) {
      return SetNamespaceIdentity{nsid, std::nullopt, nguid};
    });
  });
}

std::string show_ana_group(const Engine&, const Space& space) {
  return std::to_string(space.ana_group) + "\n";
}

Result<SpaceIntent> store_ana_group(std::string_view text, const StoreRules&) {
  return parse_ana_group(text).map([](AnaGroup group) {
    return SpaceIntent([group](Nsid nsid) { return SetNamespaceAnaGroup{nsid, group}; });
  });
}

constexpr const char* ana_group = "ana_group";

const std::array files{
    SpaceAttribute{"device", 0644, Kind::value, show_device, store_device,
                   "the block device or regular file that is served: an absolute path"},
    SpaceAttribute{"enabled", 0644, Kind::value, show_enabled, store_enabled,
                   "1 serves it whenever the export is enabled, \"0 force\" takes it away although "
                   "hosts are connected"},
    SpaceAttribute{"uuid", 0644, Kind::value, show_uuid, store_uuid,
                   "by which hosts know the disk again"},
    SpaceAttribute{"nguid", 0644, Kind::value, show_nguid, store_nguid,
                   "the same, in another form; all zeros: none"},
    SpaceAttribute{ana_group, 0644, Kind::value, show_ana_group, store_ana_group,
                   "1 to 127: the group whose state at each address counts for it"},
};

std::string value_of(const SpaceSetting& setting, const Engine& engine, const Space& space) {
  const std::string name(setting.name);
  if (const auto set = space.settings.find(name); set != space.settings.end()) return set->second;
  if (name == "buffered_io" && !space.direct) return "1";
  return attribute(engine.backend().attributes().space, name);
}

SpaceAttribute row_of(const SpaceSetting& setting) {
  const auto show = [&setting](const Engine& engine, const Space& space) {
    return value_of(setting, engine, space) + "\n";
  };
  const auto intent = [&setting](std::optional<std::string> value) {
    return SpaceIntent([&setting, value = std::move(value)](Nsid nsid) {
      return SetNamespaceSetting{nsid, std::string(setting.name), value};
    });
  };
  const auto store = [&setting, intent](std::string_view text, const StoreRules&) {
    if (text.empty()) return Result<SpaceIntent>(intent(std::nullopt));
    return check(setting, text).map(intent);
  };
  return {std::string(setting.name), 0644, Kind::value, show, store, setting.doc};
}

std::vector<SpaceAttribute> make_rows() {
  std::vector<SpaceAttribute> rows(files.begin(), files.end());
  for (const auto& setting : space_settings) rows.push_back(row_of(setting));
  return rows;
}

}  // namespace

std::span<const SpaceAttribute> space_attributes() {
  static const auto rows = make_rows();
  return rows;
}

bool has_attribute(const KernelAttributes& kernel, const SpaceAttribute& attribute) {
  if (attribute.name == ana_group) return kernel.space.contains("ana_grpid");
  return find_space_setting(attribute.name) == nullptr || kernel.space.contains(attribute.name);
}

}  // namespace nvmeofs
