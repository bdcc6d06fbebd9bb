// What the FUSE callbacks work on: the tree to look at, the open files, and the way to whoever
// decides on a change.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "fs/export_names.h"
#include "fs/handles.h"
#include "fs/tree.h"
#include "nvmeofs/connections.h"
#include "nvmeofs/discoveries.h"
#include "nvmeofs/engine.h"

namespace nvmeofs {

struct FilesystemOptions {
  Owner owner;
  Trtype default_transport = Trtype::rdma;
  ExportNames names{};
  // Called once, when the kernel has greeted us: from then on requests are answered.
  std::function<void()> on_ready = [] {};
};

// Any thread. All that it is made of outlives it.
class Filesystem {
 public:
  // Of a value, the newline that ends it included.
  static constexpr std::size_t longest_value = 64 * 1024;

  Filesystem(Engine& engine, Connections& connections, Discoveries& discoveries,
             FilesystemOptions options);

  const Tree& tree() const { return tree_; }
  Handles& handles() { return handles_; }
  const FilesystemOptions& options() const { return options_; }

  // One write(2) to a file opened for writing.
  void write(Caller caller, std::shared_ptr<OpenFile> file, std::string_view bytes, off_t offset,
             Completion completion);

  // A descriptor of the file is closed: an error is close(2)'s. And the last of them was.
  void flush(const std::shared_ptr<OpenFile>& file, const Completion& completion);
  void release(const std::shared_ptr<OpenFile>& file);

 private:
  static void store(Caller caller, std::shared_ptr<OpenFile> file,
                    const Result<std::string>& document, Completion completion);

  const FilesystemOptions options_;
  const Tree tree_;
  Handles handles_;
};

}  // namespace nvmeofs
