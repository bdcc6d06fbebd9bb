// What an intent makes of an export, and whom that would hurt. Pure.
#pragma once

#include <vector>

#include "nvmeofs/export.h"
#include "nvmeofs/intent.h"
#include "nvmeofs/sessions.h"
#include "nvmeofs/step.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

// The export as it is to be: EINVAL when it would be enabled without device or address, EBUSY when
// device, address or hosts of an enabled one would be cleared. MakeExport and RemoveExport are no
// changes of an export, and not for this function.
Result<Export> changed(const Export& now, const Intent& intent);

// The clients that would lose their connection, their disk or their way back in when the steps are
// performed and the hosts are as `hosts` says.
std::vector<Client> who_would_lose(const std::vector<Client>& clients, const Plan& plan,
                                   const Target& observed, const std::string& subsystem,
                                   const Hosts& hosts);

// A drift in words, from the steps that would put it right: "ports/1/subsystems/toto is missing".
std::string in_words(const Plan& plan);

// The sentence for a step that the kernel refused; its errno stays. `served_at` is the export's
// addresses, for what the kernel refuses without saying which.
Error explained(const Error& refusal, const Step& step, const Target& observed,
                const Export& wanted, std::string_view root);

}  // namespace nvmeofs
