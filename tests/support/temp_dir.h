// A directory of a test's own, gone with it.
#pragma once

#include <string>

namespace nvmeofs {

class TempDir {
 public:
  TempDir();  // mode 0755, so that a test can look in as another user
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;

  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

}  // namespace nvmeofs
