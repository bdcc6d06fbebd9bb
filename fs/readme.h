// The file README of the mounted tree.
#pragma once

#include <string_view>

namespace nvmeofs {

std::string_view readme_text();

}  // namespace nvmeofs
