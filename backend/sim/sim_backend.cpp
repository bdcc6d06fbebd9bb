#include "sim/sim_backend.h"

#include <cerrno>
#include <cstring>

#include "sim/host.h"
#include "sim/namespace.h"
#include "sim/passthru.h"
#include "sim/port.h"
#include "sim/subsystem.h"

namespace nvmeofs {
namespace {

// A short count is EIO here as it is with the kernel's own configfs: half a value is stored then,
// and the rest would be a value of its own.
Syscall<void> write_whole(SimKernel& kernel, const Step& step) {
  const auto taken = kernel.write(step.path, step.written());
  if (!taken) return fails(taken.error());
  return *taken == step.written().size() ? Syscall<void>() : Syscall<void>(fails(EIO));
}

Syscall<void> make_call(SimKernel& kernel, const Step& step) {
  switch (step.verb) {
    case Verb::make_item:
      return kernel.mkdir(step.path);
    case Verb::remove_item:
      return kernel.rmdir(step.path);
    case Verb::set_attribute:
      return write_whole(kernel, step);
    case Verb::protect:
      return kernel.chmod(step.path);
    case Verb::make_link:
      return kernel.symlink(step.value, step.path);
    case Verb::remove_link:
      return kernel.unlink(step.path);
  }
  return fails(EINVAL);
}

}  // namespace

Result<Target> SimBackend::observe() {
  // Cleared before the look, so that what changes meanwhile is told again.
  kernel_.clear_changes();
  return kernel_.target();
}

Result<void> SimBackend::perform(const Step& step) {
  const auto done = make_call(kernel_, step);
  if (done) return {};
  return refuse(done.error(), Reason::kernel_refused, "{}: {}", shell_command(step, root()),
                strerror(done.error()));
}

const KernelAttributes& SimBackend::attributes() const {
  static const auto all = [] {
    sim::Nvmet nvmet{{}, {}, {}};
    sim::Subsystem subsystem("sample", nvmet);
    KernelAttributes found{.port = {},
                           .subsystem = sim::texts_of(subsystem),
                           .space = sim::texts_of(sim::Namespace("1", 1, subsystem)),
                           .host = {},
                           .passthru = sim::texts_of(subsystem.passthru())};
    for (const auto& [name, text] : sim::texts_of(sim::Port("1", nvmet))) found.port.insert(name);
    for (const auto& [name, text] : sim::texts_of(sim::Host("sample"))) found.host.insert(name);
    return found;
  }();
  return all;
}

Result<void> SimBackend::need_transport(Trtype trtype) {
  if (kernel_.machine().transports.contains(trtype)) return {};
  return refuse(ENODEV, Reason::no_module,
                "this kernel has no module nvmet_{}; use a kernel that was built with it",
                to_string(trtype));
}

}  // namespace nvmeofs
