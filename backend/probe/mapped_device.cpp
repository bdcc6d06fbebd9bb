#include "mapped_device.h"

#include <fmt/format.h>

#include "block_tree.h"

namespace nvmeofs {
namespace {

bool starts_with(std::string_view text, std::string_view start) {
  return text.substr(0, start.size()) == start;
}

// device-mapper's users put their own name in front of the UUID.
Layer describe_mapped(const std::string& name, const std::string& uuid) {
  if (starts_with(uuid, "LVM-")) {
    const std::string volume = lvm_name(name);
    return {fmt::format("the LVM volume {}", volume),
            fmt::format("'vgchange -an {}' frees it", volume.substr(0, volume.find('/')))};
  }
  if (starts_with(uuid, "CRYPT-")) {
    return {fmt::format("the encrypted volume /dev/mapper/{}", name),
            fmt::format("'cryptsetup close {}' frees it", name)};
  }
  if (starts_with(uuid, "mpath-")) {
    return {fmt::format("the multipath disk /dev/mapper/{}", name),
            fmt::format("write /dev/mapper/{} instead to serve all of its paths", name)};
  }
  return {fmt::format("the device-mapper device /dev/mapper/{}", name),
          fmt::format("'dmsetup remove {}' frees it", name)};
}

}  // namespace

std::string lvm_name(std::string_view mapped) {
  std::string name;
  bool divided = false;
  for (std::size_t at = 0; at < mapped.size(); ++at) {
    if (mapped[at] != '-' || divided) {
      // The part after the volume's name ("-tpool", "_tdata") is LVM's own.
      name += mapped[at];
      if (mapped[at] == '-' && mapped.substr(at + 1, 1) == "-") ++at;
    } else if (mapped.substr(at + 1, 1) == "-") {
      name += '-';
      ++at;
    } else {
      name += '/';
      divided = true;
    }
  }
  return name;
}

Layer describe_layer(dev_t device) {
  if (const auto name = block_attribute(device, "dm/name")) {
    return describe_mapped(*name, block_attribute(device, "dm/uuid").value_or(""));
  }
  const std::string node = block_node(device);
  if (starts_with(node, "/dev/md")) {
    return {fmt::format("the MD array {}", node), fmt::format("'mdadm --stop {}' frees it", node)};
  }
  if (starts_with(node, "/dev/bcache")) {
    return {fmt::format("the bcache device {}", node),
            fmt::format("'echo 1 > /sys/block/{}/bcache/stop' frees it", node.substr(5))};
  }
  if (starts_with(node, "/dev/drbd")) {
    return {fmt::format("the DRBD device {}", node), "'drbdadm down' on its resource frees it"};
  }
  return {fmt::format("the device {}", node), "take that down first"};
}

}  // namespace nvmeofs
