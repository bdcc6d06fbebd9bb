// What the kernel invents when an object is made.
#pragma once

#include <string>

namespace nvmeofs::sim {

std::string random_hex(std::size_t digits);
std::string random_uuid();  // version 4, lower case

}  // namespace nvmeofs::sim
