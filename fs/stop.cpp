#include "fs/stop.h"

#include <fmt/format.h>
#include <sys/mount.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <vector>

#include "fs/kernel_lock.h"
#include "fs/mountpoint.h"
#include "fs/world.h"
#include "nvmeofs/engine.h"
#include "nvmeofs/text.h"
#include "probe/kernel_modules.h"

namespace nvmeofs {
namespace {

namespace files = std::filesystem;

// Seconds that the program that served the mount may take to end: it waits for steps that are under
// way, for two.
constexpr unsigned ending = 10;

std::string first_line(const files::path& file) {
  std::string line;
  std::getline(std::ifstream(file), line);
  return line;
}

// Through the view, before anything is done: whoever is connected now is refused as by `echo 0`.
Result<void> check_nobody_is_connected(const std::string& mountpoint) {
  std::error_code error;
  for (files::directory_iterator at(mountpoint + "/exports", error), end; !error && at != end;
       at.increment(error)) {
    if (first_line(at->path() / "status").starts_with("foreign")) continue;
    const std::string client = first_line(at->path() / "clients");
    if (client.empty()) continue;
    return refuse(EBUSY, Reason::hosts_connected,
                  "exports/{} has a host connected: {}; disconnect it there, or say --force",
                  printable(at->path().filename().string()), printable(client));
  }
  return {};
}

Result<void> unmount(const std::string& mountpoint) {
  if (::umount2(mountpoint.c_str(), 0) == 0) return {};
  if (errno == EBUSY)
    return refuse(EBUSY, Reason::mount_failed,
                  "{} is in use; leave it with every shell and program (fuser -vm {} names them)",
                  mountpoint, mountpoint);
  return refuse(errno, Reason::mount_failed, "cannot unmount {}: {}", mountpoint, strerror(errno));
}

Result<void> take_down(Engine& engine, const ExportView& view, bool force) {
  // Shared: whoever sets it is not done with it when the other side has the answer.
  const auto answer = std::make_shared<std::promise<Result<void>>>();
  auto answered = answer->get_future();
  engine.submit({.caller = {::geteuid(), ::getpid(), "nvmeofs stop"},
                 .name = view.wanted.name.str(),
                 .serial = view.serial,
                 .file = "enabled",
                 .value = force ? "0 force" : "0",
                 .intent = TakeDown{force}},
                [answer](Result<void> result) { answer->set_value(std::move(result)); });
  return answered.get();
}

// Each by itself: one that cannot go holds up no other.
bool take_down_all(Engine& engine, bool force) {
  bool all = true;
  const auto snapshot = engine.snapshot();
  for (const auto& [name, view] : snapshot->exports) {
    if (view.foreign || !view.wanted.enabled || !is_made_for(snapshot->observed, view.wanted))
      continue;
    if (const auto down = take_down(engine, view, force); !down) {
      all = false;
      fmt::print(stderr, "nvmeofs: exports/{} is still served: {}\n", printable(name),
                 down.error().message);
    } else {
      fmt::print("exports/{} is down\n", printable(name));
    }
  }
  return all;
}

bool unload_modules(const std::set<std::string>& modules) {
  bool all = true;
  // The transports use nvmet.
  std::vector<std::string> in_order(modules.begin(), modules.end());
  std::stable_partition(in_order.begin(), in_order.end(),
                        [](const std::string& name) { return name != "nvmet"; });
  for (const auto& name : in_order) {
    if (const auto unloaded = unload_module(name); !unloaded) {
      all = false;
      fmt::print(stderr, "nvmeofs: {}\n", unloaded.error().message);
    }
  }
  return all;
}

Result<bool> stop(const StopCommand& command) {
  const auto mountpoint = resolve_mountpoint(command.mountpoint);
  if (!mountpoint) return tl::make_unexpected(mountpoint.error());
  const auto mounted = mounted_source(*mountpoint);
  if (!mounted) return tl::make_unexpected(mounted.error());
  if (mounted->empty())
    return refuse(EINVAL, Reason::mount_failed,
                  "nvmeofs is not mounted on {}; findmnt -t fuse.nvmeofs says where it is, and "
                  "mounting it again makes stop possible",
                  *mountpoint);
  if (*mounted == to_string(Source::sim)) {
    auto gone = unmount(*mountpoint);
    return gone ? Result<bool>(true) : tl::make_unexpected(gone.error());
  }

  // Whose state file says what is ours. It is known before anything is done: unmounted and not
  // taken down would be the worst of both.
  const auto holder = kernel_holder();
  if (!holder)
    return refuse(ENOENT, Reason::mount_failed,
                  "it is not known which state file {} is served from: /run/nvmeofs.lock, which "
                  "says so, is not there; umount it, mount it again, and stop that one",
                  *mountpoint);
  if (!command.force)
    if (auto free = check_nobody_is_connected(*mountpoint); !free)
      return tl::make_unexpected(free.error());
  if (auto gone = unmount(*mountpoint); !gone) return tl::make_unexpected(gone.error());
  const auto lock = lock_kernel_within({.mountpoint = {}, .state = holder->state}, ending);
  if (!lock)
    return refuse(lock.error().errnum, lock.error().reason,
                  "{} is unmounted, and the exports are as they were: {}", *mountpoint,
                  lock.error().message);
  auto world = open_world(Source::nvmet, holder->state);
  if (!world) return tl::make_unexpected(world.error());
  const Environment environment = (*world)->environment();
  Engine engine(environment, {.look_after = false});
  if (auto started = engine.start(); !started) return tl::make_unexpected(started.error());
  bool all = take_down_all(engine, command.force);
  engine.stop();
  if (command.unload && all) all = unload_modules(engine.modules_loaded());
  return all;
}

}  // namespace

int run_stop(const StopCommand& command) {
  const auto stopped = stop(command);
  if (!stopped) fmt::print(stderr, "nvmeofs: {}\n", stopped.error().message);
  return stopped && *stopped ? 0 : 1;
}

}  // namespace nvmeofs
