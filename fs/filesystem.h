// What the FUSE callbacks work on: the tree to look at, the open files, and the way into the
// engine.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "fs/handles.h"
#include "fs/tree.h"
#include "nvmeofs/engine.h"

namespace nvmeofs {

struct FilesystemOptions {
  Owner owner;
  Trtype default_transport = Trtype::rdma;
  // Called once, when the kernel has greeted us: from then on requests are answered.
  std::function<void()> on_ready = [] {};
};

// Any thread. The engine outlives it.
class Filesystem {
 public:
  // Of a value, the newline that ends it included.
  static constexpr std::size_t longest_value = 64 * 1024;

  Filesystem(Engine& engine, FilesystemOptions options);

  const Tree& tree() const { return tree_; }
  Handles& handles() { return handles_; }
  const FilesystemOptions& options() const { return options_; }

  void make_export(Caller caller, std::string_view name, Completion completion);
  void remove_export(Caller caller, std::string_view name, Completion completion);
  // One write(2) to a file opened for writing. What does not parse goes to the engine too, which
  // keeps the record of every refusal.
  void write(Caller caller, std::shared_ptr<OpenFile> file, std::string_view bytes, off_t offset,
             Completion completion);

 private:
  Result<Intent> parse(const OpenFile& file, std::string_view bytes, off_t offset) const;

  Engine& engine_;
  const FilesystemOptions options_;
  const Tree tree_;
  Handles handles_;
};

}  // namespace nvmeofs
