#include "sim/kernel.h"

#include <algorithm>
#include <cerrno>
#include <mutex>

#include "nvmeofs/event_fd.h"
#include "sim/host.h"
#include "sim/port.h"
#include "sim/subsystem.h"

namespace nvmeofs {
namespace {

using sim::Attribute;
using sim::Item;

constexpr std::size_t name_max = 255;
constexpr std::size_t write_max = 4095;  // SIMPLE_ATTR_SIZE of configfs, less the final NUL

class Root : public Item {
 public:
  explicit Root(sim::Nvmet& nvmet)
      : Item("nvmet"),
        subsystems(add_built_in<sim::Subsystems>(nvmet)),
        ports(add_built_in<sim::Ports>(nvmet)),
        hosts(add_built_in<sim::Hosts>()) {}

  sim::Subsystems& subsystems;
  sim::Ports& ports;
  sim::Hosts& hosts;
};

// The directory that a path's last name is in, and that name.
struct Place {
  Item* directory;
  std::string name;

  Item* child() const {
    const auto found = directory->children().find(name);
    return found == directory->children().end() ? nullptr : found->second.get();
  }
  Item* link() const {
    const auto found = directory->links().find(name);
    return found == directory->links().end() ? nullptr : found->second;
  }
  const Attribute* attribute() const { return directory->find_attribute(name); }
  bool is_taken() const {
    return child() != nullptr || link() != nullptr || attribute() != nullptr;
  }
};

// Follows a link, as a path with something after it does.
Syscall<Item*> enter(const Place& place) {
  if (Item* item = place.child()) return item;
  if (Item* target = place.link()) return target;
  return fails(place.attribute() != nullptr ? ENOTDIR : ENOENT);
}

Syscall<Place> find_place(Item& root, std::string_view path) {
  Place place{&root, {}};
  for (;;) {
    const auto slash = path.find('/');
    place.name = path.substr(0, slash);
    if (place.name.empty()) return fails(ENOENT);
    if (place.name.size() > name_max) return fails(ENAMETOOLONG);
    if (slash == std::string_view::npos) return place;
    const auto directory = enter(place);
    if (!directory) return fails(directory.error());
    place.directory = *directory;
    path.remove_prefix(slash + 1);
  }
}

Syscall<Item*> find_directory(Item& root, std::string_view path) {
  const auto place = find_place(root, path);
  return place ? enter(*place) : Syscall<Item*>(fails(place.error()));
}

Syscall<Place> find_attribute(Item& root, std::string_view path) {
  auto place = find_place(root, path);
  if (!place || place->attribute() != nullptr) return place;
  return fails(place->is_taken() ? EISDIR : ENOENT);
}

}  // namespace

class SimKernel::Impl {
 public:
  explicit Impl(SimMachine machine) : nvmet{std::move(machine), {}, {}}, root(nvmet) {}

