#include "kernel_modules.h"

#include <libkmod.h>
#include <sys/stat.h>
#include <sys/utsname.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <memory>
#include <optional>

namespace nvmeofs {
namespace {

struct Unref {
  void operator()(kmod_ctx* context) const { kmod_unref(context); }
  void operator()(kmod_module* module) const { kmod_module_unref(module); }
  void operator()(kmod_list* list) const { kmod_module_unref_list(list); }
};
using Context = std::unique_ptr<kmod_ctx, Unref>;
using Module = std::unique_ptr<kmod_module, Unref>;
using Modules = std::unique_ptr<kmod_list, Unref>;

std::string kernel_release() {
  utsname names{};
  return uname(&names) == 0 ? names.release : "";
}

Context new_context() {
  Context context(kmod_new(nullptr, nullptr));
  // What kmod has to say goes to stderr, which a daemon has not; the errno is all that is used.
  if (context) kmod_set_log_priority(context.get(), 0);
  return context;
}

Modules look_up(kmod_ctx* context, const std::string& name) {
  kmod_list* list = nullptr;
  if (kmod_module_new_from_lookup(context, name.c_str(), &list) < 0) return nullptr;
  return Modules(list);
}

// What the running kernel says, without /lib/modules: an image that was installed without its
// modules has code built in all the same. A module that is still starting is not there yet.
std::optional<ModuleState> running_state(std::string name) {
  if (name.empty() || name.find('/') != std::string::npos) return std::nullopt;
  std::replace(name.begin(), name.end(), '-', '_');
  const std::string folder = "/sys/module/" + name;
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) return std::nullopt;
  std::string state;
  std::ifstream file(folder + "/initstate");
  if (!file) return ModuleState::builtin;
  file >> state;
  return state == "live" ? std::optional(ModuleState::loaded) : std::nullopt;
}

ModuleState state_of(kmod_list* found) {
  kmod_list* entry = nullptr;
  kmod_list_foreach(entry, found) {
    const Module module(kmod_module_get_module(entry));
    if (kmod_module_get_initstate(module.get()) == KMOD_MODULE_BUILTIN) return ModuleState::builtin;
    if (kmod_module_get_path(module.get()) != nullptr) return ModuleState::available;
  }
  return ModuleState::absent;
}

tl::unexpected<Error> refuse_absent(const std::string& name) {
  const std::string release = kernel_release();
  const std::string folder = "/lib/modules/" + release;
  struct stat status {};
  if (stat(folder.c_str(), &status) != 0) {
    return refuse(ENODEV, Reason::no_module,
                  "this kernel ({}) has no module {}, and {} is missing: boot the kernel whose "
                  "modules are installed, or install the modules of this one",
                  release, name, folder);
  }
  return refuse(ENODEV, Reason::no_module,
                "this kernel ({}) has no module {}; boot a kernel that has it", release, name);
}

}  // namespace

ModuleState module_state(const std::string& name) {
  if (const auto state = running_state(name)) return *state;
  const Context context = new_context();
  if (!context) return ModuleState::absent;
  return state_of(look_up(context.get(), name).get());
}

Result<void> load_module(const std::string& name) {
  if (running_state(name)) return {};
  const Context context = new_context();
  if (!context) {
    return refuse(ENOMEM, Reason::kernel_refused, "module {} cannot be looked up: {}", name,
                  std::strerror(ENOMEM));
  }
  const Modules found = look_up(context.get(), name);
  const ModuleState state = state_of(found.get());
  if (state == ModuleState::builtin) return {};
  if (state == ModuleState::absent) return refuse_absent(name);

  kmod_list* entry = nullptr;
  kmod_list_foreach(entry, found.get()) {
    const Module module(kmod_module_get_module(entry));
    const int result =
        kmod_module_probe_insert_module(module.get(), 0, nullptr, nullptr, nullptr, nullptr);
    if (result >= 0 || result == -EEXIST) continue;
    if (result == -EPERM) {
      return refuse(EPERM, Reason::kernel_refused,
                    "module {} is not loaded, and this process may load none (it lacks "
                    "CAP_SYS_MODULE, or the kernel is locked); run 'modprobe {}' first",
                    name, name);
    }
    return refuse(-result, Reason::kernel_refused,
                  "the kernel did not take module {}: {}; the last lines of 'dmesg' say why", name,
                  std::strerror(-result));
  }
  return {};
}

Result<void> unload_module(const std::string& name) {
  if (running_state(name) != ModuleState::loaded) return {};
  const Context context = new_context();
  kmod_module* found = nullptr;
  if (!context || kmod_module_new_from_name(context.get(), name.c_str(), &found) < 0) {
    return refuse(ENOMEM, Reason::kernel_refused, "module {} cannot be looked up: {}", name,
                  std::strerror(ENOMEM));
  }
  const Module module(found);
  // Without O_NONBLOCK libkmod would wait for as long as something uses it.
  const int result = kmod_module_remove_module(module.get(), KMOD_REMOVE_NOWAIT);
  if (result >= 0 || result == -ENOENT) return {};
  if (result == -EAGAIN || result == -EBUSY) {
    return refuse(EBUSY, Reason::kernel_refused,
                  "module {} is in use by something else and stays loaded", name);
  }
  return refuse(-result, Reason::kernel_refused, "module {} cannot be unloaded: {}", name,
                std::strerror(-result));
}

}  // namespace nvmeofs
