#include "store/connections_file.h"

namespace nvmeofs {

std::string connections_file_of(const std::string& state_file) {
  constexpr std::string_view json = ".json";
  if (!state_file.ends_with(json)) return state_file + ".connections";
  return state_file.substr(0, state_file.size() - json.size()) + ".connections.json";
}

Result<std::unique_ptr<ConnectionsFile>> ConnectionsFile::open(std::string path,
                                                               SystemFiles& files) {
  auto directory = StateDirectory::open(std::move(path), files);
  if (!directory) return tl::unexpected(directory.error());
  return std::unique_ptr<ConnectionsFile>(new ConnectionsFile(std::move(*directory)));
}

}  // namespace nvmeofs
