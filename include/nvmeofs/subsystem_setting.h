// What a kernel subsystem says of itself, and what it gives to hosts: by the name of its file in
// subsystem/ of an export, and what may stand in it.
//
// Source: drivers/nvme/target/configfs.c; nvmet-rules.md 1 has what each kernel takes. Pure.
#pragma once

#include <array>
#include <map>
#include <string>
#include <string_view>

#include "nvmeofs/error.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

struct SubsystemSetting {
  std::string_view name;       // of the file: "qid_max"
  std::string_view attribute;  // of the kernel: "attr_qid_max"
  std::string_view doc;
  // EINVAL in the kernel once a host has sent Identify Controller, until the subsystem is removed.
  bool frozen = false;
};

inline constexpr std::array subsystem_settings{
    SubsystemSetting{"serial", "attr_serial", "serial number: 1 to 20 characters", true},
    SubsystemSetting{"model", "attr_model", "model: 1 to 40 characters", true},
    SubsystemSetting{"firmware", "attr_firmware", "firmware revision: 1 to 8 characters", true},
    SubsystemSetting{"ieee_oui", "attr_ieee_oui", "IEEE OUI of the vendor, 24 bits", true},
    SubsystemSetting{"version", "attr_version", "NVMe version that hosts are told, as in 1.3",
                     true},
    SubsystemSetting{"vendor_id", "attr_vendor_id", "PCI vendor id, 16 bits"},
    SubsystemSetting{"subsys_vendor_id", "attr_subsys_vendor_id",
                     "PCI subsystem vendor id, 16 bits"},
    SubsystemSetting{"cntlid_min", "attr_cntlid_min", "lowest controller id for a host"},
    SubsystemSetting{"cntlid_max", "attr_cntlid_max", "highest controller id for a host"},
    SubsystemSetting{"qid_max", "attr_qid_max", "I/O queues for a host, 1 to 128"},
    SubsystemSetting{"pi_enable", "attr_pi_enable", "1: protection information is handed on"},
};

// By the attribute of the kernel, in the form that the kernel reads back. Serial number and model
// are not in it: an Identity has them.
using SubsystemSettings = Attributes;

// nullptr: there is none of that name.
const SubsystemSetting* find_subsystem_setting(std::string_view name);
const SubsystemSetting* find_subsystem_attribute(std::string_view attribute);

// What is written, in the form that the kernel reads back. EINVAL for what the kernel would refuse
// or make another value of: it takes 65537 for 1, and cuts each part of a version to its bits.
Result<std::string> check(const SubsystemSetting& setting, std::string_view text);

// EINVAL when no controller id is left between the two; `fresh`: what a new subsystem has.
Result<void> check_together(const SubsystemSettings& settings, const Attributes& fresh);

}  // namespace nvmeofs
