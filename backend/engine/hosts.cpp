#include <algorithm>
#include <cerrno>

#include "engine/applier.h"
#include "nvmeofs/text.h"

namespace nvmeofs {

void Applier::look_for_hosts() {
  std::map<std::string, HostView> seen;
  for (const auto& [nqn, settings] : stored_.hosts) seen[nqn].settings = settings;
  for (const auto& [name, entry] : entries_)
    if (!entry.view.foreign)
      for (const auto& host : entry.view.wanted.hosts.list) seen[host.str()].exports.insert(name);
  for (auto& [nqn, view] : seen)
    if (const auto there = observed_.hosts.find(nqn); there != observed_.hosts.end())
      view.kernel = there->second;
  hosts_.follow(std::move(seen));
}

void Applier::make_host(Request& request, const Completion& completion) {
  if (auto name = Nqn::parse(request.name); !name)
    return refuse_request(nullptr, request, completion, name.error());
  if (request.name == "any")
    return refuse_request(nullptr, request, completion,
                          {EINVAL, Reason::bad_name,
                           "'any' is everybody and no host; write it to exports/<name>/hosts"});
  look_for_hosts();
  if (hosts_.contains(request.name))
    return refuse_request(nullptr, request, completion,
                          {EEXIST, Reason::exists, "it is there already"});
  StoredState next = stored_;
  next.hosts.try_emplace(request.name);
  if (auto saved = save(std::move(next), {}); !saved)
    return refuse_request(nullptr, request, completion, saved.error());
  accept(nullptr, request, completion, "nothing in the kernel before an export names it");
}

void Applier::remove_host(Request& request, const Completion& completion) {
  look_for_hosts();
  const auto found = hosts_.find(request.name);
  if (found == hosts_.end())
    return refuse_request(nullptr, request, completion,
                          {ENOENT, Reason::gone, "there is no such host"});
  const HostView& view = found->second.view;
  if (!view.exports.empty())
    return refuse_request(
        nullptr, request, completion,
        {EBUSY, Reason::still_enabled,
         fmt::format("the export {} names it; take it out of exports/{}/hosts first{}",
                     printable(*view.exports.begin()), printable(*view.exports.begin()),
                     view.settings.keys.empty()
                         ? ""
                         : ", or write an empty line to dhchap_key if it needs no key any more")});
  StoredState next = stored_;
  next.hosts.erase(request.name);
  if (auto saved = save(std::move(next), {}); !saved)
    return refuse_request(nullptr, request, completion, saved.error());
  accept(
      nullptr, request, completion,
      "gone; the older states beside the state file have its keys until as many changes have come");
}

void Applier::change_host(Request& request, const Completion& completion) {
  const LiveHost* const entry = hosts_.with(request.serial);
  if (entry == nullptr)
    return refuse_request(nullptr, request, completion,
                          {ESTALE, Reason::gone, "the host was removed while this file was open"});
  if (auto seen = look(); !seen) return refuse_request(nullptr, request, completion, seen.error());
  const std::string nqn = hosts_.names().at(request.serial);
  const auto& intent = std::get<SetHostSetting>(*request.intent);
  const HostSetting& setting = *find_host_setting(intent.setting);
  bool takes_back = false;
  if (const auto there = observed_.hosts.find(nqn);
      there != observed_.hosts.end() && !ours_.hosts.contains(nqn)) {
    const bool same = value(there->second, setting).value_or(Secret()) == intent.value;
    takes_back = !same && intent.value.empty() && value(entry->view.settings, setting);
    if (!same && !takes_back)
      return refuse_request(nullptr, request, completion,
                            {EBUSY, Reason::foreign,
                             "something else made this host in the kernel; change it with what "
                             "made it"});
  }
  StoredState next = stored_;
  Host& settings = next.hosts[nqn];
  set(settings, setting, intent.value);

  // On the disk first: what is lost between here and the kernel is finished at the next start.
  const Host wanted = settings;
  const StoredState before = stored_;
  if (auto saved = save(std::move(next), {}); !saved)
    return refuse_request(nullptr, request, completion, saved.error());
  if (auto given = give_to_kernel(nqn, wanted); !given) {
    if (auto back = save(before, {}); !back)
      given.error().message += "; and it is saved all the same: " + back.error().message;
    return refuse_request(nullptr, request, completion, given.error());
  }
  accept(nullptr, request, completion,
         takes_back ? "is not kept here any more; the kernel has it still, from what made the host"
                    : "counts from the next authentication on");
}

Result<void> Applier::give_to_kernel(const std::string& nqn, const Host& settings) {
  if (!ours_.hosts.contains(nqn) || !observed_.hosts.contains(nqn)) return {};
  const Host before = observed_.hosts.at(nqn);
  const auto bring_host = [&](const Host& host) {
    Target target = observed_;
    target.hosts[nqn] = host;
    return bring(target);
  };
  auto given = bring_host(host_with(before, settings));
  if (!given && given.error().reason != Reason::kernel_waits && observed_.hosts.contains(nqn))
    if (auto back = bring_host(before); !back)
      given.error().message += "; the way back was refused too: " + back.error().message;
  return given;
}

// What the kernel asks a host for that something else made, the next start would ask it for only
// where it is kept here too.
Result<void> Applier::check_hosts(const LiveExport& entry, const Export& next) const {
  const auto subsystem = observed_.subsystems.find(next.name.str());
  for (const auto& host : next.hosts.list) {
    const auto set = stored_.hosts.find(host.str());
    const auto there = observed_.hosts.find(host.str());
    if (set != stored_.hosts.end() && set->second != Host{} &&
        !environment_.backend.attributes().host.contains("dhchap_key"))
      return refuse(ENODEV, Reason::no_module,
                    "this kernel has no authentication, and hosts/{} is to have it; boot one that "
                    "has, or take the host out of hosts, rmdir hosts/{} and add it again",
                    host.str(), host.str());
    if (there == observed_.hosts.end() || ours_.hosts.contains(host.str())) continue;
    const Host wanted = set != stored_.hosts.end() ? set->second : Host{};
    const Host& is = there->second;
    if (wanted.keys == is.keys && (is.keys.empty() || host_with(is, wanted) == is)) continue;
    if (!entry.view.foreign && subsystem != observed_.subsystems.end() &&
        subsystem->second.allowed_hosts.contains(host.str()))
      continue;
    return refuse(EBUSY, Reason::foreign,
                  "something else made hosts/{0} of the kernel, and its keys, hash and dhgroup are "
                  "not those that are set here; give it the same there, or mkdir hosts/{0} and "
                  "write them there as the kernel has them, so that they are kept",
                  printable(host.str()));
  }
  return {};
}

}  // namespace nvmeofs
