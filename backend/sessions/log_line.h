// The lines of the kernel's log that tell of controllers. Pure. The text of a line is a stranger's:
// a host chooses its own NQN, with any bytes in it.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace nvmeofs {

// One record as /dev/kmsg hands it out: "6,377,22011786,-;text\n KEY=value\n".
struct LogRecord {
  bool from_kernel = false;        // else somebody wrote it into /dev/kmsg, and it proves nothing
  std::uint64_t sequence = 0;      // 0 is the first of this boot
  std::uint64_t microseconds = 0;  // on a clock that drifts from every other one
  std::string_view text;           // still with the kernel's \xNN for what is not printable
};

std::optional<LogRecord> parse_record(std::string_view raw);

struct ControllerCreated {
  std::uint16_t cntlid = 0;  // from one pool for all subsystems; used again when its owner is gone
  bool discovery = false;
  std::string subsystem;  // at most 223 bytes of its name: the kernel keeps no more
  std::string host_nqn;
};

// "nvmet: creating nvm controller 1 for subsystem toto for NQN nqn.x:h1.", or "Created" from 7.x
// on.
std::optional<ControllerCreated> parse_controller_created(std::string_view text);

// "nvmet: ctrl 1 keep-alive timer (5 seconds) expired!": the number.
std::optional<std::uint16_t> parse_keep_alive_expired(std::string_view text);

// A host's way in over FC, of which a controller has one: the number of the FC port, which is given
// when that comes, and one of its associations'. Both are given again.
struct Association {
  unsigned port = 0;
  unsigned number = 0;
  auto operator<=>(const Association&) const = default;
};

// "lpfc 0000:04:00.0: {0:1} Association created", or "nvmet_fc: {0:1}: Association created" from
// 7.x on.
std::optional<Association> parse_association_created(std::string_view text);
// The same with "deleted": its controller's queues are gone.
std::optional<Association> parse_association_deleted(std::string_view text);

// "nvmet_tcp: enabling port 1 (10.9.9.1:4420)"
bool is_port_enabled(std::string_view text);

}  // namespace nvmeofs
