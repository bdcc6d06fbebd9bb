// Where the journal's lines go.
#pragma once

#include <string>

namespace nvmeofs {

enum class LogTarget {
  standard_error,  // with systemd's priority prefixes when that is the journal
  syslog,          // of a daemon, whose standard error leads nowhere
};

// Before the first thread, and after the last fork: a logger does not survive one.
void start_logging(LogTarget target);

// The last thing that libfuse had to say in this process, for the sentence about a failed call.
// Any thread.
std::string last_fuse_message();

}  // namespace nvmeofs
