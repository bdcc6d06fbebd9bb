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

// Nothing but an object of its kind says what it has, so one is made for a moment. One that an
// earlier program was killed in the middle of is taken up, and goes with this one.
class Sample {
 public:
  explicit Sample(std::string path)
      : path_(std::move(path)), errnum_(configfs::make_directory(path_)) {}
  ~Sample() { configfs::remove_directory(path_); }
  Sample(const Sample&) = delete;
  Sample& operator=(const Sample&) = delete;

  Result<std::set<std::string>> attributes() const {
    if (errnum_ != 0 && errnum_ != EEXIST)
      return refuse(errnum_, Reason::kernel_refused, "mkdir {}: {}", path_, strerror(errnum_));
    return configfs::attributes_in(path_);
  }
  const std::string& path() const { return path_; }

 private:
  const std::string path_;
  const int errnum_;
};

const char* transport_module(Trtype trtype) {
  switch (trtype) {
    case Trtype::rdma:
      return "nvmet_rdma";
    case Trtype::tcp:
      return "nvmet_tcp";
    case Trtype::fc:  // no alias: the kernel itself never loads it
      return "nvmet_fc";
    case Trtype::loop:
      break;
  }
  return "nvme_loop";
}

constexpr const char* sample_name = "nvmeofs-sample";

// Where there is a port already, that one is asked: rmdir of a port waits for every connection of
// every other.
Result<std::set<std::string>> attributes_of_ports(const std::string& ports) {
  const auto there = configfs::directories_in(ports);
  if (!there) return tl::unexpected(there.error());
  if (!there->empty()) return configfs::attributes_in(ports + "/" + there->front());
  return Sample(ports + "/65535").attributes();
}

// What can only be written reads as nothing.
Attributes texts_in(const std::string& directory, const std::set<std::string>& names) {
  Attributes texts;
  for (const auto& name : names)
    texts.emplace(name, configfs::read_attribute(directory + "/" + name).value_or(""));
  return texts;
}

Result<Attributes> fresh(const Sample& sample) {
  return sample.attributes().map(
      [&](const std::set<std::string>& names) { return texts_in(sample.path(), names); });
}

// It comes with each subsystem, where the kernel was built with it.
Attributes passthru_of(const Sample& subsystem) {
  const std::string directory = subsystem.path() + "/passthru";
  return texts_in(directory, configfs::attributes_in(directory).value_or(std::set<std::string>{}));
}

Result<KernelAttributes> attributes_below(const std::string& root) {
  const Sample subsystem(root + "/subsystems/" + sample_name);
  auto of_subsystem = fresh(subsystem);
  if (!of_subsystem) return tl::unexpected(of_subsystem.error());
  auto of_space = fresh(Sample(subsystem.path() + "/namespaces/1"));
  if (!of_space) return tl::unexpected(of_space.error());
  auto of_host = Sample(root + "/hosts/" + sample_name).attributes();
  if (!of_host) return tl::unexpected(of_host.error());
  auto of_port = attributes_of_ports(root + "/ports");
  if (!of_port) return tl::unexpected(of_port.error());
  return KernelAttributes{std::move(*of_port), std::move(*of_subsystem), std::move(*of_space),
                          std::move(*of_host), passthru_of(subsystem)};
}

}  // namespace

Result<std::unique_ptr<NvmetBackend>> NvmetBackend::open() {
  if (auto mounted = mount_configfs(); !mounted) return tl::unexpected(mounted.error());
  std::set<std::string> loaded;
  if (auto needed = need_module("nvmet", loaded); !needed) return tl::unexpected(needed.error());
  const std::string root = std::string(configfs_path) + "/nvmet";
  auto attributes = attributes_below(root);
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
      errnum = configfs::write_attribute(path, step.written());
      break;
    case Verb::protect:
      errnum = configfs::protect_attribute(path);
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
  return need_module(transport_module(trtype), loaded_);
}

}  // namespace nvmeofs
