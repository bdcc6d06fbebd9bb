#include "nvmeofs/export.h"

#include <uuid/uuid.h>

#include <algorithm>
#include <array>
#include <cerrno>

#include "model/number.h"

namespace nvmeofs {

Result<DevicePath> DevicePath::parse(std::string_view text) {
  constexpr std::string_view keyword = " force";
  const bool force = text.ends_with(keyword);
  if (force) {
    text.remove_suffix(keyword.size());
    while (text.ends_with(' ')) text.remove_suffix(1);
  }
  if (!text.starts_with('/'))
    return refuse(EINVAL, Reason::bad_value, "a device is an absolute path, as in /dev/nvme0n1");
  if (text.size() > max_length)
    return refuse(EFBIG, Reason::too_long, "a path of {} bytes is too long; the kernel takes {}",
                  text.size(), max_length);
  if (std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }))
    return refuse(EINVAL, Reason::bad_value,
                  "a path with a control character cannot be given to the kernel");
  if (text.ends_with(' ')) return refuse(EINVAL, Reason::bad_value, "a path cannot end in a blank");
  return DevicePath(std::string(text), force);
}

Result<Hosts> Hosts::parse(std::string_view text) {
  Hosts hosts;
  const auto lines = lines_of(text);
  for (const auto line : lines) {
    if (line == "any") {
      hosts.any = true;
      continue;
    }
    auto nqn = Nqn::parse(line);
    if (!nqn)
      return refuse(EINVAL, Reason::bad_value, "'{}' is no host NQN: {}", line,
                    nqn.error().message);
    hosts.list.insert(std::move(*nqn));
  }
  if (hosts.any && !hosts.list.empty())
    return refuse(EINVAL, Reason::bad_value, "write either 'any' or a list of host NQNs, not both");
  return hosts;
}

Result<WrittenHosts> WrittenHosts::parse(std::string_view text) {
  constexpr std::string_view keyword = " force";
  std::string list;
  bool forced = false;
  for (auto line : lines_of(text)) {
    if (line.ends_with(keyword) && line != keyword) {
      forced = true;
      line.remove_suffix(keyword.size());
    }
    if (line == "force")
      return refuse(EINVAL, Reason::bad_value,
                    "'force' stands behind a host, in the same line; no host is called so");
    list.append(line).push_back('\n');
  }
  return Hosts::parse(list).map([forced](Hosts listed) {
    return WrittenHosts{std::move(listed), forced};
  });
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    const auto end = text.find('\n');
    if (const auto line = text.substr(0, end); !line.empty()) lines.push_back(line);
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
  }
  return lines;
}

Result<std::vector<TransportAddress>> parse_addresses(std::string_view text,
                                                      Trtype default_transport) {
  std::vector<TransportAddress> addresses;
  for (const auto line : lines_of(text)) {
    auto address = TransportAddress::parse(line, default_transport);
    if (!address) return tl::unexpected(address.error());
    add_distinct(addresses, *address);
  }
  return addresses;
}

Result<Nsid> parse_nsid(std::string_view text) {
  const auto nsid = decimal(text, last_nsid);
  // The kernel takes 01 and 0x1 for 1 too, and has two of them then.
  if (nsid && *nsid >= first_nsid && std::to_string(*nsid) == text) return *nsid;
  return refuse(EINVAL, Reason::bad_value, "a namespace is a number from {} to {}", first_nsid,
                last_nsid);
}

Result<std::string> parse_uuid(std::string_view text) {
  uuid_t uuid;
  const std::string terminated(text);
  if (terminated.size() != UUID_STR_LEN - 1 || uuid_parse(terminated.c_str(), uuid) != 0 ||
      uuid_is_null(uuid) == 1)
    return refuse(EINVAL, Reason::bad_value,
                  "write a UUID, as in 6b1f8a50-17d4-4c6e-9c53-0c3d8a3a7c01");
  std::array<char, UUID_STR_LEN> canonical{};
  uuid_unparse_lower(uuid, canonical.data());
  return std::string(canonical.data());
}

Result<std::string> parse_nguid(std::string_view text) {
  std::string spelled(text);
  if (spelled.size() == 32)
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) spelled.insert(dash, 1, '-');
  constexpr std::string_view none = "00000000-0000-0000-0000-000000000000";
  if (spelled == none) return spelled;
  if (auto uuid = parse_uuid(spelled)) return uuid;
  return refuse(EINVAL, Reason::bad_value,
                "write 32 hexadecimal digits, with or without the dashes of a UUID");
}

// As kstrtobool (lib/kstrtox.c): one character decides, two for the words with an o.
Result<bool> parse_bool(std::string_view text) {
  if (!text.empty()) {
    switch (text.front()) {
      case '1':
      case 'y':
      case 'Y':
      case 't':
      case 'T':
        return true;
      case '0':
      case 'n':
      case 'N':
      case 'f':
      case 'F':
        return false;
      case 'o':
      case 'O':
        if (text.size() > 1 && (text[1] == 'n' || text[1] == 'N')) return true;
        if (text.size() > 1 && (text[1] == 'f' || text[1] == 'F')) return false;
        break;
      default:
        break;
    }
  }
  return refuse(EINVAL, Reason::bad_value, "it is 1 or 0");
}

}  // namespace nvmeofs
