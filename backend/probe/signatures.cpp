#include "signatures.h"

#include <blkid/blkid.h>

#include <cerrno>
#include <memory>

#include "block_tree.h"
#include "nvmeofs/fd.h"

namespace nvmeofs {
namespace {

struct FreeProbe {
  void operator()(blkid_struct_probe* probe) const { blkid_free_probe(probe); }
};

// A probe with the descriptor that it reads.
struct Reading {
  Fd fd;
  std::unique_ptr<blkid_struct_probe, FreeProbe> probe;
};

Reading read_from(dev_t device) {
  // A read would wait until somebody resumes it.
  if (block_attribute(device, "dm/suspended") == "1") return {};
  Reading reading{open_node(device), nullptr};
  if (!reading.fd) return reading;
  reading.probe.reset(blkid_new_probe());
  if (reading.probe && blkid_probe_set_device(reading.probe.get(), reading.fd.get(), 0, 0) != 0) {
    reading.probe.reset();
  }
  return reading;
}

tl::unexpected<Error> unreadable(dev_t device) {
  return refuse(EIO, Reason::internal, "{} cannot be read", block_node(device));
}

}  // namespace

Result<std::string> file_system_uuid(dev_t device) {
  const Reading reading = read_from(device);
  if (!reading.probe) return unreadable(device);
  blkid_probe_enable_superblocks(reading.probe.get(), 1);
  blkid_probe_set_superblocks_flags(reading.probe.get(), BLKID_SUBLKS_UUID);
  if (blkid_do_safeprobe(reading.probe.get()) < 0) return unreadable(device);
  const char* uuid = nullptr;
  if (blkid_probe_lookup_value(reading.probe.get(), "UUID", &uuid, nullptr) != 0) return "";
  return uuid;
}

Result<std::string> partition_uuid(dev_t disk, dev_t partition) {
  const Reading reading = read_from(disk);
  if (!reading.probe) return unreadable(disk);
  blkid_probe_enable_superblocks(reading.probe.get(), 0);
  blkid_probe_enable_partitions(reading.probe.get(), 1);
  if (blkid_do_safeprobe(reading.probe.get()) < 0) return unreadable(disk);
  const auto table = blkid_probe_get_partitions(reading.probe.get());
  const auto entry =
      table == nullptr ? nullptr : blkid_partlist_devno_to_partition(table, partition);
  const char* uuid = entry == nullptr ? nullptr : blkid_partition_get_uuid(entry);
  return uuid == nullptr ? "" : uuid;
}

}  // namespace nvmeofs
