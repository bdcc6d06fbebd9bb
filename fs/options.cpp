#include "fs/options.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <limits>
#include <memory>
#include <vector>

namespace nvmeofs {
namespace {

// What mount(8) and fstab say to themselves, to systemd or to the kernel, and what says what is
// the case anyway. An nvmeofs mount is always nosuid and nodev.
constexpr std::array ignored{
    "rw",       "defaults",   "auto",        "noauto",   "user",       "nouser",   "users",
    "owner",    "group",      "nofail",      "_netdev",  "dev",        "nodev",    "suid",
    "nosuid",   "exec",       "noexec",      "async",    "sync",       "atime",    "noatime",
    "relatime", "norelatime", "strictatime", "diratime", "nodiratime", "lazytime", "nolazytime"};

constexpr auto footer =
    R"(SOURCE is nvmet, this machine's kernel (the default), or sim: a simulated kernel in memory with
made-up disks and addresses, to try things on.

Options after -o, separated by commas:
  transport=rdma|tcp   of an address that names none (rdma)
  hosts=any|none       who may connect to a new export (any)
  nqn_prefix=PREFIX    exports/NAME is the subsystem PREFIXNAME (none)
  state=FILE|none      what is written is kept there (/var/lib/nvmeofs/state.json; sim: none)
  uid=N, gid=N         whose the tree is (the user who mounts it)
  umask=OCTAL          permissions that nobody gets (0)
  allow_other          other users may look too; permissions always hold
  ro                   nothing can be changed through this mount
What mount(8) adds (nofail, _netdev, x-..., and so on) is taken as well.)";

class Help : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App*, std::string) const override {
    return "Usage: nvmeofs [SOURCE] MOUNTPOINT [-o OPTIONS] [-f]\n"
           "       nvmeofs stop MOUNTPOINT [--force] [--unload]\n"
           "       nvmeofs check\n";
  }
};

constexpr auto default_state = "/var/lib/nvmeofs/state.json";

bool is_ignored(const std::string& option) {
  return std::find(ignored.begin(), ignored.end(), option) != ignored.end() ||
         option.starts_with("x-") || option.starts_with("comment=");
}

// What stands behind the = of an option.
Result<std::uint32_t> parse_number(std::string_view option, int base, std::uint32_t largest,
                                   std::string_view what) {
  const std::string_view text = option.substr(option.find('=') + 1);
  std::uint32_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, base);
  if (error == std::errc{} && end == text.data() + text.size() && number <= largest) return number;
  return refuse(EINVAL, Reason::bad_value, "option '{}': write {}", option, what);
}

// -1 is nobody to chown(2): leave it as it is.
Result<std::uint32_t> parse_id(std::string_view option) {
  return parse_number(option, 10, std::numeric_limits<std::uint32_t>::max() - 1,
                      "the number of a user or group, as id(1) prints it");
}

Result<void> apply_option(const std::string& option, MountCommand& command) {
  constexpr std::string_view transport = "transport=";
  constexpr std::string_view state = "state=";
  constexpr std::string_view prefix = "nqn_prefix=";
  if (option.empty() || is_ignored(option)) return {};
  if (option == "allow_other") {
    command.allow_other = true;
  } else if (option == "ro") {
    command.read_only = true;
  } else if (option == "hosts=any" || option == "hosts=none") {
    command.hosts_any = option == "hosts=any";
  } else if (option.starts_with(prefix)) {
    auto names = ExportNames::parse(std::string_view(option).substr(prefix.size()));
    if (!names)
      return refuse(names.error().errnum, names.error().reason, "option '{}': {}", option,
                    names.error().message);
    command.names = std::move(*names);
  } else if (option.starts_with(state)) {
    command.state = option.substr(state.size());
    if (command.state != "none" && !command.state.starts_with('/'))
      return refuse(EINVAL, Reason::bad_value, "option '{}': write an absolute path, or none",
                    option);
  } else if (option.starts_with("uid=") || option.starts_with("gid=")) {
    const auto id = parse_id(option);
    if (!id) return tl::make_unexpected(id.error());
    (option.front() == 'u' ? command.uid : command.gid) = *id;
  } else if (option.starts_with("umask=")) {
    const auto umask = parse_number(option, 8, 0777, "an octal number from 0 to 0777");
    if (!umask) return tl::make_unexpected(umask.error());
    command.umask = *umask;
  } else if (option.starts_with(transport)) {
    const auto trtype = parse_trtype(std::string_view(option).substr(transport.size()));
    if (!trtype) return tl::make_unexpected(trtype.error());
    command.default_transport = *trtype;
  } else {
    return refuse(EINVAL, Reason::bad_value,
                  "option '{}' is not known; nvmeofs --help lists those that are", option);
  }
  return {};
}

Result<Source> parse_source(const std::string& word) {
  if (word == "nvmet") return Source::nvmet;
  if (word == "sim") return Source::sim;
  return refuse(EINVAL, Reason::bad_value,
                "'{}' is no source; it is nvmet (this machine's kernel) or sim (one made up)",
                word);
}

}  // namespace

std::string_view to_string(Source source) {
  return source == Source::sim ? "sim" : "nvmet";
}

Result<Command> parse_command_line(int argc, const char* const* argv) {
  MountCommand mount;
  std::vector<std::string> words;
  std::vector<std::string> options;

  CLI::App app("NVMe over Fabrics as a tree of files", "nvmeofs");
  app.set_version_flag("--version", "nvmeofs " NVMEOFS_VERSION);
  app.set_help_flag("-h,--help", "This text");
  app.formatter(std::make_shared<Help>());
  app.footer(footer);
  app.add_option("words", words)->group("");
  app.add_option("-o", options, "Mount options")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->type_name("OPTIONS");
  app.add_flag("-f", mount.foreground, "Stay in the foreground");
  const CLI::App* const check =
      app.add_subcommand("check", "Say what this machine has and lacks, and the mend");

  StopCommand stop_command;
  CLI::App* const stop =
      app.add_subcommand("stop", "Take down every export of a mount, then unmount it");
  stop->add_option("MOUNTPOINT", stop_command.mountpoint)->required();
  stop->add_flag("--force", stop_command.force, "Although hosts are connected");
  stop->add_flag("--unload", stop_command.unload, "Unload the kernel's modules that it had loaded");

  try {
    app.parse(argc, argv);
  } catch (const CLI::CallForVersion& version) {
    return PrintCommand{std::string(version.what())};
  } catch (const CLI::CallForHelp&) {
    return PrintCommand{app.help()};
  } catch (const CLI::ParseError& error) {
    return refuse(EINVAL, Reason::bad_value, "{}; see nvmeofs --help", error.what());
  }
  if (*check) return CheckCommand{};
  if (*stop) return stop_command;

  if (words.empty()) return refuse(EINVAL, Reason::bad_value, "no mount point; see nvmeofs --help");
  if (words.size() > 2) {
    return refuse(EINVAL, Reason::bad_value, "'{}' is one word too many; see nvmeofs --help",
                  words[2]);
  }
  if (words.size() == 2) {
    const auto source = parse_source(words.front());
    if (!source) return tl::make_unexpected(source.error());
    mount.source = *source;
  }
  mount.mountpoint = words.back();
  mount.state = mount.source == Source::nvmet ? default_state : "none";
  for (const std::string& option : options)
    if (const auto applied = apply_option(option, mount); !applied)
      return tl::make_unexpected(applied.error());
  return mount;
}

}  // namespace nvmeofs
