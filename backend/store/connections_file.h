// The store of connections and of discovery controllers, beside that of exports: a file of its own,
// because it holds secrets, and because other threads write it.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "nvmeofs/connection_store.h"
#include "nvmeofs/discovery_store.h"
#include "nvmeofs/error.h"
#include "store/connections_text.h"
#include "store/kept_file.h"
#include "store/state_directory.h"
#include "store/system_files.h"

namespace nvmeofs {

struct ConnectionsFormat {
  using State = ConnectionsState;
  using Writer = ConnectionsWriter;
  static constexpr std::string_view nothing = "no connections";
  static Result<ConnectionsText> read(std::string_view text) { return read_connections(text); }
};

extern template class KeptFile<ConnectionsFormat>;

// "/var/lib/nvmeofs/state.json" → "/var/lib/nvmeofs/state.connections.json".
std::string connections_file_of(const std::string& state_file);

// Any thread; all of StateFile's promises. What one of the two stores saves, the other's stays: the
// first load of either reads the file for both.
class ConnectionsFile final : public ConnectionStore, public DiscoveryStore {
 public:
  static Result<std::unique_ptr<ConnectionsFile>> open(std::string path,
                                                       SystemFiles& files = SystemFiles::real());

  Result<StoredConnections> load() override;
  Result<void> save(const StoredConnections& connections) override;
  Result<StoredDiscoveries> load_discoveries() override;
  Result<void> save_discoveries(const StoredDiscoveries& discoveries) override;

 private:
  explicit ConnectionsFile(StateDirectory directory) : file_(std::move(directory)) {}

  Result<void> load_once();                          // locked
  Result<void> save_state(const ConnectionsState&);  // locked

  std::mutex mutex_;  // held while the file is written, which waits for the disk alone
  KeptFile<ConnectionsFormat> file_;
  std::optional<ConnectionsState> state_;  // what was loaded, or saved last; nothing: not loaded
};

}  // namespace nvmeofs
