#include "nvme_controller.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <algorithm>
#include <boost/algorithm/string/trim.hpp>
#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstring>
#include <optional>
#include <regex>

#include "block_tree.h"
#include "device_identity.h"
#include "fabrics_disk.h"
#include "nvmeofs/text.h"
#include "tables/first_line.h"

namespace nvmeofs {
namespace {

namespace fs = boost::filesystem;

fs::path folder_of(dev_t number) {
  return fs::path("/sys/dev/char") / fmt::format("{}:{}", major(number), minor(number));
}

std::optional<std::string> attribute_in(const fs::path& folder, const char* name) {
  auto line = first_line(folder / name);
  // Serial number and model are filled up with blanks.
  if (line) boost::algorithm::trim(*line);
  return line;
}

bool is_controller(const fs::path& folder) {
  boost::system::error_code error;
  return fs::canonical(folder / "subsystem", error).filename() == "nvme" && !error;
}

DiskIdentity drive_of(const fs::path& folder) {
  const auto serial = attribute_in(folder, "serial");
  const auto model = attribute_in(folder, "model");
  if (!serial || serial->empty()) return {};
  return {printable(fmt::format("serial {} {}", *serial, model.value_or("")))};
}

// With native multipath nvme0c1n2 is a path of the disk nvme0n2, which hangs below the subsystem;
// without it the disk hangs below its one controller. The number before the n need not be that of
// the controller.
std::vector<std::string> disks_of(const fs::path& folder) {
  static const std::regex name("(nvme[0-9]+)(?:c[0-9]+)?(n[0-9]+)");
  std::vector<std::string> nodes;
  boost::system::error_code error;
  for (fs::directory_iterator at(folder, error), end; !error && at != end; at.increment(error)) {
    std::smatch parts;
    const std::string entry = at->path().filename().string();
    if (std::regex_match(entry, parts, name))
      nodes.push_back(fmt::format("/dev/{}{}", parts[1].str(), parts[2].str()));
  }
  std::sort(nodes.begin(), nodes.end());
  return nodes;
}

}  // namespace

Result<LocalController> local_controller(const std::string& path) {
  // Missing, or on a mount of ours.
  const auto device = identify_device(path);
  if (!device && device.error().errnum == ENOENT)
    return refuse(ENOENT, Reason::device_missing,
                  "does not exist; 'nvme list -v' lists the controllers there are");
  if (!device && device.error().reason != Reason::device_kind)
    return tl::unexpected(device.error());
  struct stat status {};
  if (stat(path.c_str(), &status) != 0)
    return refuse(errno, Reason::device_missing, "cannot be looked up: {}", std::strerror(errno));
  const fs::path folder = folder_of(status.st_rdev);
  if (!S_ISCHR(status.st_mode) || !is_controller(folder))
    return refuse(EINVAL, Reason::device_kind,
                  "{}; write the character device of an NVMe controller, such as /dev/nvme0",
                  S_ISBLK(status.st_mode) ? "a disk, not the controller that it hangs on"
                                          : "no NVMe controller");

  if (is_fabric(attribute_in(folder, "transport")))
    return refuse(ELOOP, Reason::device_loop,
                  "leads to another machine, to the subsystem {}; serve it from the machine that "
                  "it is in",
                  printable(attribute_in(folder, "subsysnqn").value_or("")));

  LocalController local{.controller = {.number = status.st_rdev, .drive = drive_of(folder)},
                        .disks = {}};
  for (const auto& node : disks_of(folder)) {
    const auto disk = identify_device(node);
    // One whose node is not there yet, or not any more, cannot be in use.
    if (!disk) continue;
    local.controller.disks.push_back(*disk);
    local.disks.push_back(node);
  }
  return local;
}

bool is_present(const Controller& controller) {
  const fs::path folder = folder_of(controller.number);
  return is_controller(folder) && drive_of(folder) == controller.drive;
}

}  // namespace nvmeofs
