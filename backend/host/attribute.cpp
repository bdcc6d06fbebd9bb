#include "attribute.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <fstream>

#include "nvmeofs/fd.h"

namespace nvmeofs {

std::optional<std::string> read_attribute(const std::string& file) {
  std::ifstream stream(file);
  std::string line;
  std::getline(stream, line);
  // An empty line is a value; a file that ends at once is none, as the kernel writes a newline.
  if (stream.bad() || (stream.fail() && line.empty())) return std::nullopt;
  return line;
}

int write_attribute(const std::string& file, std::string_view value) {
  const Fd fd(open(file.c_str(), O_WRONLY | O_CLOEXEC));
  if (!fd) return errno;
  for (;;) {
    if (write(fd.get(), value.data(), value.size()) >= 0) return 0;
    if (errno != EINTR) return errno;
  }
}

bool is_controller_name(std::string_view text) {
  constexpr std::string_view stem = "nvme";
  if (!text.starts_with(stem)) return false;
  text.remove_prefix(stem.size());
  return !text.empty() && text.size() < 10 &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace nvmeofs
