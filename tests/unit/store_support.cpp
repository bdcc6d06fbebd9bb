#include "store_support.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>

namespace nvmeofs {

StoredExport small_export(const std::string& name, unsigned number) {
  Export wanted{.name = Nqn::parse(name).value(),
                .spaces = {{first_nsid,
                            {.device = DevicePath::parse("/dev/sdb force").value(),
                             .disk = {"wwid naa.5000c500a1b2c3d4"},
                             .has_served = true,
                             .enabled = true,
                             .uuid = fmt::format("00000000-0000-4000-8000-{:012x}", number),
                             .nguid = fmt::format("00000000-0000-4000-9000-{:012x}", number)}}},
                .addresses = {TransportAddress::parse("192.168.1.32", Trtype::rdma).value(),
                              TransportAddress::parse("[fe80::1%eth0]:4421", Trtype::tcp).value()},
                .hosts = Hosts::parse("nqn.2014-08.org.nvmexpress:uuid:a").value(),
                .enabled = true,
                .identity = {.serial = fmt::format("{:020x}", number), .model = "nvmeofs"}};
  return {.wanted = std::move(wanted),
          .made = std::chrono::system_clock::time_point(std::chrono::seconds(1782900000)),
          .served = {{first_nsid,
                      {.boot_id = "1c9dd1a2-97f8-4a3f-b7b7-3f6a3f6f0001",
                       .appearance = "disk 2064 of 17",
                       .bytes = 1073741824}}}};
}

StoredState small_state(const std::string& name) {
  StoredState state;
  state.exports.emplace(name, small_export(name, 1));
  state.kernel.boot_id = "0c9dd1a2-97f8-4a3f-b7b7-3f6a3f6f0001";
  state.kernel.ports = {{"1", "tcp://192.168.1.32:4420"}};
  state.kernel.hosts = {"nqn.2014-08.org.nvmexpress:uuid:a"};
  state.kernel.modules = {"nvmet_tcp"};
  return state;
}

StoredState random_state(std::mt19937& random) {
  const auto below = [&](unsigned count) { return static_cast<unsigned>(random() % count); };
  const auto nqn = [&] {
    std::string text = "n";
    for (auto length = below(20); length > 0; --length) text += "abz09.:-_~{}'"[below(13)];
    return text;
  };
  const auto path = [&] {
    std::string text = "/";
    for (auto length = below(20); length > 0; --length) {
      const auto byte = 0x21 + below(0xdf);
      if (byte != 0x7f) text += static_cast<char>(byte);
    }
    return text + "x" + (below(2) == 0 ? " force" : "");
  };
  const auto address = [&] {
    return TransportAddress::parse(
               below(2) == 0 ? fmt::format("tcp://10.0.0.{}:{}", below(256), 1 + below(65535))
                             : fmt::format("rdma://[fd00::{:x}]", below(65536)),
               Trtype::tcp)
        .value();
  };
  StoredState state;
  for (unsigned number = below(5); number > 0; --number) {
    const auto name = nqn();
    auto stored = small_export(name, number);
    auto& wanted = stored.wanted;
    wanted.first().device.reset();
    if (below(4) != 0) wanted.first().device = DevicePath::parse(path()).value();
    wanted.first().disk.text = below(3) == 0 ? "" : std::string("d\0\x1b\"\\\xff", 6) + path();
    wanted.first().has_served = below(2) == 0;
    wanted.first().enabled = below(4) != 0;
    for (auto count = below(3); count > 0; --count) {
      const Nsid nsid = 2 + below(1023);
      Space& space = wanted.spaces[nsid];
      space = {.device = DevicePath::parse(path()).value(),
               .disk = {path()},
               .has_served = below(2) == 0,
               .enabled = below(2) == 0,
               .uuid = fmt::format("00000000-0000-4000-a000-{:08x}{:04x}", random(), nsid),
               .nguid = fmt::format("00000000-0000-4000-b000-{:08x}{:04x}", random(), nsid)};
      space.direct = below(2) == 0;
      if (below(2) == 0) space.settings = {{"buffered_io", "0"}, {"p2pmem", "0000:01:00.0"}};
      if (below(2) == 0)
        stored.served[nsid] = {
            .boot_id = "1c9dd1a2-97f8-4a3f-b7b7-3f6a3f6f0001", .appearance = "file", .bytes = 7};
    }
    if (below(2) == 0) wanted.settings = {{"attr_qid_max", std::to_string(1 + below(128))}};
    if (below(2) == 0)
      wanted.controller = {.device = DevicePath::parse(path()).value(),
                           .drive = {below(3) == 0 ? "" : "serial 1"},
                           .has_served = below(2) == 0,
                           .enabled = below(2) == 0,
                           .settings = {{"clear_ids", "1"}, {"io_timeout", "7500"}}};
    wanted.enabled = below(2) == 0;
    wanted.addresses.clear();
    for (auto count = below(4); count > 0; --count)
      if (const auto one = address();
          std::ranges::find(wanted.addresses, one) == wanted.addresses.end())
        wanted.addresses.push_back(one);
    for (const char* file : {"", "enabled", "subsystem/serial"})
      if (below(3) == 0)
        stored.access[file] = {.uid = below(2) == 0 ? std::nullopt : std::optional(below(70000)),
                               .gid = below(2) == 0 ? std::nullopt : std::optional(below(70000)),
                               .mode = below(2) == 0 ? std::nullopt : std::optional(below(01000))};
    wanted.hosts = {};
    wanted.hosts.any = below(2) == 0;
    for (auto count = below(4); count > 0 && !wanted.hosts.any; --count)
      wanted.hosts.list.insert(Nqn::parse(nqn()).value());
    stored.made += std::chrono::nanoseconds(below(2) == 0 ? 0U : below(1'000'000'000));
    stored.made += std::chrono::hours(static_cast<int>(below(1'000'000)) - 500'000);
    state.exports.emplace(name, std::move(stored));
  }
  if (below(2) == 0) state.kernel = small_state().kernel;
  for (auto count = below(3); count > 0; --count) {
    state.kernel.ports.emplace(fmt::format("{}", below(65536)), address().uri());
    state.kernel.hosts.insert(nqn());
    Host& host = state.hosts[nqn()];
    if (below(2) == 0)
      host.keys["dhchap_key"] =
          Secret("DHHC-1:00:YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWF3F7HK:");
    if (below(2) == 0) host.attributes["dhchap_dhgroup"] = "ffdhe2048";
  }
  if (below(3) == 0)
    state.restoring = BeforeRestore{.boot_id = small_state().kernel.boot_id,
                                    .exports = state.exports,
                                    .foreign = {{"theirs", small_export("theirs", 9)}},
                                    .made = {nqn()},
                                    .ports = state.ports,
                                    .hosts = state.hosts};
  return state;
}

std::string text_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) throw std::runtime_error(file);
  return {std::istreambuf_iterator<char>(stream), {}};
}

void write_text(const std::string& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
  if (::chmod(file.c_str(), 0600) != 0) throw std::runtime_error(file);
}

std::map<std::string, std::string> texts_in(const std::string& directory) {
  std::map<std::string, std::string> texts;
  for (const auto& name : names_in(directory)) texts[name] = text_of(directory + "/" + name);
  return texts;
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    if (const auto name = entry.path().filename().string(); !name.ends_with(".lock"))
      names.push_back(name);
  std::ranges::sort(names);
  return names;
}

std::string edited(std::string text) {
  const auto begin = text.find("  \"crc32\"");
  if (begin == std::string::npos) throw std::runtime_error("no crc32 in " + text);
  return text.erase(begin, text.find('\n', begin) + 1 - begin);
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const auto begin = text.find(from);
  if (begin == std::string::npos) throw std::runtime_error(from + " is not in " + text);
  return text.replace(begin, from.size(), to);
}

void StoreFixture::reopen() {
  store.reset();
  auto opened = StateFile::open(path, files);
  if (!opened) throw std::runtime_error(opened.error().message);
  store = *std::move(opened);
}

bool FaultyFiles::refused(const std::string& call) {
  calls.push_back(call);
  const int errnum = before ? before(call) : 0;
  if (errnum != 0) errno = errnum;
  return errnum != 0;
}

int FaultyFiles::mkdir(const char* path, mode_t mode) {
  return refused("mkdir") ? -1 : SystemFiles::mkdir(path, mode);
}

int FaultyFiles::openat(int directory, const char* name, int flags, mode_t mode) {
  return refused((flags & O_EXCL) != 0 ? "create" : "open")
             ? -1
             : SystemFiles::openat(directory, name, flags, mode);
}

int FaultyFiles::fstat(int fd, struct stat* result) {
  return refused("fstat") ? -1 : SystemFiles::fstat(fd, result);
}

ssize_t FaultyFiles::read(int fd, void* data, std::size_t size) {
  return refused("read") ? -1 : SystemFiles::read(fd, data, size);
}

ssize_t FaultyFiles::write(int fd, const void* data, std::size_t size) {
  return refused("write") ? -1 : SystemFiles::write(fd, data, std::min(size, longest_write));
}

int FaultyFiles::fchmod(int fd, mode_t mode) {
  return refused("fchmod") ? -1 : SystemFiles::fchmod(fd, mode);
}

int FaultyFiles::ftruncate(int fd, off_t size) {
  return refused("ftruncate") ? -1 : SystemFiles::ftruncate(fd, size);
}

int FaultyFiles::fsync(int fd) {
  struct stat status {};
  const bool directory = SystemFiles::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode);
  return refused(directory ? "fsync directory" : "fsync") ? -1 : SystemFiles::fsync(fd);
}

int FaultyFiles::flock(int fd, int operation) {
  return refused("flock") ? -1 : SystemFiles::flock(fd, operation);
}

int FaultyFiles::linkat(int directory, const char* from, const char* to) {
  return refused("link") ? -1 : SystemFiles::linkat(directory, from, to);
}

int FaultyFiles::renameat(int directory, const char* from, const char* to) {
  return refused("rename") ? -1 : SystemFiles::renameat(directory, from, to);
}

int FaultyFiles::unlinkat(int directory, const char* name) {
  return refused("unlink") ? -1 : SystemFiles::unlinkat(directory, name);
}

int FaultyFiles::list(int directory, std::vector<std::string>& names) {
  return refused("list") ? -1 : SystemFiles::list(directory, names);
}

}  // namespace nvmeofs
