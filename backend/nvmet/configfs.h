// configfs in single system calls, each retried on EINTR and otherwise answered as the kernel does.
// Paths are absolute. Errors are errnos: 0 is success. Any thread.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "nvmeofs/error.h"

namespace nvmeofs::configfs {

int make_directory(const std::string& path);
int remove_directory(const std::string& path);

// symlink(2): configfs resolves the target when the call is made, relative to the caller's working
// directory and not to the link's, so it is absolute.
int make_link(const std::string& target, const std::string& path);

// unlink(2) on the link itself; a trailing slash would follow it and is refused here (EINVAL).
int remove_link(const std::string& path);

// One write(2) of the whole value: configfs takes each write as a complete store, so a value in two
// writes would be two values. A short count is EIO.
int write_attribute(const std::string& path, std::string_view value);

// Readable by root alone, for as long as its item is there: mode 0600.
int protect_attribute(const std::string& path);

// A read of the moment; the newline is dropped.
Result<std::string> read_attribute(const std::string& path);

// The last component of what a link points to: in nvmet a link's own name is free, only its target
// counts.
Result<std::string> read_link(const std::string& path);

// Names of the attributes of an item.
Result<std::set<std::string>> attributes_in(const std::string& path);

// Names of the directories, or of the links, in a directory, in no order.
Result<std::vector<std::string>> directories_in(const std::string& path);
Result<std::vector<std::string>> links_in(const std::string& path);

}  // namespace nvmeofs::configfs
