// The command line.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>
#include <string_view>
#include <variant>

#include "fs/export_names.h"
#include "nvmeofs/address.h"
#include "nvmeofs/error.h"

namespace nvmeofs {

enum class Source { nvmet, sim };

std::string_view to_string(Source source);

// Serve a mount.
struct MountCommand {
  Source source = Source::nvmet;
  std::string mountpoint;  // as given
  bool foreground = false;
  bool allow_other = false;
  bool read_only = false;
  Trtype default_transport = Trtype::rdma;
  bool hosts_any = true;
  ExportNames names{};
  std::optional<uid_t> uid;  // whose the tree is; without: the user who mounts it
  std::optional<gid_t> gid;
  mode_t umask = 0;
  std::string state;  // an absolute path, or "none"
};

// Take everything down, then unmount.
struct StopCommand {
  std::string mountpoint;  // as given
  bool force = false;      // although hosts are connected
  bool unload = false;     // modules that nobody uses any more, too
};

// Say what this machine has and lacks.
struct CheckCommand {};

// --help, --version: print and leave.
struct PrintCommand {
  std::string text;
};

using Command = std::variant<MountCommand, StopCommand, CheckCommand, PrintCommand>;

// EINVAL with a sentence for what is not understood.
Result<Command> parse_command_line(int argc, const char* const* argv);

}  // namespace nvmeofs
