// Files of one line, as sysfs has them. Any thread. They come and go under the reader: what cannot
// be read is not there.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace nvmeofs {

std::optional<std::string> read_attribute(const std::string& file);

// One write(2); 0, or its errno, or that of the open.
int write_attribute(const std::string& file, std::string_view value);

// "nvme12", and nothing that would be a path.
bool is_controller_name(std::string_view text);

}  // namespace nvmeofs
