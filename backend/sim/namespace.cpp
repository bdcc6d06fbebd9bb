#include "sim/namespace.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <filesystem>

#include "sim/machine.h"
#include "sim/passthru.h"
#include "sim/random.h"
#include "sim/served.h"
#include "sim/subsystem.h"
#include "sim/text.h"

namespace nvmeofs::sim {
namespace {

constexpr std::uint32_t all_namespaces = 0xffffffff;  // NVME_NSID_ALL

const Namespace& of(const Item& item) {
  return static_cast<const Namespace&>(item);
}
Namespace& of(Item& item) {
  return static_cast<Namespace&>(item);
}

bool is_hex(char c) {
  return std::isxdigit(static_cast<unsigned char>(c)) != 0;
}
char lower(char c) {
  return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
}

std::string show_device_uuid(const Item& item) {
  return of(item).uuid;
}

// uuid_parse: dashes in place, any case, what comes after 36 characters is not looked at.
Syscall<void> store_device_uuid(Item& item, std::string_view written) {
  if (of(item).enabled()) return fails(EBUSY);
  std::string uuid(written.substr(0, 36));
  if (uuid.size() != 36) return fails(EINVAL);
  for (std::size_t i = 0; i < uuid.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? uuid[i] != '-' : !is_hex(uuid[i])) return fails(EINVAL);
  }
  std::ranges::transform(uuid, uuid.begin(), lower);
  of(item).uuid = uuid;
  return {};
}

std::string show_device_nguid(const Item& item) {
  return of(item).nguid;
}

// 16 pairs of digits, each with at most one dash or colon after it; shown in the form of a UUID.
Syscall<void> store_device_nguid(Item& item, std::string_view written) {
  if (of(item).enabled()) return fails(EBUSY);
  std::string digits;
  while (digits.size() < 32) {
    if (written.size() < 2 || !is_hex(written[0]) || !is_hex(written[1])) return fails(EINVAL);
    digits += lower(written[0]);
    digits += lower(written[1]);
    written.remove_prefix(2);
    if (written.starts_with('-') || written.starts_with(':')) written.remove_prefix(1);
  }
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) digits.insert(dash, 1, '-');
  of(item).nguid = digits;
  return {};
}

std::string show_buffered_io(const Item& item) {
  return of(item).buffered_io ? "1" : "0";
}

Syscall<void> store_buffered_io(Item& item, std::string_view written) {
  const auto on = to_bool(written);
  if (!on) return fails(on.error());
  if (of(item).enabled()) return fails(EINVAL);
  of(item).buffered_io = *on;
  return {};
}

std::string show_ana_grpid(const Item& item) {
  return std::to_string(of(item).ana_group);
}

// Not frozen: a namespace changes its group under its hosts.
Syscall<void> store_ana_grpid(Item& item, std::string_view written) {
  const auto group = to_unsigned(written, UINT32_MAX);
  if (!group) return fails(group.error());
  if (*group < 1 || *group > max_ana_groups) return fails(EINVAL);
  // array_index_nospec() with NVMET_MAX_ANAGRPS as the size of the array.
  of(item).ana_group = *group == max_ana_groups ? 0 : *group;
  return {};
}

constexpr std::array attribute_rows{
    Attribute{"device_path", show_device_path<Namespace>, store_device_path<Namespace>},
    Attribute{"device_uuid", show_device_uuid, store_device_uuid},
    Attribute{"device_nguid", show_device_nguid, store_device_nguid},
    Attribute{"buffered_io", show_buffered_io, store_buffered_io},
    Attribute{"ana_grpid", show_ana_grpid, store_ana_grpid},
    Attribute{"enable", show_enable<Namespace>, store_enable<Namespace>},
};

constexpr std::size_t name_max = 255;

// What open(2) for reading and writing says, with O_DIRECT unless it is buffered, and nvmet about
// what it got.
Syscall<void> open_device(const SimMachine& machine, const std::string& path, bool buffered) {
  const std::filesystem::path parts(path);
  if (std::ranges::any_of(parts,
                          [](const auto& part) { return part.native().size() > name_max; })) {
    return fails(ENAMETOOLONG);
  }
  const SimDevice* device = machine.find(path);
  if (device == nullptr) {
    const SimDevice* parent = machine.find(parts.parent_path().native());
    const bool no_directory = parent != nullptr && parent->kind != SimDevice::Kind::directory;
    return fails(no_directory ? ENOTDIR : ENOENT);
  }
  switch (device->kind) {
    case SimDevice::Kind::directory:
      return fails(EISDIR);
    case SimDevice::Kind::character:
    case SimDevice::Kind::controller:
      return fails(EINVAL);
    case SimDevice::Kind::file:
      if (!device->direct_io && !buffered) return fails(EINVAL);
      [[fallthrough]];
    case SimDevice::Kind::block:
      return device->read_only ? Syscall<void>(fails(EACCES)) : Syscall<void>();
  }
  return fails(EINVAL);
}

}  // namespace

Namespace::Namespace(const std::string& name, std::uint32_t nsid, Subsystem& subsystem)
    : Item(name),
      uuid(random_uuid()),
      nguid("00000000-0000-0000-0000-000000000000"),
      nsid_(nsid),
      subsystem_(subsystem) {}

std::span<const Attribute> Namespace::attributes() const {
  return attribute_rows;
}

Syscall<void> Namespace::enable() {
  // Not a word, and not a thing done.
  if (subsystem_.passthru().enabled()) return {};
  if (enabled_) return {};
  if (!device_path) return fails(EINVAL);
  if (auto opened = open_device(subsystem_.nvmet().machine, *device_path, buffered_io); !opened)
    return opened;
  if (subsystem_.has_enabled_nsid(nsid_)) return fails(EBUSY);
  enabled_ = true;
  return {};
}

nvmeofs::Namespace Namespace::value() const {
  nvmeofs::Namespace value;
  if (device_path) value.attributes["device_path"] = *device_path;
  value.attributes["device_uuid"] = uuid;
  value.attributes["device_nguid"] = nguid;
  value.attributes["buffered_io"] = show_buffered_io(*this);
  value.attributes["ana_grpid"] = show_ana_grpid(*this);
  value.enabled = enabled_;
  return value;
}

Syscall<std::unique_ptr<Item>> Namespaces::make(const std::string& name) {
  const auto nsid = to_unsigned(name, UINT32_MAX);
  if (!nsid) return fails(nsid.error());
  if (*nsid == 0 || *nsid == all_namespaces) return fails(EINVAL);
  return std::make_unique<Namespace>(name, *nsid, subsystem_);
}

}  // namespace nvmeofs::sim
