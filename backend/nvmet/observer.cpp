#include "nvmet/observer.h"

#include <sys/inotify.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstring>
#include <system_error>

#include "nvmeofs/host_setting.h"
#include "nvmeofs/passthru.h"
#include "nvmeofs/port_setting.h"
#include "nvmeofs/space_setting.h"
#include "nvmeofs/subsystem_setting.h"
#include "nvmet/configfs.h"

namespace nvmeofs {

namespace {

constexpr std::uint32_t interesting =
    IN_CREATE | IN_DELETE | IN_MODIFY | IN_DELETE_SELF | IN_ONLYDIR;

// What vanished between two looks was removed: the event that says so is on its way.
bool vanished(const Error& error) {
  return error.errnum == ENOENT;
}

// The attributes that mapping.cpp knows, under the names that configfs gives them. What cannot be
// read is not named.
Attributes read_attributes(const std::string& directory, const std::vector<std::string>& names) {
  Attributes attributes;
  for (const std::string& name : names)
    if (auto value = configfs::read_attribute(directory + "/" + name))
      attributes.emplace(name, std::move(*value));
  return attributes;
}

Result<std::map<std::string, std::string>> read_links(const std::string& directory) {
  auto names = configfs::links_in(directory);
  if (!names) return tl::unexpected(names.error());
  std::map<std::string, std::string> links;
  for (auto& name : *names)
    if (const auto target = configfs::read_link(directory + "/" + name))
      links.emplace(*target, name);
  return links;
}

// By its directory's name. One that went meanwhile is left out.
std::map<std::string, std::string> read_ana_groups(const std::string& directory,
                                                   const std::vector<std::string>& names) {
  std::map<std::string, std::string> groups;
  for (const auto& name : names)
    if (auto state = configfs::read_attribute(directory + "/" + name + "/ana_state"))
      groups.emplace(name, std::move(*state));
  return groups;
}

PortReferral read_referral(const std::string& directory) {
  PortReferral referral;
  referral.attributes =
      read_attributes(directory, {"addr_trtype", "addr_adrfam", "addr_traddr", "addr_trsvcid"});
  std::erase_if(referral.attributes, [](const auto& entry) { return entry.second.empty(); });
  referral.enabled = configfs::read_attribute(directory + "/enable").value_or("") == "1";
  return referral;
}

// A Namespace or a Passthru: what has a device, and is enabled.
template <class Served, class Settings>
Served read_served(const std::string& directory, const std::vector<std::string>& names,
                   const Settings& settings) {
  Served served;
  served.attributes = read_attributes(directory, names);
  for (const auto& setting : settings)
    served.attributes.merge(read_attributes(directory, {std::string(setting.name)}));
  // printf("%s") of a null pointer: nobody has written a path yet.
  if (attribute(served.attributes, "device_path") == "(null)")
    served.attributes.erase("device_path");
  served.enabled = configfs::read_attribute(directory + "/enable").value_or("") == "1";
  return served;
}

Namespace read_namespace(const std::string& directory) {
  return read_served<Namespace>(
      directory, {"device_path", "device_uuid", "device_nguid", "ana_grpid"}, space_settings);
}

// A kernel without it has no such directory.
Passthru read_passthru(const std::string& directory) {
  return read_served<Passthru>(directory, {"device_path"}, passthru_settings);
}

}  // namespace

Observer::Observer(std::string root)
    : root_(std::move(root)), fd_(inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) {
  if (!fd_) throw std::system_error(errno, std::generic_category(), "inotify_init1");
}

Result<Target> Observer::observe() {
  drain();
  if (lists_dirty_)
    if (auto read = read_lists(); !read) return tl::unexpected(read.error());
  for (const auto& nqn : std::exchange(dirty_subsystems_, {})) {
    const auto read = left_alone_.contains(nqn) ? Result<void>() : read_subsystem(nqn);
    if (!read || left_alone_.contains(nqn)) dirty_subsystems_.insert(nqn);
    if (!read) return tl::unexpected(read.error());
  }
  for (const auto& id : std::exchange(dirty_ports_, {}))
    if (auto read = read_port(id); !read) {
      dirty_ports_.insert(id);
      return tl::unexpected(read.error());
    }
  for (const auto& nqn : std::exchange(dirty_hosts_, {}))
    if (auto read = read_host(nqn); !read) {
      dirty_hosts_.insert(nqn);
      return tl::unexpected(read.error());
    }
  return target_;
}

void Observer::drain() {
  alignas(inotify_event) std::array<char, 64 * (sizeof(inotify_event) + NAME_MAX + 1)> buffer;
  for (;;) {
    const ssize_t length = read(fd_.get(), buffer.data(), buffer.size());
    if (length < 0 && errno == EINTR) continue;
    if (length <= 0) return;
    for (std::size_t at = 0; at < static_cast<std::size_t>(length);) {
      inotify_event event{};
      std::memcpy(&event, buffer.data() + at, sizeof event);
      at += sizeof event + event.len;
      if ((event.mask & IN_Q_OVERFLOW) != 0) {
        forget_everything();
        continue;
      }
      const auto found = watches_.find(event.wd);
      if (found == watches_.end()) continue;
      switch (found->second.kind) {
        case Subject::Kind::lists:
          lists_dirty_ = true;
          break;
        case Subject::Kind::subsystem:
          dirty_subsystems_.insert(found->second.name);
          break;
        case Subject::Kind::port:
          dirty_ports_.insert(found->second.name);
          break;
        case Subject::Kind::host:
          dirty_hosts_.insert(found->second.name);
          break;
      }
      if ((event.mask & IN_IGNORED) != 0) watches_.erase(found);
    }
  }
}

// The watch comes before the look: what changes in between is told.
void Observer::watch(const std::string& path, const Subject& subject) {
  const int descriptor = inotify_add_watch(fd_.get(), path.c_str(), interesting);
  if (descriptor >= 0) watches_.insert_or_assign(descriptor, subject);
}

Result<void> Observer::read_lists() {
  bool present = true;
  const auto names_in = [&](const char* folder) -> Result<std::vector<std::string>> {
    watch(root_ + folder, {Subject::Kind::lists, ""});
    auto names = configfs::directories_in(root_ + folder);
    if (!names && vanished(names.error())) {
      present = false;
      return std::vector<std::string>{};
    }
    return names;
  };
  const auto subsystems = names_in("/subsystems");
  if (!subsystems) return tl::unexpected(subsystems.error());
  const auto ports = names_in("/ports");
  if (!ports) return tl::unexpected(ports.error());
  const auto hosts = names_in("/hosts");
  if (!hosts) return tl::unexpected(hosts.error());

  // Removed and made again under the same name between two looks is a new object: its watches died
  // with the old one, and their events have marked it.
  const auto not_in = [](const auto& names) {
    return [&names](const auto& entry) {
      return std::find(names.begin(), names.end(), entry.first) == names.end();
    };
  };
  std::erase_if(target_.subsystems, not_in(*subsystems));
  std::erase_if(target_.ports, not_in(*ports));
  std::erase_if(target_.hosts, not_in(*hosts));
  for (const auto& nqn : *subsystems)
    if (!target_.subsystems.contains(nqn)) dirty_subsystems_.insert(nqn);
  for (const auto& id : *ports)
    if (!target_.ports.contains(id)) dirty_ports_.insert(id);
  for (const auto& nqn : *hosts)
    if (!target_.hosts.contains(nqn)) dirty_hosts_.insert(nqn);
  // While the module is not loaded there is nothing to watch, and so nobody to tell of its coming.
  lists_dirty_ = !present;
  return {};
}

Result<void> Observer::read_subsystem(const std::string& nqn) {
  const std::string directory = root_ + "/subsystems/" + nqn;
  const Subject subject{Subject::Kind::subsystem, nqn};
  for (const char* folder : {"", "/namespaces", "/allowed_hosts", "/passthru"})
    watch(directory + folder, subject);

  auto namespaces = configfs::directories_in(directory + "/namespaces");
  auto allowed_hosts = read_links(directory + "/allowed_hosts");
  for (const Error* error : {namespaces ? nullptr : &namespaces.error(),
                             allowed_hosts ? nullptr : &allowed_hosts.error()}) {
    if (error == nullptr) continue;
    if (!vanished(*error)) return tl::unexpected(*error);
    target_.subsystems.erase(nqn);
    return {};
  }

  Subsystem subsystem;
  subsystem.attributes = read_attributes(directory, {"attr_allow_any_host"});
  for (const auto& setting : subsystem_settings)
    subsystem.attributes.merge(read_attributes(directory, {std::string(setting.attribute)}));
  // The kernel pads the serial number to 20 characters with blanks.
  if (const auto serial = subsystem.attributes.find("attr_serial");
      serial != subsystem.attributes.end())
    serial->second.erase(serial->second.find_last_not_of(' ') + 1);
  subsystem.allowed_hosts = std::move(*allowed_hosts);
  subsystem.passthru = read_passthru(directory + "/passthru");
  for (const auto& nsid : *namespaces) {
    watch(directory + "/namespaces/" + nsid, subject);
    subsystem.namespaces.emplace(nsid, read_namespace(directory + "/namespaces/" + nsid));
  }
  target_.subsystems.insert_or_assign(nqn, std::move(subsystem));
  return {};
}

Result<void> Observer::read_port(const std::string& id) {
  const std::string directory = root_ + "/ports/" + id;
  const Subject subject{Subject::Kind::port, id};
  const std::string groups = directory + "/ana_groups";
  const std::string referrals = directory + "/referrals";
  for (const auto& folder : {directory, directory + "/subsystems", groups, referrals})
    watch(folder, subject);

  auto links = read_links(directory + "/subsystems");
  if (!links && vanished(links.error())) {
    target_.ports.erase(id);
    return {};
  }
  if (!links) return tl::unexpected(links.error());
  Port port;
  port.attributes =
      read_attributes(directory, {"addr_trtype", "addr_adrfam", "addr_traddr", "addr_trsvcid"});
  std::erase_if(port.attributes, [](const auto& entry) { return entry.second.empty(); });
  for (const auto& setting : port_settings)
    port.attributes.merge(read_attributes(directory, {std::string(setting.attribute)}));
  port.subsystems = std::move(*links);
  const auto group_names = configfs::directories_in(groups).value_or(std::vector<std::string>{});
  for (const auto& name : group_names) watch(groups + "/" + name, subject);
  port.ana_groups = read_ana_groups(groups, group_names);
  for (const auto& name :
       configfs::directories_in(referrals).value_or(std::vector<std::string>{})) {
    watch(referrals + "/" + name, subject);
    port.referrals.emplace(name, read_referral(referrals + "/" + name));
  }
  target_.ports.insert_or_assign(id, std::move(port));
  return {};
}

// A kernel without authentication has none of these files.
Result<void> Observer::read_host(const std::string& nqn) {
  const std::string directory = root_ + "/hosts/" + nqn;
  watch(directory, {Subject::Kind::host, nqn});
  const auto names = configfs::attributes_in(directory);
  if (!names && vanished(names.error())) {
    target_.hosts.erase(nqn);
    return {};
  }
  if (!names) return tl::unexpected(names.error());
  Host host;
  for (const auto& setting : host_settings)
    if (names->contains(std::string(setting.name)))
      if (auto text = configfs::read_attribute(directory + "/" + std::string(setting.name)))
        set(host, setting, Secret(std::move(*text)));
  target_.hosts.insert_or_assign(nqn, std::move(host));
  return {};
}

// The kernel dropped events: nothing that we know is sure.
void Observer::forget_everything() {
  target_ = {};
  dirty_subsystems_.clear();
  dirty_ports_.clear();
  dirty_hosts_.clear();
  lists_dirty_ = true;
}

}  // namespace nvmeofs
