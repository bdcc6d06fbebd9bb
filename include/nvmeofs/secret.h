// A text that nobody is shown: keys.
#pragma once

#include <ostream>
#include <string>
#include <utility>

namespace nvmeofs {

// Turns into no text by itself: what is printed of it is the same for all. Empty: there is none.
class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string text) : text_(std::move(text)) {}

  // For whoever it is meant for: the kernel, and the file that it is kept in.
  const std::string& reveal() const { return text_; }
  bool empty() const { return text_.empty(); }
  bool operator==(const Secret&) const = default;

 private:
  std::string text_;
};

inline std::ostream& operator<<(std::ostream& out, const Secret&) {
  return out << "…";
}

}  // namespace nvmeofs
