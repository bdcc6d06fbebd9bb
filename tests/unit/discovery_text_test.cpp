#include "nvmeofs/discovery_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "discovery_page.h"

namespace nvmeofs {
namespace {

using testing::HasSubstr;
using testing::Not;

DiscoveryLog log_of(const std::vector<std::string>& entries) {
  DiscoveryLog log{.generation = 7, .entries = {}};
  for (const auto& bytes : entries) log.entries.push_back(parse_discovery_entry(bytes));
  return log;
}

std::string with(std::string bytes, std::size_t at, unsigned value) {
  put_number(bytes, at, 1, value);
  return bytes;
}

std::string table(const std::vector<std::string>& entries) {
  return subsystems_text(log_of(entries), [](const DiscoveryEntry& entry) {
    return entry.subnqn == "disk-array" ? "connected" : "-";
  });
}

TEST(SubsystemsText, IsATable) {
  EXPECT_EQ(
      table({page_entry("disk-array", "192.168.2.40"),
             with(page_entry("nqn.2014-08.org.nvmexpress.discovery", "192.168.2.41", "8009"), 2, 1),
             with(page_entry("nqn.2014-08.org.nvmexpress.discovery", "192.168.2.40", "8009"), 2, 3),
             with(with(page_entry("other", "fd00::1"), 0, 1), 1, 2)}),
      "NQN                                   ADDRESS            TRANSPORT  STATE\n"
      "disk-array                            192.168.2.40:4420  tcp        connected\n"
      "nqn.2014-08.org.nvmexpress.discovery  192.168.2.41:8009  tcp        referral\n"
      "nqn.2014-08.org.nvmexpress.discovery  192.168.2.40:8009  tcp        current\n"
      "other                                 [fd00::1]:4420     rdma       -\n");
}

TEST(SubsystemsText, OfNothingHasItsHeading) {
  EXPECT_EQ(table({}), "NQN  ADDRESS  TRANSPORT  STATE\n");
}

TEST(SubsystemsText, IsNothingThatATerminalObeys) {
  const auto text = table({page_entry("a\x1b[2J\nforged  10.0.0.1:1  tcp  connected", "\x07\xff")});
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  EXPECT_THAT(text, HasSubstr("a\\x1b[2J\\x0aforged"));
  EXPECT_THAT(text, HasSubstr("\\x07\\xff"));
}

TEST(LogJson, IsThatOfNvmeDiscover) {
  EXPECT_EQ(log_json(log_of({page_entry("disk-array", "192.168.2.40")})), R"({
  "genctr": 7,
  "records": [
    {
      "trtype": "tcp",
      "adrfam": "ipv4",
      "subtype": "nvme subsystem",
      "treq": "not specified",
      "portid": 1,
      "trsvcid": "4420",
      "subnqn": "disk-array",
      "traddr": "192.168.2.40",
      "eflags": "none",
      "sectype": "none"
    }
  ]
}
)");
  EXPECT_EQ(nlohmann::json::parse(log_json(log_of({})))["records"].size(), 0U);
}

TEST(LogJson, HasWhatRdmaAdds) {
  auto bytes = page_entry("x", "10.0.0.1");
  put_number(bytes, 0, 1, 1);
  put_number(bytes, 10, 2, 3);
  put_number(bytes, 768, 1, 1);
  put_number(bytes, 769, 1, 4);
  put_number(bytes, 770, 1, 1);
  put_number(bytes, 776, 2, 0xffff);
  const auto record = nlohmann::json::parse(log_json(log_of({bytes})))["records"][0];
  EXPECT_EQ(record["rdma_qptype"], "connected");
  EXPECT_EQ(record["rdma_prtype"], "roce-v2");
  EXPECT_EQ(record["rdma_cms"], "rdma-cm");
  EXPECT_EQ(record["rdma_pkey"], 0xffff);
  EXPECT_EQ(record["eflags"], "explicit discovery connections, duplicate discovery information");
  EXPECT_FALSE(record.contains("sectype"));
}

TEST(LogJson, IsJsonWhateverWasSent) {
  for (int value = 0; value < 256; ++value) {
    const auto text =
        log_json(log_of({std::string(discovery_entry_size, static_cast<char>(value))}));
    EXPECT_TRUE(nlohmann::json::accept(text)) << value;
    EXPECT_THAT(text, Not(HasSubstr("\x1b")));
  }
}

}  // namespace
}  // namespace nvmeofs
