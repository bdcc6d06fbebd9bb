#include "nvmeofs/discovery_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <utility>

#include "nvmeofs/text.h"

namespace nvmeofs {
namespace {

constexpr std::uint8_t rdma = 1;
constexpr std::uint8_t tcp = 3;

using Word = std::pair<unsigned, std::string_view>;

template <std::size_t Size>
std::string_view word(const std::array<Word, Size>& words, unsigned number) {
  for (const auto& [known, name] : words)
    if (known == number) return name;
  return "unrecognized";
}

std::string_view trtype_word(unsigned number) {
  return word(std::array{Word{rdma, "rdma"}, Word{2, "fc"}, Word{tcp, "tcp"}, Word{254, "loop"}},
              number);
}

std::string_view adrfam_word(unsigned number) {
  return word(std::array{Word{0, "pci"}, Word{1, "ipv4"}, Word{2, "ipv6"}, Word{3, "infiniband"},
                         Word{4, "fibre-channel"}},
              number);
}

std::string_view subtype_word(unsigned number) {
  return word(std::array{Word{1, "discovery subsystem referral"}, Word{2, "nvme subsystem"},
                         Word{3, "current discovery subsystem"}},
              number);
}

std::string_view treq_word(unsigned number) {
  return word(std::array{Word{0, "not specified"}, Word{1, "required"}, Word{2, "not required"},
                         Word{4, "not specified, sq flow control disable supported"},
                         Word{5, "required, sq flow control disable supported"},
                         Word{6, "not required, sq flow control disable supported"}},
              number);
}

std::string eflags_words(unsigned number) {
  constexpr std::array flags{Word{2, "explicit discovery connections"},
                             Word{1, "duplicate discovery information"},
                             Word{4, "no cdc connectivity"}};
  if (number == 0) return "none";
  if (number > 7) return "unrecognized";
  std::string text;
  for (const auto& [flag, name] : flags)
    if ((number & flag) != 0) text.append(text.empty() ? "" : ", ").append(name);
  return text;
}

std::string_view sectype_word(unsigned number) {
  return word(std::array{Word{0, "none"}, Word{1, "tls"}, Word{2, "tls13"}}, number);
}

std::string_view prtype_word(unsigned number) {
  return word(std::array{Word{1, "not specified"}, Word{2, "infiniband"}, Word{3, "roce"},
                         Word{4, "roce-v2"}, Word{5, "iwarp"}},
              number);
}

std::string_view qptype_word(unsigned number) {
  return word(std::array{Word{1, "connected"}, Word{2, "datagram"}}, number);
}

std::string_view cms_word(unsigned number) {
  return word(std::array{Word{1, "rdma-cm"}}, number);
}

// Nothing of a field is lost that a name or an address can have.
std::string shown(std::string_view text) {
  return text.empty() ? "-" : printable(text, 1024);
}

std::string where(const DiscoveryEntry& entry) {
  const std::string traddr = shown(entry.traddr);
  const bool brackets = traddr.find(':') != std::string::npos;
  return fmt::format("{}{}{}:{}", brackets ? "[" : "", traddr, brackets ? "]" : "",
                     shown(entry.trsvcid));
}

using Row = std::array<std::string, 4>;

nlohmann::ordered_json record(const DiscoveryEntry& entry) {
  nlohmann::ordered_json json;
  json["trtype"] = trtype_word(entry.trtype);
  json["adrfam"] = adrfam_word(entry.adrfam);
  json["subtype"] = subtype_word(entry.subtype);
  json["treq"] = treq_word(entry.treq);
  json["portid"] = entry.portid;
  json["trsvcid"] = printable(entry.trsvcid, 1024);
  json["subnqn"] = printable(entry.subnqn, 1024);
  json["traddr"] = printable(entry.traddr, 1024);
  json["eflags"] = eflags_words(entry.eflags);
  if (entry.trtype == rdma) {
    json["rdma_prtype"] = prtype_word(entry.rdma_prtype);
    json["rdma_qptype"] = qptype_word(entry.tsas);
    json["rdma_cms"] = cms_word(entry.rdma_cms);
    json["rdma_pkey"] = entry.rdma_pkey;
  } else if (entry.trtype == tcp) {
    json["sectype"] = sectype_word(entry.tsas);
  }
  return json;
}

}  // namespace

std::string subsystems_text(const DiscoveryLog& log,
                            const std::function<std::string_view(const DiscoveryEntry&)>& state) {
  std::vector<Row> rows{{"NQN", "ADDRESS", "TRANSPORT", "STATE"}};
  for (const auto& entry : log.entries)
    rows.push_back({shown(entry.subnqn), where(entry), std::string(trtype_word(entry.trtype)),
                    std::string(entry.is(DiscoverySubtype::subsystem)  ? state(entry)
                                : entry.is(DiscoverySubtype::referral) ? "referral"
                                : entry.is(DiscoverySubtype::current)  ? "current"
                                                                       : "unrecognized")});
  std::array<std::size_t, 3> widths{};
  for (const Row& row : rows)
    for (std::size_t i = 0; i < widths.size(); ++i) widths[i] = std::max(widths[i], row[i].size());
  std::string text;
  for (const Row& row : rows)
    text += fmt::format("{:<{}}  {:<{}}  {:<{}}  {}\n", row[0], widths[0], row[1], widths[1],
                        row[2], widths[2], row[3]);
  return text;
}

std::string log_json(const DiscoveryLog& log) {
  nlohmann::ordered_json json;
  json["genctr"] = log.generation;
  json["records"] = nlohmann::ordered_json::array();
  for (const auto& entry : log.entries) json["records"].push_back(record(entry));
  return json.dump(2) + "\n";
}

}  // namespace nvmeofs
