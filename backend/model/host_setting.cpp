#include "nvmeofs/host_setting.h"

#include <algorithm>
#include <cerrno>

#include "model/dhchap_secret.h"
#include "model/setting.h"

namespace nvmeofs {
namespace {

// The kernel compares as far as the name goes, and takes "ffdhe2048x" for ffdhe2048.
template <std::size_t size>
Result<void> check_word(std::string_view text, const std::array<std::string_view, size>& words) {
  if (std::find(words.begin(), words.end(), text) != words.end()) return {};
  std::string all;
  for (std::size_t i = 0; i < size; ++i)
    all += fmt::format("{}{}", i == 0 ? "" : i + 1 == size ? " or " : ", ", words[i]);
  return refuse(EINVAL, Reason::bad_value, "write {}", all);
}

}  // namespace

const HostSetting* find_host_setting(std::string_view name) {
  return find_row(host_settings, &HostSetting::name, name);
}

Result<void> check(const HostSetting& setting, std::string_view text) {
  if (setting.secret) return check_dhchap_secret(text);
  if (setting.name == "dhchap_hash")
    return check_word<3>(text, {"hmac(sha256)", "hmac(sha384)", "hmac(sha512)"});
  return check_word<6>(text,
                       {"null", "ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"});
}

void set(Host& host, const HostSetting& setting, const Secret& text) {
  const std::string name(setting.name);
  host.attributes.erase(name);
  host.keys.erase(name);
  if (text.empty()) return;
  if (setting.secret)
    host.keys.emplace(name, text);
  else
    host.attributes.emplace(name, text.reveal());
}

std::optional<Secret> value(const Host& host, const HostSetting& setting) {
  const std::string name(setting.name);
  if (setting.secret) {
    const auto key = host.keys.find(name);
    return key != host.keys.end() ? std::optional(key->second) : std::nullopt;
  }
  const auto found = host.attributes.find(name);
  return found != host.attributes.end() ? std::optional(Secret(found->second)) : std::nullopt;
}

}  // namespace nvmeofs
