// The keys of the file of connections that reader and writer both know.
#pragma once

#include <set>
#include <string_view>

namespace nvmeofs {

inline constexpr std::string_view connections_mark = "nvmeofs connections";

inline const std::set<std::string_view> connections_top_keys = {
    "format", "version", "generation", "crc32", "connections", "discovery"};
inline const std::set<std::string_view> connection_keys = {"nqn", "addresses", "connected",
                                                           "options", "made"};
inline const std::set<std::string_view> discovery_keys = {"address", "connect_all", "persistent",
                                                          "made"};

}  // namespace nvmeofs
