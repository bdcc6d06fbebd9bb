// The texts of the files that are only read. Pure.
//
// Whatever came from outside (values as they were written, names of programs and hosts) is printed
// escaped, so that nobody can forge a line of a log or send control sequences to a terminal.
#pragma once

#include <chrono>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "nvmeofs/connections.h"
#include "nvmeofs/discoveries.h"
#include "nvmeofs/sessions.h"
#include "nvmeofs/snapshot.h"
#include "nvmeofs/step.h"

namespace nvmeofs {

// "2026-11-23T20:35:36Z"
std::string iso_time(std::chrono::system_clock::time_point when);

std::string status_text(const Status& status);
std::string plan_text(const Result<Plan>& plan, std::string_view root);
std::string clients_text(const Result<std::vector<Client>>& clients);
std::string connection_status_text(const ConnectionStatus& status);
std::string discovery_status_text(const DiscoveryView& view);
std::string log_text(const std::deque<Record>& log);

}  // namespace nvmeofs
