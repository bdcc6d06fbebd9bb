#include "disk_identity.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cctype>
#include <optional>
#include <string_view>

#include "block_tree.h"
#include "device_identity.h"
#include "file_identity.h"
#include "loop_devices.h"
#include "nvmeofs/fd.h"
#include "nvmeofs/text.h"
#include "signatures.h"
#include "udev_record.h"

namespace nvmeofs {
namespace {

std::string block_identity(dev_t device);

// The disk's own words. SCSI's fields are filled up with blanks ("t10.ATA     QEMU HARDDISK    …"),
// which is no help to a reader.
std::string words(std::string_view text) {
  std::string tidy;
  for (const char each : text) {
    const bool blank = std::isspace(static_cast<unsigned char>(each)) != 0;
    if (!blank) {
      tidy += each;
    } else if (!tidy.empty() && tidy.back() != ' ') {
      tidy += ' ';
    }
  }
  if (!tidy.empty() && tidy.back() == ' ') tidy.pop_back();
  return printable(tidy);
}

// The kernel writes 66f904c2-d6de-f687-…, mdadm and udev 66f904c2:d6def687:….
std::string hex_digits(std::string_view uuid) {
  std::string digits;
  std::copy_if(uuid.begin(), uuid.end(), std::back_inserter(digits),
               [](unsigned char each) { return std::isxdigit(each) != 0; });
  return digits.find_first_not_of('0') == std::string::npos ? "" : digits;
}

// An array that was just made has only zeros in sysfs (seen on 6.1).
std::string array_identity(dev_t device) {
  std::string uuid = hex_digits(block_attribute(device, "md/uuid").value_or(""));
  if (uuid.empty()) uuid = hex_digits(udev_property(device, "MD_UUID").value_or(""));
  return uuid.empty() ? "" : "md " + uuid;
}

std::string mapped_identity(dev_t device) {
  const std::string uuid = words(block_attribute(device, "dm/uuid").value_or(""));
  return uuid.empty() ? "" : "dm " + uuid;
}

// The file that the loop device holds, if it is still there under its name. The name may lead to
// another by now, or to where a look would wait for ourselves.
std::string backing_file_identity(const LoopBacking& backing) {
  const auto found = identify_device(backing.path);
  if (!found || found->block || found->device != backing.device || found->inode != backing.inode) {
    return "";
  }
  const Fd file(open(backing.path.c_str(), O_PATH | O_CLOEXEC));
  struct stat status {};
  if (!file || fstat(file.get(), &status) != 0 || status.st_dev != backing.device ||
      status.st_ino != backing.inode) {
    return "";
  }
  return file_identity(file.get());
}

std::string loop_identity(dev_t device) {
  const auto backing = loop_backing(device);
  if (!backing) return "";
  std::string text =
      backing->block != 0 ? block_identity(backing->block) : backing_file_identity(*backing);
  if (text.empty() || backing->offset == 0) return text;
  return fmt::format("{} from byte {}", text, backing->offset);
}

std::string partition_identity(dev_t partition) {
  const dev_t disk = whole_disk(partition);
  const std::string on_disk = block_identity(disk);
  const std::string on = on_disk.empty() ? "" : " on " + on_disk;
  const auto uuid = partition_uuid(disk, partition);
  if (!uuid) return "";
  if (!uuid->empty()) return fmt::format("partuuid {}{}", printable(*uuid), on);
  const auto number = block_attribute(partition, "partition");
  // The number alone is no more than the path says.
  if (!number || on.empty()) return "";
  return fmt::format("partition {}{}", printable(*number), on);
}

struct Source {
  std::string_view name;
  std::optional<std::string> (*look)(dev_t);
};

// Before udev's words the kernel's: they are there from the first moment on.
constexpr Source sources[] = {
    {"wwid", [](dev_t disk) { return block_attribute(disk, "wwid"); }},         // NVMe
    {"wwid", [](dev_t disk) { return block_attribute(disk, "device/wwid"); }},  // SCSI
    {"serial", [](dev_t disk) { return block_attribute(disk, "serial"); }},     // virtio
    {"serial", [](dev_t disk) { return udev_property(disk, "ID_SERIAL"); }},    // MMC, USB …
    {"wwid", [](dev_t disk) { return udev_property(disk, "ID_WWN"); }},
};

std::string hardware_identity(dev_t disk) {
  for (const Source& source : sources) {
    const std::string said = words(source.look(disk).value_or(""));
    if (!said.empty()) return fmt::format("{} {}", source.name, said);
  }
  return "";
}

std::string block_identity(dev_t device) {
  if (is_partition(device)) return partition_identity(device);
  if (block_attribute(device, "dm/name")) return mapped_identity(device);
  if (block_attribute(device, "md/metadata_version")) return array_identity(device);
  if (block_attribute(device, "loop/backing_file")) return loop_identity(device);
  return hardware_identity(device);
}

}  // namespace

DiskIdentity disk_identity(const DeviceId& device, int fd) {
  return {device.block ? block_identity(device.device) : file_identity(fd)};
}

}  // namespace nvmeofs
