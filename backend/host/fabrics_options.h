// What /dev/nvme-fabrics takes: the options that a kernel lists, and the line that asks for a
// controller. Pure.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "nvmeofs/initiator.h"

namespace nvmeofs {

// By name; whether it takes a value ("ctrl_loss_tmo=%d") or is one by being there ("hdr_digest").
using FabricsOptions = std::map<std::string, bool>;

// From what the device reads: "instance=-1,cntlid=-1,transport=%s,traddr=%s,…,hdr_digest".
FabricsOptions parse_fabrics_options(std::string_view text);

// "transport=tcp,traddr=…,trsvcid=…,nqn=…,hostnqn=…,hostid=…" and the options of the request. The
// kernel splits at commas and newlines, and prints a token that it does not know into its log, the
// value with it (fabrics.c, nvmf_parse_options): nothing is in the line that the kernel does not
// list, and no value that would be more than one. Errors name no value of a secret.
//
// EINVAL, Reason::bad_value; EOPNOTSUPP, Reason::not_offered: not an option of this kernel; EFBIG,
// Reason::too_long: more than the kernel takes.
Result<std::string> fabrics_line(const PathRequest& request, const FabricsOptions& known);

// Whether the values of this option are for nobody to see.
bool is_secret(std::string_view option);

}  // namespace nvmeofs
