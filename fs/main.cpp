// The program.
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <systemd/sd-daemon.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <memory>

#include "fs/daemonize.h"
#include "fs/filesystem.h"
#include "fs/invalidation.h"
#include "fs/kernel_lock.h"
#include "fs/log.h"
#include "fs/mountpoint.h"
#include "fs/options.h"
#include "fs/session.h"
#include "fs/stop.h"
#include "fs/world.h"
#include "nvmeofs/discoveries.h"
#include "nvmeofs/engine.h"
#include "probe/check.h"
#include "probe/rdma_bind.h"
#include "sim/machine.h"
#include "sim/sim_fabric.h"

namespace nvmeofs {
namespace {

// Who mounts finds exports up, or knows why not; one that hangs does not hold up the mount.
constexpr std::chrono::seconds first_look{5};

// From here on signals only ever arrive at this descriptor: every thread that is made later has
// them blocked too.
Fd take_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1, SIGPIPE}) sigaddset(&signals, signal);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  // Whoever ignored it before us would have our children vanish without an end that can be seen.
  ::signal(SIGCHLD, SIG_DFL);
  sigdelset(&signals, SIGUSR1);
  sigdelset(&signals, SIGPIPE);
  return Fd(::signalfd(-1, &signals, SFD_CLOEXEC));
}

// Until a signal, or until the mount is gone. The kernel ends the session only with the last copy
// of the mount, and a service or a container that was started meanwhile has one of its own in its
// mount namespace: what counts is the mount that was asked for.
//
// `mounts`: mountinfo, which tells of every change since it was opened.
void wait_for_end(int signals, int ended, int mounts, std::optional<dev_t> device) {
  std::array<pollfd, 3> waits{pollfd{signals, POLLIN, 0}, pollfd{ended, POLLIN, 0},
                              pollfd{device ? mounts : -1, POLLPRI, 0}};
  for (;;) {
    if (::poll(waits.data(), waits.size(), -1) < 0) continue;
    if (waits[0].revents != 0 || waits[1].revents != 0) break;
    if (!is_mounted(*device)) break;
  }
  if ((waits[0].revents & POLLIN) == 0) return;
  signalfd_siginfo info{};
  if (::read(signals, &info, sizeof info) == sizeof info)
    spdlog::info("ending after signal {}; exports and connections stay as they are",
                 strsignal(static_cast<int>(info.ssi_signo)));
}

void describe_simulation() {
  fmt::print("Simulated: nothing here reaches a disk or a network. There are\n{}{}",
             SimMachine::example().describe(), SimFabric::example().describe());
  std::fflush(stdout);
}

