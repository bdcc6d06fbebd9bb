// The store of connections, beside that of exports: a file of its own, because it holds secrets,
// and because another thread writes it.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "nvmeofs/connection_store.h"
#include "nvmeofs/error.h"
#include "store/connections_text.h"
#include "store/kept_file.h"
#include "store/state_directory.h"
#include "store/system_files.h"

namespace nvmeofs {

struct ConnectionsFormat {
  using State = StoredConnections;
  using Writer = ConnectionsWriter;
  static constexpr std::string_view nothing = "no connections";
  static Result<ConnectionsText> read(std::string_view text) { return read_connections(text); }
};

extern template class KeptFile<ConnectionsFormat>;

// "/var/lib/nvmeofs/state.json" → "/var/lib/nvmeofs/state.connections.json".
std::string connections_file_of(const std::string& state_file);

// One thread at a time; all of StateFile's promises.
class ConnectionsFile final : public ConnectionStore {
 public:
  static Result<std::unique_ptr<ConnectionsFile>> open(std::string path,
                                                       SystemFiles& files = SystemFiles::real());

  Result<StoredConnections> load() override { return file_.load(); }
  Result<void> save(const StoredConnections& connections) override {
    return file_.save(connections);
  }

 private:
  explicit ConnectionsFile(StateDirectory directory) : file_(std::move(directory)) {}

  KeptFile<ConnectionsFormat> file_;
};

}  // namespace nvmeofs
