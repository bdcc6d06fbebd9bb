// From where the kernel is to where it should be.
#pragma once

#include <set>
#include <string>

#include "nvmeofs/step.h"
#include "nvmeofs/target.h"

namespace nvmeofs {

// The steps that turn `from` into `to`, in an order in which the kernel refuses none of them, hosts
// can connect to nothing half made (the port link comes last), and a namespace that waits for its
// I/O, perhaps for ever, is waited for where that holds up no other export.
//
// Pure. make_plan(a, a) is empty. Objects that are equal in both are not touched, so a caller that
// copies what is not its own into `to` cannot harm it. After a refused step, planning again from
// what is observed then back to `from` undoes the half that was done.
//
// The links of the subsystems in `bounced` are made anew, which ends the connections of all their
// hosts.
Plan make_plan(const Target& from, const Target& to, const std::set<std::string>& bounced = {});

}  // namespace nvmeofs
