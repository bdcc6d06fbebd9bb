// All that nvmet's configfs holds: directories, links and the contents of attributes.
#pragma once

#include <map>
#include <string>

namespace nvmeofs::vm {

inline const std::string configfs = "/sys/kernel/config";
inline const std::string nvmet = configfs + "/nvmet";

// By path below nvmet's root: "directory", "-> target", or "= text". Empty when nvmet is not there.
using NvmetTree = std::map<std::string, std::string>;

NvmetTree nvmet_tree();

// One line for each entry that came (+), went (-) or changed (both); empty when there is none.
std::string difference(const NvmetTree& before, const NvmetTree& after);

// Those entries that are at or below a path.
NvmetTree below(const NvmetTree& tree, const std::string& path);

// Module nvmet is loaded and configfs mounted, both are not, by modprobe and mount.
void load_nvmet();
void unload_nvmet();

// Removes all that anybody has made there.
void clear_nvmet();

// What a person would type to make a subsystem of one disk, without links to ports; and a port.
void make_subsystem(const std::string& nqn, const std::string& disk);
void make_port(const std::string& id, const std::string& trtype, const std::string& traddr,
               const std::string& trsvcid = "4420");
void link_port(const std::string& id, const std::string& nqn);

}  // namespace nvmeofs::vm
