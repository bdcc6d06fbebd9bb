// What a host of the target has beside its name: how it proves who it is (DH-HMAC-CHAP), by the
// names of its files, which are the kernel's. All of it can be changed at any time, and counts from
// the next authentication on.
//
// Source: drivers/nvme/target/configfs.c and auth.c. Pure.
#pragma once

#include <array>
#include <string>
#include <string_view>

#include "nvmeofs/error.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

struct HostSetting {
  std::string_view name;
  std::string_view when_made;  // what the kernel has until something is written
  bool secret;
  std::string_view doc;
};

inline constexpr std::array host_settings{
    HostSetting{"dhchap_key", "", true,
                "the key that the host has to know: set or unset; written as nvme gen-dhchap-key "
                "makes it"},
    HostSetting{"dhchap_ctrl_key", "", true,
                "the key by which this machine proves itself to a host that asks for it"},
    HostSetting{"dhchap_hash", "hmac(sha256)", false, "hmac(sha256), hmac(sha384) or hmac(sha512)"},
    HostSetting{"dhchap_dhgroup", "null", false,
                "null, ffdhe2048, ffdhe3072, ffdhe4096, ffdhe6144 or ffdhe8192"},
};

// nullptr: there is none of that name.
const HostSetting* find_host_setting(std::string_view name);

// Whether it can stand there. EINVAL for what the kernel would refuse, and for what it would take
// and fail with when a host connects. The message has nothing of a secret in it.
Result<void> check(const HostSetting& setting, std::string_view text);

// In `host` as it is to be set: an empty text is none.
void set(Host& host, const HostSetting& setting, const Secret& text);
// As it is set; nothing: it is not.
std::optional<Secret> value(const Host& host, const HostSetting& setting);

}  // namespace nvmeofs
