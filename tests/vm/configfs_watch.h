// Whatever is made, written or removed in nvmet's configfs from here on, by anyone.
#pragma once

#include <map>
#include <string>

namespace nvmeofs::vm {

class ConfigfsWatch {
 public:
  ConfigfsWatch();
  ~ConfigfsWatch();
  ConfigfsWatch(const ConfigfsWatch&) = delete;
  ConfigfsWatch& operator=(const ConfigfsWatch&) = delete;

  // The paths, one a line, since the last call.
  std::string seen();

 private:
  void watch(const std::string& folder);

  int fd_;
  std::map<int, std::string> folders_;
};

}  // namespace nvmeofs::vm
