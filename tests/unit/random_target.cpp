#include "random_target.h"

#include <algorithm>

namespace nvmeofs {

namespace {

constexpr std::array names{"toto", "titi", "nqn.2026-01.org.example:a", "zz"};
constexpr std::array disks{"/dev/a", "/dev/b", "/dev/c", "/dev/d"};
// A controller serves one subsystem only: two for each name.
constexpr std::array controllers{"/dev/nvme0", "/dev/nvme1", "/dev/nvme2", "/dev/nvme3",
                                 "/dev/nvme4", "/dev/nvme5", "/dev/nvme6", "/dev/nvme7"};
constexpr std::array addresses{"tcp://10.0.0.1", "tcp://10.0.0.2", "rdma://10.0.0.1",
                               "tcp://[fd00::1]:9"};
constexpr std::array hosts{"nqn.host-a", "nqn.host-b", "nqn.host-c"};
constexpr std::array keys{"DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:",
                          "DHHC-1:01:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh+KfiaR:"};

}  // namespace

SimMachine small_machine() {
  SimMachine machine;
  std::uint64_t number = 1;
  for (const char* disk : disks)
    machine.devices[disk] = SimDevice{.kind = SimDevice::Kind::block,
                                      .number = number++,
                                      .bytes = 1 << 20,
                                      .partition_of = {},
                                      .used_by = {},
                                      .member_of = {}};
  for (const char* controller : controllers) {
    machine.devices[controller] = SimDevice{.kind = SimDevice::Kind::controller,
                                            .number = 0xf000 + number,
                                            .identity = fmt::format("serial {}", number)};
    for (const char* disk : {"n1", "n2"})
      machine.devices[std::string(controller) + disk] =
          SimDevice{.number = number++, .bytes = 1 << 20, .namespace_of = controller};
  }
  machine.addresses = {{"10.0.0.1", "rxe0"}, {"10.0.0.2", ""}, {"fd00::1", ""}, {"127.0.0.1", ""}};
  return machine;
}

Export RandomTarget::random_export(const std::string& name) {
  Export wanted{.name = Nqn::parse(name).value(),
                .addresses = {},
                .hosts = {.any = flip(), .list = {}},
                .enabled = flip(),
                .identity = {.serial = fmt::format("{:020}", random_() % 3),
                             .model = flip() ? "nvmeofs" : "another"}};
  for (const Nsid nsid : {1U, 2U, 7U}) {
    if (nsid != first_nsid && flip()) continue;
    wanted.spaces[nsid] = {.device = DevicePath::parse(disks[random_() % disks.size()]).value(),
                           .enabled = nsid == first_nsid || flip(),
                           .uuid = fmt::format("00000000-0000-4000-8000-{:012}", random_() % 3),
                           .nguid = fmt::format("00000000-0000-4000-9000-{:012}", random_() % 3),
                           .ana_group = flip() ? first_ana_group : AnaGroup(1 + random_() % 4)};
  }
  if (flip())
    wanted.settings = {{"attr_cntlid_min", flip() ? "7" : "300"},
                       {"attr_cntlid_max", flip() ? "300" : "400"}};
  for (const char* address : addresses)
    if (flip()) wanted.addresses.push_back(TransportAddress::parse(address, Trtype::tcp).value());
  if (!wanted.hosts.any)
    for (const char* host : hosts)
      if (flip()) wanted.hosts.list.insert(Nqn::parse(host).value());
  const auto place = std::find(names.begin(), names.end(), name) - names.begin();
  if (random_() % 4 == 0) {
    const auto at = 2 * static_cast<std::size_t>(place) + random_() % 2;
    wanted.controller = {.device = DevicePath::parse(controllers.at(at)).value(),
                         .enabled = true,
                         .settings = {{"admin_timeout", flip() ? "0" : "500"}}};
    wanted.spaces = {{first_nsid, Space{.enabled = true}}};
  }
  return wanted;
}

Target RandomTarget::make() {
  Target target;
  Shared ours;
  for (const char* host : hosts) {
    Host& set = ours.host_settings[host];
    if (flip()) set.attributes["dhchap_dhgroup"] = flip() ? "ffdhe2048" : "null";
    for (const char* name : {"dhchap_key", "dhchap_ctrl_key"})
      if (flip()) set.keys[name] = Secret(keys[random_() % keys.size()]);
  }
  for (const char* address : addresses)
    for (const AnaGroup group : {1U, 2U, 3U})
      if (flip())
        ours.wanted_ports[TransportAddress::parse(address, Trtype::tcp).value()].ana_states[group] =
            ana_states[random_() % ana_states.size()];
  for (const char* address : addresses)
    for (const char* name : {"here", "there"})
      ours.wanted_ports[TransportAddress::parse(address, Trtype::tcp).value()].referrals[name] = {
          .address =
              TransportAddress::parse(addresses[random_() % addresses.size()], Trtype::tcp).value(),
          .enabled = flip()};
  for (const char* name : names) {
    if (flip()) target = with_export(target, random_export(name), ours);
    if (flip())  // an earlier one goes again, and leaves its ports behind: they are somebody else's
                 // then
      target = with_export(target, random_export(names[random_() % names.size()]), ours);
  }
  return target;
}

}  // namespace nvmeofs
