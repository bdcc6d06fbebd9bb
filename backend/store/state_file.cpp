#include "store/state_file.h"

#include <utility>

namespace nvmeofs {

Result<std::unique_ptr<StateFile>> StateFile::open(std::string path, SystemFiles& files) {
  auto directory = StateDirectory::open(std::move(path), files);
  if (!directory) return tl::unexpected(directory.error());
  return std::unique_ptr<StateFile>(new StateFile(std::move(*directory)));
}

}  // namespace nvmeofs
