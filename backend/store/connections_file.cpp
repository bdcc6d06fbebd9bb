#include "store/connections_file.h"

#include <utility>

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

Result<StoredConnections> ConnectionsFile::load() {
  const std::lock_guard lock(mutex_);
  if (auto loaded = load_once(); !loaded) return tl::unexpected(loaded.error());
  return state_->connections;
}

Result<StoredDiscoveries> ConnectionsFile::load_discoveries() {
  const std::lock_guard lock(mutex_);
  if (auto loaded = load_once(); !loaded) return tl::unexpected(loaded.error());
  return state_->discoveries;
}

Result<void> ConnectionsFile::save(const StoredConnections& connections) {
  const std::lock_guard lock(mutex_);
  auto next = state_.value_or(ConnectionsState{});
  next.connections = connections;
  return save_state(next);
}

Result<void> ConnectionsFile::save_discoveries(const StoredDiscoveries& discoveries) {
  const std::lock_guard lock(mutex_);
  auto next = state_.value_or(ConnectionsState{});
  next.discoveries = discoveries;
  return save_state(next);
}

Result<void> ConnectionsFile::load_once() {
  if (state_) return {};
  auto loaded = file_.load();
  if (!loaded) return tl::unexpected(loaded.error());
  state_ = *std::move(loaded);
  return {};
}

// Before a load has succeeded the file itself refuses.
Result<void> ConnectionsFile::save_state(const ConnectionsState& next) {
  auto saved = file_.save(next);
  if (saved) state_ = next;
  return saved;
}

}  // namespace nvmeofs
