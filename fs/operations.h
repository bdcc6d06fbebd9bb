// The FUSE callbacks. Every operation that changes something is there: where the tree does not
// offer it, it says EPERM, because a callback that is missing tells the user "Function not
// implemented".
#pragma once

struct fuse_lowlevel_ops;

namespace nvmeofs {

// Their user data is the Filesystem.
const fuse_lowlevel_ops& operations();

}  // namespace nvmeofs
