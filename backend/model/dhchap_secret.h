// Secrets of DH-HMAC-CHAP in their written form, DHHC-1:<hash>:<base64>: (NVMe base specification,
// 8.13.5.8). The kernel takes a damaged one and fails when it is used, with an errno that says
// nothing.
#pragma once

#include <string_view>

#include "nvmeofs/error.h"

namespace nvmeofs {

// EINVAL. The message has nothing of the secret in it.
Result<void> check_dhchap_secret(std::string_view text);

}  // namespace nvmeofs
