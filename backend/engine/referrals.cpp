#include <algorithm>
#include <cerrno>

#include "engine/applier.h"
#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

// What a request makes of a port's referrals, and which one it is about.
struct Change {
  Referrals next;
  TransportAddress at;  // of the port
  std::string name{};

  Result<Referral*> found(const std::string& wanted) {
    name = wanted;
    const auto referral = next.find(name);
    if (referral != next.end()) return &referral->second;
    return refuse(ENOENT, Reason::gone, "there is no such referral");
  }

  Result<void> operator()(const MakeReferral& intent) {
    name = intent.name;
    if (next.try_emplace(name).second) return {};
    return refuse(EEXIST, Reason::exists, "it is there already");
  }
  Result<void> operator()(const RemoveReferral& intent) {
    const auto referral = found(intent.name);
    if (!referral) return tl::unexpected(referral.error());
    if ((*referral)->enabled)
      return refuse(EBUSY, Reason::still_enabled, "write 0 to its enabled first");
    next.erase(name);
    return {};
  }
  Result<void> operator()(const SetReferralAddress& intent) {
    const auto referral = found(intent.name);
    if (!referral) return tl::unexpected(referral.error());
    if (!intent.address && (*referral)->enabled)
      return refuse(EBUSY, Reason::still_enabled,
                    "it cannot be cleared while the referral is enabled; write 0 to enabled first");
    if (intent.address == at)
      return refuse(EINVAL, Reason::bad_value,
                    "it would lead back to where it is; write another address");
    (*referral)->address = intent.address;
    return {};
  }
  Result<void> operator()(const SetReferralEnabled& intent) {
    const auto referral = found(intent.name);
    if (!referral) return tl::unexpected(referral.error());
    if (intent.on && !(*referral)->address)
      return refuse(EINVAL, Reason::incomplete,
                    "it has no address yet; write one to address first");
    (*referral)->enabled = intent.on;
    return {};
  }
  template <class Other>
  Result<void> operator()(const Other&) {
    return refuse(EIO, Reason::internal, "it is no change of a referral");
  }
};

}  // namespace

void Applier::look_for_referrals(std::map<std::string, PortView>& ports) {
  const auto before = std::exchange(referrals_, {});
  for (auto& [port, view] : ports)
    for (const auto& [name, wanted] : view.wanted.referrals) {
      const std::pair key(port, name);
      const auto known = before.find(key);
      ReferralView& referral =
          referrals_
              .emplace(key, known != before.end()
                                ? known->second
                                : ReferralView{.serial = ++last_referral_,
                                               .made = std::chrono::system_clock::now()})
              .first->second;
      referral.wanted = wanted;
      view.referrals.emplace(name, referral);
    }
}

// The kernel has it while it is enabled and something is served at the port. Hosts that keep a
// discovery controller there are told of each change.
void Applier::change_referral(const PortView& port, const Request& request,
                              const Completion& completion) {
  const auto refuse_it = [&](Error error) {
    refuse_request(nullptr, request, completion, std::move(error));
  };
  const TransportAddress address = port.address;
  if (request.space != 0 &&
      std::none_of(port.referrals.begin(), port.referrals.end(),
                   [&](const auto& named) { return named.second.serial == request.space; }))
    return refuse_it({ESTALE, Reason::gone, "the referral was removed while this file was open"});
  Change change{port.wanted.referrals, address};
  if (auto changed = std::visit(change, *request.intent); !changed)
    return refuse_it(changed.error());
  const auto referral = change.next.find(change.name);
  const auto wanted = referral != change.next.end() ? in_kernel(referral->second) : std::nullopt;
  if (wanted)
    if (auto ours = check_port_is_ours(port); !ours) return refuse_it(ours.error());
  if (std::holds_alternative<MakeReferral>(*request.intent))
    for (const auto& [id, there] : observed_.ports)
      if (address_of(there) == address && there.referrals.contains(change.name))
        return refuse_it({EEXIST, Reason::foreign,
                          fmt::format("something else made a referral of this name at ports/{} of "
                                      "the kernel; take another name, or remove that one",
                                      printable(id))});

  // On the disk first, as every change.
  const StoredState before = stored_;
  StoredState next = stored_;
  next.ports[address].referrals = std::move(change.next);
  if (next.ports[address].empty()) next.ports.erase(address);
  if (next != before)
    if (auto saved = save(std::move(next), {}); !saved) return refuse_it(saved.error());
  if (auto given = give_referral(address, change.name, wanted); !given) {
    if (stored_ != before)
      if (auto back = save(before, {}); !back)
        given.error().message += "; and it is saved all the same: " + back.error().message;
    return refuse_it(given.error());
  }
  accept(nullptr, request, completion,
         wanted ? "hosts are told of it while something is served here" : "");
}

Result<void> Applier::give_referral(const TransportAddress& address, const std::string& name,
                                    const std::optional<PortReferral>& wanted) {
  const auto found =
      std::find_if(observed_.ports.begin(), observed_.ports.end(),
                   [&](const auto& port) { return address_of(port.second) == address; });
  if (found == observed_.ports.end() || !ours_.ports.contains(found->first)) return {};
  const std::string id = found->first;
  const auto bring_it = [&](const std::optional<PortReferral>& referral) {
    Target target = observed_;
    Port& port = target.ports.at(id);
    port.referrals.erase(name);
    if (referral) port.referrals.emplace(name, *referral);
    return bring(target);
  };
  std::optional<PortReferral> before;
  if (const auto there = found->second.referrals.find(name); there != found->second.referrals.end())
    before = there->second;
  auto given = bring_it(wanted);
  if (!given && given.error().reason != Reason::kernel_waits && observed_.ports.contains(id))
    if (auto back = bring_it(before); !back)
      given.error().message += "; the way back was refused too: " + back.error().message;
  return given;
}

}  // namespace nvmeofs
