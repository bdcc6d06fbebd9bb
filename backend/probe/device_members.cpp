#include "device_members.h"

#include <blkid/blkid.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <memory>
#include <string_view>
#include <utility>

#include "block_tree.h"
#include "udev_record.h"

namespace nvmeofs {
namespace {

struct FreeProbe {
  void operator()(blkid_struct_probe* probe) const { blkid_free_probe(probe); }
};
using Probe = std::unique_ptr<blkid_struct_probe, FreeProbe>;

// libblkid's names, for those that people know under another; the usage "raid" covers the rest of
// what is a member by its kind.
constexpr std::array<std::pair<std::string_view, std::string_view>, 12> members{{
    {"LVM2_member", "a physical volume of LVM"},
    {"LVM1_member", "a physical volume of LVM"},
    {"linux_raid_member", "a member of an MD array"},
    {"zfs_member", "a disk of a ZFS pool"},
    {"bcache", "a disk of bcache"},
    {"ceph_bluestore", "a disk of a Ceph OSD"},
    {"drbd", "the lower disk of a DRBD resource"},
    {"mpath_member", "a path of a multipath disk"},
    {"jbd", "the journal of a file system on another disk"},
    {"swsuspend", "the image of a hibernated machine"},
    {"stratis", "a disk of a Stratis pool"},
    {"DM_integrity", "the lower disk of an integrity device"},
}};

std::string value(blkid_probe probe, const char* name) {
  const char* data = nullptr;
  return blkid_probe_lookup_value(probe, name, &data, nullptr) == 0 && data != nullptr ? data : "";
}

// What the probe has found is a member of.
std::optional<std::string> member_found(blkid_probe probe) {
  const std::string type = value(probe, "TYPE");
  const std::string label = value(probe, "LABEL");
  const std::string named = label.empty() ? "" : fmt::format(" ({})", label);
  for (const auto& [name, words] : members) {
    if (type == name) return fmt::format("{}{}", words, named);
  }
  if (value(probe, "USAGE") == "raid") return fmt::format("a {}{}", type, named);
  return std::nullopt;
}

Probe new_probe(int fd, blkid_loff_t offset, blkid_loff_t size) {
  Probe probe(blkid_new_probe());
  if (!probe || blkid_probe_set_device(probe.get(), fd, offset, size) != 0) return nullptr;
  blkid_probe_enable_superblocks(probe.get(), 1);
  blkid_probe_set_superblocks_flags(probe.get(),
                                    BLKID_SUBLKS_TYPE | BLKID_SUBLKS_USAGE | BLKID_SUBLKS_LABEL);
  return probe;
}

std::optional<std::string> member_at(int fd, blkid_loff_t offset, blkid_loff_t size) {
  constexpr int ambivalent = -2;
  const Probe probe = new_probe(fd, offset, size);
  if (!probe) return std::nullopt;
  const int found = blkid_do_safeprobe(probe.get());
  if (found == 0) return member_found(probe.get());
  if (found != ambivalent) return std::nullopt;
  // Signatures of several kinds, old ones among them: one of a member is enough to ask a person.
  const Probe each = new_probe(fd, offset, size);
  while (each && blkid_do_probe(each.get()) == 0) {
    if (auto member = member_found(each.get())) return member;
  }
  return std::nullopt;
}

// A path of a multipath disk has no signature of its own; multipathd tells udev which disks are.
bool is_multipath_path(dev_t device) {
  return udev_property(device, "DM_MULTIPATH_DEVICE_PATH") == "1";
}

// sysfs counts in sectors of 512 bytes, whatever the disk's are.
std::optional<blkid_loff_t> bytes(dev_t partition, const char* attribute) {
  const auto text = block_attribute(partition, attribute);
  blkid_loff_t sectors = 0;
  if (!text ||
      std::from_chars(text->data(), text->data() + text->size(), sectors).ec != std::errc())
    return std::nullopt;
  return sectors * 512;
}

}  // namespace

std::optional<std::string> membership(int fd, dev_t device) {
  if (is_multipath_path(device)) return "a path of a multipath disk";
  if (auto member = member_at(fd, 0, 0)) return member;
  for (const dev_t partition : partitions_of(device)) {
    const auto start = bytes(partition, "start");
    const auto size = bytes(partition, "size");
    if (!start || !size || *size == 0) continue;
    if (const auto member = member_at(fd, *start, *size)) {
      return fmt::format("its partition {} is {}", block_node(partition), *member);
    }
  }
  return std::nullopt;
}

}  // namespace nvmeofs
