#include "nvmet/nvmet_backend.h"

#include <sys/mount.h>
#include <sys/vfs.h>

#include <cerrno>
#include <cstring>

#include "nvmet/configfs.h"
#include "probe/kernel_modules.h"

namespace nvmeofs {

namespace {

// fs/configfs/mount.c; the kernel exports it in no header.
constexpr long configfs_magic = 0x62656570;

bool configfs_is_mounted() {
  struct statfs facts {};
  return statfs(NvmetBackend::configfs_path, &facts) == 0 && facts.f_type == configfs_magic;
}

// Keeps the name of one that was not there before.
Result<void> need_module(const std::string& name, std::set<std::string>& loaded) {
  const bool there = module_state(name) != ModuleState::available;
  auto result = load_module(name);
  if (result && !there) loaded.insert(name);
  return result;
}

Result<void> mount_configfs() {
  if (configfs_is_mounted()) return {};
  if (auto loaded = load_module("configfs"); !loaded) return loaded;
  // systemd may have been quicker: it mounts configfs when the module appears.
  if (mount("configfs", NvmetBackend::configfs_path, "configfs", MS_NOSUID | MS_NODEV | MS_NOEXEC,
            nullptr) != 0 &&
      !configfs_is_mounted())
    return refuse(errno, Reason::kernel_refused, "cannot mount configfs on {}: {}",
                  NvmetBackend::configfs_path, strerror(errno));
  return {};
}

// Nothing but a port says what ports have. Where there is none yet, one is made for a moment: only
// then, as rmdir of a port waits for every connection of every other.
Result<std::set<std::string>> attributes_of_ports(const std::string& ports) {
  const auto there = configfs::directories_in(ports);
  if (!there) return tl::unexpected(there.error());
  if (!there->empty()) return configfs::attributes_in(ports + "/" + there->front());
  const std::string probe = ports + "/65535";
  const int errnum = configfs::make_directory(probe);
  if (errnum != 0 && errnum != EEXIST)
    return refuse(errnum, Reason::kernel_refused, "mkdir {}: {}", probe, strerror(errnum));
  auto attributes = configfs::attributes_in(probe);
  if (errnum == 0) configfs::remove_directory(probe);
  return attributes;
}

}  // namespace

Result<std::unique_ptr<NvmetBackend>> NvmetBackend::open() {
  if (auto mounted = mount_configfs(); !mounted) return tl::unexpected(mounted.error());
  std::set<std::string> loaded;
  if (auto needed = need_module("nvmet", loaded); !needed) return tl::unexpected(needed.error());
  const std::string root = std::string(configfs_path) + "/nvmet";
  auto attributes = attributes_of_ports(root + "/ports");
  if (!attributes) return tl::unexpected(attributes.error());
  return std::unique_ptr<NvmetBackend>(
      new NvmetBackend(root, std::move(loaded), std::move(*attributes)));
}

Result<void> NvmetBackend::perform(const Step& step) {
  const std::string path = root_ + "/" + step.path;
  int errnum = EINVAL;
  switch (step.verb) {
    case Verb::make_item:
      errnum = configfs::make_directory(path);
      break;
    case Verb::remove_item:
      errnum = configfs::remove_directory(path);
      break;
    case Verb::set_attribute:
      errnum = configfs::write_attribute(path, step.value);
      break;
    case Verb::make_link:
      errnum = configfs::make_link(root_ + "/" + step.value, path);
      break;
    case Verb::remove_link:
      errnum = configfs::remove_link(path);
      break;
  }
  if (errnum == 0) return {};
  return refuse(errnum, Reason::kernel_refused, "{}: {}", shell_command(step, root_),
                strerror(errnum));
}

Result<void> NvmetBackend::need_transport(Trtype trtype) {
  return need_module(trtype == Trtype::rdma ? "nvmet_rdma" : "nvmet_tcp", loaded_);
}

}  // namespace nvmeofs
