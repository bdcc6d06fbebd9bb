#include "sim/host.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <initializer_list>

#include "nvmeofs/host_setting.h"
#include "sim/text.h"

namespace nvmeofs::sim {
namespace {

const Host& of(const Item& item) {
  return static_cast<const Host&>(item);
}
Host& of(Item& item) {
  return static_cast<Host&>(item);
}

template <std::string Host::*text>
std::string show(const Item& item) {
  return of(item).*text;
}

// Only its head is looked at; what is wrong with the rest shows when a host connects. Nothing at
// all, which only a NUL can be, clears it.
template <std::string Host::*text>
Syscall<void> store_key(Item& item, std::string_view written) {
  constexpr std::string_view head = "DHHC-1:";
  if (!written.empty()) {
    if (!written.starts_with(head)) return fails(EINVAL);
    unsigned hash = 0;
    const auto [end, error] =
        std::from_chars(written.data() + head.size(), written.data() + written.size(), hash);
    if (error != std::errc{} || hash > 3) return fails(EINVAL);
  }
  of(item).*text = to_trimmed(written);
  return {};
}

// As far as the name goes; what comes after it is not looked at.
template <std::string Host::*text>
Syscall<void> store_word(Item& item, std::string_view written,
                         std::initializer_list<std::string_view> words) {
  const auto* const word =
      std::ranges::find_if(words, [&](std::string_view name) { return written.starts_with(name); });
  if (word == words.end()) return fails(EINVAL);
  of(item).*text = *word;
  return {};
}

Syscall<void> store_hash(Item& item, std::string_view written) {
  return store_word<&Host::hash>(item, written, {"hmac(sha256)", "hmac(sha384)", "hmac(sha512)"});
}

Syscall<void> store_dhgroup(Item& item, std::string_view written) {
  return store_word<&Host::dhgroup>(
      item, written, {"null", "ffdhe2048", "ffdhe3072", "ffdhe4096", "ffdhe6144", "ffdhe8192"});
}

constexpr std::array attribute_rows{
    Attribute{"dhchap_key", show<&Host::key>, store_key<&Host::key>},
    Attribute{"dhchap_ctrl_key", show<&Host::ctrl_key>, store_key<&Host::ctrl_key>},
    Attribute{"dhchap_hash", show<&Host::hash>, store_hash},
    Attribute{"dhchap_dhgroup", show<&Host::dhgroup>, store_dhgroup},
};

}  // namespace

std::span<const Attribute> Host::attributes() const {
  return attribute_rows;
}

nvmeofs::Host Host::value() const {
  nvmeofs::Host host;
  for (const auto& setting : host_settings)
    set(host, setting, Secret(find_attribute(setting.name)->show(*this)));
  return host;
}

}  // namespace nvmeofs::sim
