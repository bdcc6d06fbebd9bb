#include "first_line.h"

#include <fstream>

namespace nvmeofs {

std::optional<std::string> first_line(const boost::filesystem::path& file) {
  std::ifstream stream(file.string());
  std::string line;
  if (!std::getline(stream, line)) return std::nullopt;
  return line;
}

}  // namespace nvmeofs
