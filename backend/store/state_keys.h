// The keys of the state file that reader and writer both know.
#pragma once

#include <cstdint>
#include <set>
#include <string_view>

namespace nvmeofs {

inline constexpr std::string_view format_mark = "nvmeofs state";

// It stands in names of files, and must stay countable.
inline constexpr std::uint64_t max_generation = 999'999'999'999'999'999;

inline const std::set<std::string_view> top_keys = {
    "format", "version", "generation", "crc32", "exports", "kernel", "ports", "hosts", "restoring"};
inline const std::set<std::string_view> export_keys = {
    "device", "disk",     "has_served",  "addresses",  "hosts",     "enabled", "serial",
    "model",  "uuid",     "nguid",       "made",       "served",    "access",  "subsystem",
    "direct", "settings", "namespace_1", "namespaces", "ana_group", "passthru"};
inline const std::set<std::string_view> kernel_keys = {"boot_id", "ports", "hosts", "modules"};

}  // namespace nvmeofs
