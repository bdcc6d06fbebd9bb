// What waits in a socket that the kernel or udev tells its news by.
#pragma once

#include <functional>
#include <string_view>

#include "nvmeofs/error.h"

namespace nvmeofs {

// Takes all of it, as far as it was there within one look: a source that never ends holds nobody
// up. Of a long message the first kilobytes are seen. Messages that the kernel had to drop are no
// error: that something happened is all that is told. One thread.
Result<void> take_messages(int fd, const std::function<void(std::string_view)>& each);

}  // namespace nvmeofs
