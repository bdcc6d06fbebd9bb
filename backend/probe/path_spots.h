// Which places have to be watched to learn that a path leads elsewhere, or somewhere at last.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "mounts.h"

namespace nvmeofs {

enum class Spot {
  passed,    // a directory or link on the way: whether it is moved or removed
  awaiting,  // a directory: whether the next name appears in it
  file,      // the regular file at the end: whether it is removed, moved, or another size
};

// By path, links on the way followed one by one. A directory that is waited in has a file appear in
// it that is none of ours now and then; one whose next name is there tells nothing of others.
// Ends before a mount of nvmeofs, which is not touched, and before a devtmpfs, whose nodes udev
// tells of. Any thread.
using Spots = std::map<std::string, Spot>;
void add_spots(const std::string& path, const std::vector<Mount>& mounts, Spots& spots);

}  // namespace nvmeofs
