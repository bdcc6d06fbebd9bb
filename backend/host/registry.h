// Whose the controllers are, for other programs: the registry of libnvme 3.
#pragma once

#include <string>

namespace nvmeofs {

// Writes <folder>/<controller>/owner, and beside it seqnum, the number of the kernel's last event
// at that time (from below `sysfs`), by which libnvme's udev rule knows the entry of a controller
// that is gone from that of its successor with the same name. Both are there at once or neither. 0,
// or an errno. Any thread.
int register_owner(const std::string& folder, const std::string& controller,
                   const std::string& owner, const std::string& sysfs);

// Whether that is what stands there. Any thread.
bool has_owner(const std::string& folder, const std::string& controller, const std::string& owner);

// Of a controller that is gone, if this is its owner: the next one of that name is another's.
// Without libnvme's udev rule nobody else takes the entry away.
void unregister_owner(const std::string& folder, const std::string& controller,
                      const std::string& owner);

}  // namespace nvmeofs
