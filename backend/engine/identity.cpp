#include "engine/identity.h"

#include <uuid/uuid.h>

#include <array>

namespace nvmeofs {

namespace {

std::string random_uuid() {
  uuid_t uuid;
  uuid_generate_random(uuid);
  std::array<char, UUID_STR_LEN> text{};
  uuid_unparse_lower(uuid, text.data());
  return text.data();
}

}  // namespace

Identity random_identity() {
  Identity identity;
  identity.uuid = random_uuid();
  // The 20 digits of another UUID in which version and variant do not stand.
  const std::string random = random_uuid();
  identity.serial = random.substr(0, 8) + random.substr(24);
  identity.model = "nvmeofs";
  identity.nguid = random_uuid();
  return identity;
}

}  // namespace nvmeofs
