// What a kernel port has beside its address: by the name of its file, and what may stand in it. All
// of it can be set only while the port is down (EACCES while it has a link).
//
// Source: drivers/nvme/target/configfs.c, and what the transports make of it when the port comes up
// (nvmet_tcp_add_port, nvmet_rdma_add_port). Pure.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "nvmeofs/address.h"
#include "nvmeofs/ana.h"
#include "nvmeofs/error.h"
#include "nvmeofs/referral.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

struct PortSetting {
  std::string_view name;       // of the file: "inline_data_size"
  std::string_view attribute;  // of the kernel: "param_inline_data_size"
  std::string_view doc;
};

inline constexpr std::array port_settings{
    PortSetting{"inline_data_size", "param_inline_data_size",
                "bytes of a write that travel with its command; over FC none do"},
    PortSetting{"max_queue_size", "param_max_queue_size", "commands in a queue"},
    PortSetting{"mdts", "param_mdts",
                "the largest transfer, as a power of 2 of 4096 bytes; 0: no limit"},
    PortSetting{"pi_enable", "param_pi_enable", "1: protection information, over RDMA"},
    PortSetting{"tsas", "addr_tsas", "the secure channel: none or tls1.3, over TCP"},
    PortSetting{"treq", "addr_treq",
                "whether a secure channel is asked for: required, not required, not specified"},
};

// By their files' names, in the form that the kernel reads back.
using PortSettings = std::map<std::string, std::string>;

// What a port at an address is to have beside it, as written.
struct WantedPort {
  PortSettings settings{};
  AnaStates ana_states{};
  Referrals referrals{};

  bool empty() const { return *this == WantedPort{}; }
  // Of a group: optimized unless something else was written.
  AnaState ana_state(AnaGroup group) const;
  bool operator==(const WantedPort&) const = default;
};

// nullptr: there is none of that name.
const PortSetting* find_port_setting(std::string_view name);

// What is written, in the form that the kernel reads back. EINVAL for what the kernel would refuse,
// now or when the port comes up, and for what it would silently make another value of.
Result<std::string> check(const PortSetting& setting, Trtype trtype, std::string_view text);

// What a port that is up has where nothing was written (nvmet_tcp_add_port, nvmet_rdma_add_port).
std::string_view when_made(const PortSetting& setting, Trtype trtype);

// Whether the kernel takes them all. EINVAL.
Result<void> check_together(const PortSettings& settings);

// Hosts have to come over TLS, or may.
bool wants_tls(const PortSettings& settings);
// Although TLS is wanted: the kernel makes it required unless told otherwise
// (nvmet_addr_tsas_store).
bool lets_in_without_tls(const PortSettings& settings);

// The same as attributes of a port.
Attributes attributes_of(const PortSettings& settings);

}  // namespace nvmeofs
