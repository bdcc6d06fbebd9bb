#include "nvmet_tree.h"

#include <fmt/format.h>

#include <filesystem>

#include "shell.h"

namespace nvmeofs::vm {

namespace fs = std::filesystem;

NvmetTree nvmet_tree() {
  NvmetTree tree;
  if (!fs::exists(nvmet)) return tree;
  for (const auto& entry : fs::recursive_directory_iterator(nvmet)) {
    std::string& text = tree[entry.path().string().substr(nvmet.size() + 1)];
    if (entry.is_symlink())
      text = "-> " + fs::read_symlink(entry.path()).string();
    else if (entry.is_directory())
      text = "directory";
    else
      text = "= " + read_text(entry.path());
  }
  return tree;
}

std::string difference(const NvmetTree& before, const NvmetTree& after) {
  std::string lines;
  for (const auto& [path, text] : before) {
    const auto found = after.find(path);
    if (found == after.end() || found->second != text)
      lines += fmt::format("- {} {}\n", path, text);
  }
  for (const auto& [path, text] : after) {
    const auto found = before.find(path);
    if (found == before.end() || found->second != text)
      lines += fmt::format("+ {} {}\n", path, text);
  }
  return lines;
}

NvmetTree below(const NvmetTree& tree, const std::string& path) {
  NvmetTree found;
  for (const auto& [each, text] : tree)
    if (each == path || each.starts_with(path + "/")) found[each] = text;
  return found;
}

void load_nvmet() {
  if (fs::exists(nvmet)) return;
  run("modprobe nvmet && { mountpoint -q " + configfs + " || mount -t configfs configfs " +
      configfs + "; }");
}

void unload_nvmet() {
  run("if mountpoint -q " + configfs + "; then umount " + configfs +
      "; fi; modprobe -r nvme-loop 2>/dev/null; modprobe -r nvmet-tcp nvmet-rdma nvmet-fc nvmet");
}

void clear_nvmet() {
  run("cd " + nvmet + R"( || exit
    rm -f ports/*/subsystems/* subsystems/*/allowed_hosts/*
    for item in ports/*/ana_groups/*; do
      [[ ! -d $item || $item == */1 ]] || rmdir "$item"
    done
    for item in ports/*/referrals/* ports/* subsystems/*/namespaces/* subsystems/* hosts/*; do
      [[ ! -d $item ]] || rmdir "$item"
    done)");
}

void make_subsystem(const std::string& nqn, const std::string& disk) {
  run(fmt::format(R"(set -e; cd {}/subsystems
    mkdir '{}'; cd '{}'
    echo 1 > attr_allow_any_host
    mkdir namespaces/1
    echo -n '{}' > namespaces/1/device_path
    echo 1 > namespaces/1/enable)",
                  nvmet, nqn, nqn, disk));
}

void make_port(const std::string& id, const std::string& trtype, const std::string& traddr,
               const std::string& trsvcid) {
  run(fmt::format(R"(set -e; cd {}/ports
    mkdir {}; cd {}
    echo {} > addr_trtype
    echo ipv4 > addr_adrfam
    echo {} > addr_traddr
    echo {} > addr_trsvcid)",
                  nvmet, id, id, trtype, traddr, trsvcid));
}

void link_port(const std::string& id, const std::string& nqn) {
  run(fmt::format("ln -s {}/subsystems/{} {}/ports/{}/subsystems/{}", nvmet, nqn, nvmet, id, nqn));
}

}  // namespace nvmeofs::vm
