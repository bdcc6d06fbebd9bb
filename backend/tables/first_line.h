// Files of one line, as sysfs and configfs have them. Any thread.
#pragma once

#include <boost/filesystem/path.hpp>
#include <optional>
#include <string>

namespace nvmeofs {

// Without its newline; nothing when it cannot be read.
std::optional<std::string> first_line(const boost::filesystem::path& file);

}  // namespace nvmeofs
