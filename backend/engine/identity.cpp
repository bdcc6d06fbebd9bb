#include "engine/identity.h"

#include <uuid/uuid.h>

#include <array>

namespace nvmeofs {

std::string random_uuid() {
  uuid_t uuid;
  uuid_generate_random(uuid);
  std::array<char, UUID_STR_LEN> text{};
  uuid_unparse_lower(uuid, text.data());
  return text.data();
}

std::string random_serial() {
  // The 20 digits of a UUID in which version and variant do not stand.
  const std::string random = random_uuid();
  return random.substr(0, 8) + random.substr(24);
}

}  // namespace nvmeofs
