#include "nvmeofs/discovery_log.h"

#include <algorithm>
#include <cerrno>

namespace nvmeofs {
namespace {

constexpr int most_tries = 5;
constexpr std::size_t entries_in_a_piece = 4;  // 4 KiB, the least that a controller may limit to

std::uint64_t number(std::string_view bytes, std::size_t offset, std::size_t size) {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) {
    const std::size_t at = offset + i;
    value = value << 8 | (at < bytes.size() ? static_cast<unsigned char>(bytes[at]) : 0U);
  }
  return value;
}

std::uint8_t byte(std::string_view bytes, std::size_t offset) {
  return static_cast<std::uint8_t>(number(bytes, offset, 1));
}

std::uint16_t word(std::string_view bytes, std::size_t offset) {
  return static_cast<std::uint16_t>(number(bytes, offset, 2));
}

std::string text(std::string_view bytes, std::size_t offset, std::size_t size) {
  auto field = bytes.substr(std::min(offset, bytes.size()), size);
  field = field.substr(0, field.find('\0'));
  while (field.ends_with(' ')) field.remove_suffix(1);
  return std::string(field);
}

// As a port of the kernel, which writes these fields from the same texts.
std::optional<TransportAddress> address_of(const DiscoveryEntry& entry) {
  const auto* const trtype = entry.trtype == 1 ? "rdma" : entry.trtype == 3 ? "tcp" : "";
  const auto* const adrfam = entry.adrfam == 1 ? "ipv4" : entry.adrfam == 2 ? "ipv6" : "";
  const auto address = TransportAddress::from_port(trtype, adrfam, entry.traddr, entry.trsvcid);
  if (!address || address->is_wildcard()) return std::nullopt;
  return *address;
}

std::optional<Nqn> nqn_of(const DiscoveryEntry& entry) {
  const auto nqn = Nqn::parse(entry.subnqn);
  return nqn ? std::optional(*nqn) : std::nullopt;
}

Result<std::string> read_entries(const DiscoveryReader& read, std::size_t count) {
  std::string bytes;
  while (bytes.size() < count * discovery_entry_size) {
    const auto left = count * discovery_entry_size - bytes.size();
    const auto size = std::min(left, entries_in_a_piece * discovery_entry_size);
    auto piece = read(discovery_header_size + bytes.size(), size, false);
    if (!piece) return piece;
    if (piece->size() != size)
      return refuse(EPROTO, Reason::bad_discovery_log, "the discovery log ends before its end");
    bytes += *piece;
  }
  return bytes;
}

}  // namespace

Result<DiscoveryHeader> parse_discovery_header(std::string_view bytes) {
  if (bytes.size() < 18)
    return refuse(EPROTO, Reason::bad_discovery_log, "the discovery log ends before its header");
  if (const auto format = number(bytes, 16, 2); format != 0)
    return refuse(EPROTO, Reason::bad_discovery_log,
                  "the discovery log is of format {}, and only 0 is known", format);
  const auto count = number(bytes, 8, 8);
  if (count > most_discovery_entries)
    return refuse(EFBIG, Reason::bad_discovery_log,
                  "the discovery log claims {} entries; the limit is {}", count,
                  most_discovery_entries);
  return DiscoveryHeader{number(bytes, 0, 8), static_cast<std::size_t>(count)};
}

DiscoveryEntry parse_discovery_entry(std::string_view bytes) {
  DiscoveryEntry entry{.trtype = byte(bytes, 0),
                       .adrfam = byte(bytes, 1),
                       .subtype = byte(bytes, 2),
                       .treq = byte(bytes, 3),
                       .portid = word(bytes, 4),
                       .eflags = word(bytes, 10),
                       .tsas = byte(bytes, 768),
                       .rdma_prtype = byte(bytes, 769),
                       .rdma_cms = byte(bytes, 770),
                       .rdma_pkey = word(bytes, 776),
                       .trsvcid = text(bytes, 32, 32),
                       .subnqn = text(bytes, 256, 256),
                       .traddr = text(bytes, 512, 256)};
  entry.nqn = nqn_of(entry);
  entry.address = address_of(entry);
  return entry;
}

Result<DiscoveryLog> read_discovery_log(const DiscoveryReader& read) {
  for (int i = 0; i < most_tries; ++i) {
    const auto header =
        read(0, discovery_header_size, false).and_then([](const std::string& bytes) {
          return parse_discovery_header(bytes);
        });
    if (!header) return tl::unexpected(header.error());
    const auto bytes = read_entries(read, header->entries);
    const auto again = read(0, discovery_header_size, true).and_then([](const std::string& text) {
      return parse_discovery_header(text);
    });
    if (!again) return tl::unexpected(again.error());
    if (again->generation != header->generation || again->entries != header->entries) continue;
    // Not before: a log that became shorter has no such place any more.
    if (!bytes) return tl::unexpected(bytes.error());
    DiscoveryLog log{.generation = header->generation, .entries = {}};
    for (std::size_t entry = 0; entry < header->entries; ++entry)
      log.entries.push_back(parse_discovery_entry(
          std::string_view(*bytes).substr(entry * discovery_entry_size, discovery_entry_size)));
    return log;
  }
  return refuse(EAGAIN, Reason::bad_discovery_log,
                "the discovery log changed while it was read, {} times; try again", most_tries);
}

}  // namespace nvmeofs