Result<void> serve(const MountCommand& command, const std::string& mountpoint, Startup& startup) {
  const Fd signals = take_signals();
  if (auto cleared = clear_mountpoint(mountpoint); !cleared) return cleared;
  Fd lock;
  if (command.source == Source::nvmet) {
    auto locked = lock_kernel({.mountpoint = mountpoint, .state = command.state});
    if (!locked) return tl::make_unexpected(locked.error());
    lock = std::move(*locked);
  }
  auto world = open_world(command.source, command.state);
  if (!world) return tl::make_unexpected(world.error());

  auto engine = std::make_unique<Engine>((*world)->environment(),
                                         EngineOptions{.hosts_any = command.hosts_any});
  auto connections = std::make_unique<Connections>((*world)->connections(), ConnectionsOptions{});
  auto discoveries =
      std::make_unique<Discoveries>((*world)->discoveries(*connections), DiscoveriesOptions{});
  Filesystem filesystem(*engine, *connections, *discoveries,
                        {.owner = {.uid = command.uid.value_or(::geteuid()),
                                   .gid = command.gid.value_or(::getegid()),
                                   .umask = command.umask},
                         .default_transport = command.default_transport,
                         .names = command.names,
                         .on_ready = [&] {
                           if (command.source == Source::sim) describe_simulation();
                           startup.ready();
                         }});
  auto session = Session::open(filesystem, {.source = std::string(to_string(command.source)),
                                            .allow_other = command.allow_other,
                                            .read_only = command.read_only});
  if (!session) return tl::make_unexpected(session.error());
  auto invalidation = std::make_unique<Invalidation>((*session)->handle());
  engine->on_publish([&told = *invalidation, &names = command.names](const Snapshot& before,
                                                                     const Snapshot& after) {
    told.tell(notices(before, after, names));
  });
  connections->on_publish(
      [&told = *invalidation](const ConnectionsSnapshot& before, const ConnectionsSnapshot& after) {
        told.tell(notices(before, after));
      });
  discoveries->on_publish(
      [&told = *invalidation](const DiscoveriesSnapshot& before, const DiscoveriesSnapshot& after) {
        told.tell(notices(before, after));
      });
  if (auto started = engine->start(); !started) return started;
  if (auto started = connections->start(); !started) return started;
  if (auto started = discoveries->start(); !started) return started;
  engine->wait_for_first_look(first_look);
  if (auto mounted = (*session)->mount(mountpoint); !mounted) return mounted;
  // Before anybody is told that it is there: an end that comes at once is seen.
  const Fd mounts(::open("/proc/self/mountinfo", O_RDONLY | O_CLOEXEC));
  (*session)->start();

  wait_for_end(signals.get(), (*session)->ended_fd(), mounts.get(), (*session)->device());

  // Requests are still answered meanwhile: one that was not would hold the kernel's lock of a
  // directory, which a notification that is under way waits for. And nothing may be left that could
  // answer through a session that is no more.
  sd_notify(0, "STOPPING=1");
  engine->stop();
  discoveries->stop();
  connections->stop();
  invalidation.reset();
  (*session)->stop();
  discoveries.reset();
  connections.reset();
  engine.reset();
  return {};
}

int run_mount(const MountCommand& command) {
  // Before the fork, which goes to /.
  const auto mountpoint = resolve_mountpoint(command.mountpoint);
  if (!mountpoint) {
    Startup().failed(mountpoint.error().message);
    return 1;
  }
  Startup startup;
  if (!command.foreground) {
    Forked forked = daemonize();
    if (forked.parent_status) return *forked.parent_status;
    startup = std::move(forked.startup);
  }
  start_logging(command.foreground ? LogTarget::standard_error : LogTarget::syslog);
  if (const auto served = serve(command, *mountpoint, startup); !served) {
    startup.failed(served.error().message);
    return 1;
  }
  return 0;
}

int run_check() {
  bool all = true;
  for (const CheckLine& line : check_machine(rdma_bind_program())) {
    all = all && line.ok;
    fmt::print("{} {}: {}{}\n", line.ok ? "ok     " : "missing", line.what, line.found,
               line.mend.empty() ? "" : "; " + line.mend);
  }
  return all ? 0 : 1;
}

int run(int argc, char** argv) {
  const auto command = parse_command_line(argc, argv);
  if (!command) {
    Startup().failed(command.error().message);
    return 2;
  }
  if (const auto* print = std::get_if<PrintCommand>(&*command)) {
    fmt::print("{}\n", print->text);
    return 0;
  }
  if (std::holds_alternative<CheckCommand>(*command)) return run_check();
  if (const auto* stop = std::get_if<StopCommand>(&*command)) {
    start_logging(LogTarget::syslog);  // what it does is kept; what it says is for who asked
    return run_stop(*stop);
  }
  return run_mount(std::get<MountCommand>(*command));
}

}  // namespace
}  // namespace nvmeofs

int main(int argc, char** argv) {
  // The keys of hosts are in memory, and a dump would keep them.
  const rlimit no_dump{0, 0};
  ::setrlimit(RLIMIT_CORE, &no_dump);
  try {
    return nvmeofs::run(argc, argv);
  } catch (const std::exception& thrown) {
    fmt::print(stderr, "nvmeofs: {}\n", thrown.what());
    return 1;
  }
}