  mutable std::mutex mutex;
  EventFd changes;
  EventFd machine_changes;
  sim::Nvmet nvmet;
  mutable Root root;  // the walk over it is one for readers and writers
};

SimKernel::SimKernel(SimMachine machine) : impl_(std::make_unique<Impl>(std::move(machine))) {}

SimKernel::~SimKernel() = default;

Syscall<void> SimKernel::mkdir(std::string_view path) {
  const std::scoped_lock lock(impl_->mutex);
  const auto place = find_place(impl_->root, path);
  if (!place) return fails(place.error());
  if (place->is_taken()) return fails(EEXIST);
  auto made = place->directory->make(place->name);
  if (!made) return fails(made.error());
  place->directory->add_child(std::move(*made));
  impl_->changes.signal();
  return {};
}

Syscall<void> SimKernel::rmdir(std::string_view path) {
  const std::scoped_lock lock(impl_->mutex);
  const auto place = find_place(impl_->root, path);
  if (!place) return fails(place.error());
  const Item* item = place->child();
  if (item == nullptr) return fails(place->is_taken() ? ENOTDIR : ENOENT);
  if (item->built_in()) return fails(EPERM);
  if (item->is_linked()) return fails(EBUSY);
  if (item->is_occupied()) return fails(ENOTEMPTY);
  place->directory->remove_child(place->name);
  impl_->changes.signal();
  return {};
}

Syscall<std::size_t> SimKernel::write(std::string_view path, std::string_view value) {
  const std::scoped_lock lock(impl_->mutex);
  const auto place = find_attribute(impl_->root, path);
  if (!place) return fails(place.error());
  if (value.empty()) return fails(EFAULT);
  value = value.substr(0, write_max);
  // The parsers are C: a NUL ends what they see.
  const auto stored =
      place->attribute()->store(*place->directory, value.substr(0, value.find('\0')));
  if (!stored) return fails(stored.error());
  impl_->changes.signal();
  return value.size();
}

Syscall<void> SimKernel::chmod(std::string_view path) {
  const std::scoped_lock lock(impl_->mutex);
  const auto place = find_attribute(impl_->root, path);
  return place ? Syscall<void>() : Syscall<void>(fails(place.error()));
}

Syscall<std::string> SimKernel::read(std::string_view path) const {
  const std::scoped_lock lock(impl_->mutex);
  const auto place = find_attribute(impl_->root, path);
  if (!place) return fails(place.error());
  return place->attribute()->show(*place->directory) + "\n";
}

Syscall<void> SimKernel::symlink(std::string_view target, std::string_view path) {
  const std::scoped_lock lock(impl_->mutex);
  const auto place = find_place(impl_->root, path);
  if (!place) return fails(place.error());
  if (place->is_taken()) return fails(EEXIST);
  if (!place->directory->takes_links()) return fails(EPERM);
  const auto item = find_directory(impl_->root, target);
  if (!item) return fails(item.error());
  if (auto allowed = place->directory->allow_link(**item); !allowed) return allowed;
  place->directory->add_link(place->name, **item);
  impl_->changes.signal();
  return {};
}

Syscall<void> SimKernel::unlink(std::string_view path) {
  const std::scoped_lock lock(impl_->mutex);
  const auto place = find_place(impl_->root, path);
  if (!place) return fails(place.error());
  if (place->link() == nullptr) {
    if (place->child() != nullptr) return fails(EISDIR);
    return fails(place->attribute() != nullptr ? EPERM : ENOENT);
  }
  place->directory->remove_link(place->name);
  impl_->changes.signal();
  return {};
}

Syscall<std::vector<std::string>> SimKernel::list(std::string_view path) const {
  const std::scoped_lock lock(impl_->mutex);
  const auto directory = find_directory(impl_->root, path);
  if (!directory) return fails(directory.error());
  std::vector<std::string> names;
  for (const Attribute& row : (*directory)->attributes()) names.emplace_back(row.name);
  for (const auto& [name, child] : (*directory)->children()) names.push_back(name);
  for (const auto& [name, target] : (*directory)->links()) names.push_back(name);
  return names;
}

Target SimKernel::target() const {
  const std::scoped_lock lock(impl_->mutex);
  Target target;
  for (const auto& [name, item] : impl_->root.subsystems.children()) {
    target.subsystems.emplace(name, static_cast<const sim::Subsystem&>(*item).value());
  }
  for (const auto& [name, item] : impl_->root.ports.children()) {
    target.ports.emplace(name, static_cast<const sim::Port&>(*item).value());
  }
  for (const auto& [name, item] : impl_->root.hosts.children())
    target.hosts.emplace(name, static_cast<const sim::Host&>(*item).value());
  return target;
}

Syscall<void> SimKernel::connect(const std::string& host_nqn, const std::string& subsystem,
                                 const TransportAddress& address, const std::string& peer) {
  const std::scoped_lock lock(impl_->mutex);
  const auto& ports = impl_->nvmet.listening;
  const auto port = std::ranges::find_if(ports, [&](const sim::Port* candidate) {
    const TransportAddress& at = *candidate->listening();
    return at.trtype == address.trtype && at.trsvcid == address.trsvcid &&
           (at.traddr == address.traddr ||
            (at.is_wildcard() && impl_->nvmet.machine.has_address(address.traddr)));
  });
  if (port == ports.end()) {
    return fails(address.trtype == Trtype::tcp ? ECONNREFUSED : ECONNRESET);
  }
  if (!(*port)->serves(subsystem)) return fails(EIO);
  auto& item =
      static_cast<sim::Subsystem&>(*impl_->root.subsystems.children().find(subsystem)->second);
  if (!item.allows(host_nqn)) return fails(EIO);
  item.discovered = true;
  impl_->nvmet.controllers.push_back({subsystem, host_nqn, address, peer, (*port)->name()});
  return {};
}

Syscall<void> SimKernel::disconnect(const std::string& host_nqn, const std::string& subsystem) {
  const std::scoped_lock lock(impl_->mutex);
  const auto gone = std::erase_if(impl_->nvmet.controllers, [&](const SimController& controller) {
    return controller.host_nqn == host_nqn && controller.subsystem == subsystem;
  });
  return gone == 0 ? Syscall<void>(fails(ENOENT)) : Syscall<void>();
}

std::vector<SimController> SimKernel::controllers() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->nvmet.controllers;
}

std::vector<TransportAddress> SimKernel::listening() const {
  const std::scoped_lock lock(impl_->mutex);
  std::vector<TransportAddress> addresses;
  for (const sim::Port* port : impl_->nvmet.listening) addresses.push_back(*port->listening());
  return addresses;
}

SimMachine SimKernel::machine() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->nvmet.machine;
}

void SimKernel::edit_machine(const std::function<void(SimMachine&)>& edit) {
  const std::scoped_lock lock(impl_->mutex);
  edit(impl_->nvmet.machine);
  const auto listening = impl_->nvmet.listening;
  for (sim::Port* port : listening) port->notice_machine();
  impl_->machine_changes.signal();
}

void SimKernel::edit_claims(const std::function<void(SimMachine&)>& edit) {
  const std::scoped_lock lock(impl_->mutex);
  edit(impl_->nvmet.machine);
}

int SimKernel::change_fd() const {
  return impl_->changes.get();
}

void SimKernel::clear_changes() {
  impl_->changes.clear();
}

int SimKernel::machine_change_fd() const {
  return impl_->machine_changes.get();
}

void SimKernel::clear_machine_changes() {
  impl_->machine_changes.clear();
}

}  // namespace nvmeofs
