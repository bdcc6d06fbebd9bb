#include "host_identity.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <uuid.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <optional>
#include <string_view>

#include "attribute.h"
#include "nvmeofs/fd.h"
#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

constexpr std::string_view uuid_stem = "nqn.2014-08.org.nvmexpress:uuid:";

std::string trimmed(std::string text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; };
  while (!text.empty() && blank(text.back())) text.pop_back();
  text.erase(text.begin(), std::find_if_not(text.begin(), text.end(), blank));
  return text;
}

// In the one form that the kernel shows; nothing: no UUID.
std::optional<std::string> canonical_uuid(std::string_view text) {
  uuid_t uuid;
  if (uuid_parse(std::string(text).c_str(), uuid) != 0) return std::nullopt;
  std::array<char, UUID_STR_LEN> canonical{};
  uuid_unparse_lower(uuid, canonical.data());
  return canonical.data();
}

std::optional<std::string> uuid_of(std::string_view nqn) {
  return nqn.starts_with(uuid_stem) ? canonical_uuid(nqn.substr(uuid_stem.size())) : std::nullopt;
}

// What vendors leave in who did not set it, and what is none: two machines with it would be one
// host for every target.
bool is_of_many(std::string_view uuid) {
  constexpr std::array<std::string_view, 3> known{"00000000-0000-0000-0000-000000000000",
                                                  "ffffffff-ffff-ffff-ffff-ffffffffffff",
                                                  "03000200-0400-0500-0006-000700080009"};
  return std::find(known.begin(), known.end(), uuid) != known.end();
}

// As `nvme gen-hostnqn` has it: the same after the machine is installed anew.
std::string machine_uuid(const std::string& sysfs) {
  const auto text = read_attribute(sysfs + "/class/dmi/id/product_uuid");
  const auto firmware = text ? canonical_uuid(trimmed(*text)) : std::nullopt;
  if (firmware && !is_of_many(*firmware)) return *firmware;
  uuid_t uuid;
  uuid_generate_random(uuid);
  std::array<char, UUID_STR_LEN> random{};
  uuid_unparse_lower(uuid, random.data());
  return random.data();
}

tl::unexpected<Error> refuse_saving(const std::string& file, int errnum) {
  return refuse(errnum, Reason::not_saved, "{} cannot be made: {}", file, std::strerror(errnum));
}

int make_folder(const std::string& folder) {
  return mkdir(folder.c_str(), 0755) == 0 || errno == EEXIST ? 0 : errno;
}

// Whole or not at all, and not over one that another program has made by now. An empty one, as a
// package's script leaves when its program fails, is none.
int make_file(const std::string& file, const std::string& line) {
  const std::string text = line + "\n";
  std::string temporary = file + ".XXXXXX";
  const Fd fd(mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd) return errno;
  int errnum = 0;
  if (write(fd.get(), text.data(), text.size()) != static_cast<ssize_t>(text.size())) {
    errnum = errno != 0 ? errno : EIO;
  } else if (fchmod(fd.get(), 0644) != 0 || fsync(fd.get()) != 0) {
    errnum = errno;
  } else if (struct stat status{}; stat(file.c_str(), &status) == 0 && status.st_size == 0) {
    if (rename(temporary.c_str(), file.c_str()) == 0) return 0;
    errnum = errno;
  } else if (link(temporary.c_str(), file.c_str()) != 0 && errno != EEXIST) {
    errnum = errno;
  }
  unlink(temporary.c_str());
  return errnum;
}

// The first line; nothing: there is none.
std::optional<std::string> kept(const std::string& file) {
  auto text = trimmed(read_attribute(file).value_or(""));
  return text.empty() ? std::nullopt : std::optional(std::move(text));
}

Result<void> keep(const std::string& folder, const std::string& file, const std::string& line) {
  int errnum = make_folder(folder);
  if (errnum == 0) errnum = make_file(file, line);
  if (errnum != 0) return refuse_saving(file, errnum);
  return {};
}

Result<HostIdentity> checked(const HostIdentity& identity, const std::string& nqn_file,
                             const std::string& id_file) {
  if (const auto nqn = Nqn::parse(identity.nqn); !nqn) {
    return refuse(EINVAL, Reason::host_identity, "{} holds no host NQN ('{}'): {}", nqn_file,
                  printable(identity.nqn), nqn.error().message);
  }
  const auto id = canonical_uuid(identity.id);
  if (!id) {
    return refuse(EINVAL, Reason::host_identity,
                  "{} holds no UUID ('{}'); write one as uuidgen prints it", id_file,
                  printable(identity.id));
  }
  const auto named = uuid_of(identity.nqn);
  if (named && *named != *id) {
    return refuse(EINVAL, Reason::host_identity,
                  "{} is of the host {} and {} of {}: targets and the kernel take them for one "
                  "host's; write {} into {}, or another host NQN into {}",
                  nqn_file, *named, id_file, *id, *named, id_file, nqn_file);
  }
  return HostIdentity{identity.nqn, *id};
}

}  // namespace

Result<HostIdentity> kept_host_identity(const std::string& folder, const std::string& sysfs) {
  const std::string nqn_file = folder + "/hostnqn";
  const std::string id_file = folder + "/hostid";
  auto nqn = kept(nqn_file);
  auto id = kept(id_file);
  if (!nqn) {
    const auto uuid = id ? canonical_uuid(*id) : std::optional(machine_uuid(sysfs));
    if (!uuid) return checked({std::string(uuid_stem), *id}, nqn_file, id_file);
    if (auto done = keep(folder, nqn_file, std::string(uuid_stem) + *uuid); !done) {
      return tl::unexpected<Error>(done.error());
    }
    nqn = kept(nqn_file);
  }
  if (!id) {
    const auto uuid = uuid_of(nqn.value_or(""));
    if (auto done = keep(folder, id_file, uuid ? *uuid : machine_uuid(sysfs)); !done) {
      return tl::unexpected<Error>(done.error());
    }
    id = kept(id_file);
  }
  return checked({nqn.value_or(""), id.value_or("")}, nqn_file, id_file);
}

}  // namespace nvmeofs
