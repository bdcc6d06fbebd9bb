// The text of a state file: JSON for a person to read, and to edit.
//
//   {
//     "format": "nvmeofs state",
//     "version": 1,
//     "generation": 7,            counts the saves
//     "crc32": "89abcdef",        of all the rest
//     "exports": {
//       "toto": {
//         "device": "/dev/sdb force",       absent: none was written
//         "disk": "wwid naa.5000…",         absent: the disk says nothing of itself
//         "has_served": true,
//         "addresses": ["rdma://192.168.1.32:4420"],
//         "hosts": "any",                   or a list of host NQNs
//         "enabled": true,
//         "serial": …, "model": …, "uuid": …, "nguid": …,
//         "made": "2026-07-01T10:19:12Z",
//         "subsystem": {"qid_max": "64"},   what was written to subsystem/
//         "direct": false, "settings": {"buffered_io": "0"},     of namespace 1, as device and uuid
//         "ana_group": "2",                 of namespace 1 too; absent: 1
//         "namespace_1": false,             absent: it is enabled whenever the export is
//         "namespaces": {"2": {"device": …, "uuid": …, "enabled": true, "served": {…}}},
//         "served": {"boot": …, "appearance": "disk 2064 of 17", "bytes": 1073741824}
//       }
//     },
//     "ports": {
//       "tcp://192.168.1.32:4420": {
//         "inline_data_size": "8192",
//         "ana_groups": {"2": "change"},
//         "referrals": {"other": {"address": "tcp://192.168.1.40:8009", "enabled": true}}
//       }
//     },
//     "hosts": { "nqn.2014-08.org.nvmexpress:uuid:a": {"dhchap_key": "DHHC-1:…"} },
//     "kernel": { "boot_id": …, "ports": {"1": "tcp://…"}, "hosts": […], "modules": […] },
//     "restoring": {               while config.json is being restored: how it was before
//       "boot_id": …, "exports": {…}, "foreign": {…}, "made": ["titi"], "ports": {…}, "hosts": {…}
//     }
//   }
//
// By hand: change what is to be changed and delete the line "crc32". Without that line the file is
// taken as it is; with a wrong one it is damaged. The checksum is over the values and not over the
// text, so blanks and the order of keys are free.
//
// A text that is not UTF-8, as the path of a device need not be, stands as {"bytes": "2f73ff"}: its
// bytes in hexadecimal. JSON has no form for it, and an escape of our own inside of strings would
// take those backslashes for its own that udev puts into names.
//
// Keys that this program does not know, at the top, in an export and in "kernel", are kept: a newer
// program of the same version wrote them, and will want them back. A change that an older program
// must not read past gets another version: with "restoring" it is 2, and 1 without.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "nvmeofs/error.h"
#include "nvmeofs/store.h"

namespace nvmeofs {

constexpr unsigned state_version = 2;  // the newest that is read

struct StateText {
  StoredState state;
  std::uint64_t generation = 0;
  // A JSON object of the same shape with only the keys that are not known here; empty: none.
  std::string unknown;
  bool operator==(const StateText&) const = default;
};

// Every value as the model's parsers take it; uuid, serial and nguid of no two exports equal.
// EINVAL, Reason::state_unreadable: what is wrong and where, for behind "FILE: ". Throws
// std::bad_alloc.
Result<StateText> read_state(std::string_view text);

// That no two exports have the same serial number, UUID or NGUID: EINVAL, Reason::not_saved, naming
// both. read_state finds the same in a file.
Result<void> check_identities(const StoredState& state);

}  // namespace nvmeofs
