// Who uses a disk of a connection on this machine.
#pragma once

#include <string>

#include "nvmeofs/error.h"

namespace nvmeofs {

// Of the disk ("nvme1n1") and its partitions: "mounted on /srv/data (ext4)", for a sentence. Empty:
// nobody. Looks into tables, and then, when they name nobody and `answers` says that the disk can
// be read, whether it can be claimed: a mount in another mount namespace is in no table of ours. A
// disk that does not answer is not opened, as that may read it. Any thread.
//
// EINVAL, Reason::bad_name: no disk's name. A disk that is gone is used by nobody.
Result<std::string> disk_user(const std::string& disk, bool answers);

}  // namespace nvmeofs
