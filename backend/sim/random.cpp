#include "sim/random.h"

#include <random>

namespace nvmeofs::sim {

std::string random_hex(std::size_t digits) {
  std::random_device source;
  std::uniform_int_distribution<std::size_t> digit(0, 15);
  std::string text(digits, '0');
  for (char& c : text) c = "0123456789abcdef"[digit(source)];
  return text;
}

std::string random_uuid() {
  std::string uuid = random_hex(36);
  for (const std::size_t dash : {8U, 13U, 18U, 23U}) uuid[dash] = '-';
  uuid[14] = '4';
  uuid[19] = "89ab"[static_cast<unsigned char>(uuid[19]) % 4];
  return uuid;
}

}  // namespace nvmeofs::sim
