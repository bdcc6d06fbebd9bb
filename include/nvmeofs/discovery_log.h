// What a discovery controller tells: log page 0x70 of the NVMe base specification. All of it comes
// from the network and is believed in nothing: whatever is not what it should be is kept as it
// came, to be shown, and is nothing to connect to. Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "nvmeofs/address.h"
#include "nvmeofs/error.h"
#include "nvmeofs/nqn.h"

namespace nvmeofs {

// <linux/nvme.h>, enum nvme_subsys_type: what an entry is of.
enum class DiscoverySubtype : std::uint8_t { referral = 1, subsystem = 2, current = 3 };

struct DiscoveryEntry {
  // The numbers as they came, known or not.
  std::uint8_t trtype = 0;
  std::uint8_t adrfam = 0;
  std::uint8_t subtype = 0;
  std::uint8_t treq = 0;
  std::uint16_t portid = 0;
  std::uint16_t eflags = 0;
  std::uint8_t tsas = 0;  // sectype of TCP, qptype of RDMA
  std::uint8_t rdma_prtype = 0;
  std::uint8_t rdma_cms = 0;
  std::uint16_t rdma_pkey = 0;
  // The texts up to their NUL, if there is one, without blanks at the end. Any byte may be in them.
  std::string trsvcid{};
  std::string subnqn{};
  std::string traddr{};
  // Nothing: not a name that this host can connect to; not an address of a transport that is ours.
  std::optional<Nqn> nqn{};
  std::optional<TransportAddress> address{};

  bool is(DiscoverySubtype what) const { return subtype == static_cast<std::uint8_t>(what); }
  bool operator==(const DiscoveryEntry&) const = default;
};

struct DiscoveryLog {
  std::uint64_t generation = 0;
  std::vector<DiscoveryEntry> entries;  // in the order of the log
  bool operator==(const DiscoveryLog&) const = default;
};

inline constexpr std::size_t discovery_header_size = 1024;
inline constexpr std::size_t discovery_entry_size = 1024;
// A controller that claims more is refused: the count is the other side's, the memory is ours.
inline constexpr std::size_t most_discovery_entries = 4096;

struct DiscoveryHeader {
  std::uint64_t generation = 0;
  std::size_t entries = 0;
};
// EPROTO, Reason::bad_discovery_log: too short, or of another format; EFBIG: too many entries.
Result<DiscoveryHeader> parse_discovery_header(std::string_view bytes);

// Of discovery_entry_size bytes; what is missing counts as zero.
DiscoveryEntry parse_discovery_entry(std::string_view bytes);

// Reads a piece of the log page. `last`: the controller may tell of the next change from then on
// (Retain Asynchronous Event is off).
using DiscoveryReader =
    std::function<Result<std::string>(std::uint64_t offset, std::size_t size, bool last)>;

// The header, the entries in pieces, and the header again: the whole is of one generation. EAGAIN,
// Reason::bad_discovery_log, when it changes each time; else the first error of the reader.
Result<DiscoveryLog> read_discovery_log(const DiscoveryReader& read);

}  // namespace nvmeofs
