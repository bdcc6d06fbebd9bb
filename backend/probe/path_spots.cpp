#include "path_spots.h"

#include <sys/stat.h>

#include <boost/filesystem.hpp>
#include <cerrno>
#include <deque>
#include <optional>

namespace nvmeofs {
namespace {

namespace fs = boost::filesystem;

// The names that are still to be walked.
class Way {
 public:
  // Before those that are left; an absolute path begins at the root.
  void prepend(const fs::path& path) {
    if (path.is_absolute()) at_ = "/";
    std::deque<std::string> names;
    for (const fs::path& name : path.relative_path()) names.push_back(name.string());
    names_.insert(names_.begin(), names.begin(), names.end());
  }

  // The next place; none at the end of the way.
  std::optional<std::string> next() {
    while (!names_.empty()) {
      const std::string name = std::move(names_.front());
      names_.pop_front();
      if (name.empty() || name == ".") continue;
      if (name != "..") return (at_ / name).string();
      at_ = at_.has_relative_path() ? at_.parent_path() : at_;
    }
    return std::nullopt;
  }

  void enter(const std::string& directory) { at_ = directory; }
  std::string at() const { return at_.string(); }

 private:
  fs::path at_ = "/";
  std::deque<std::string> names_;
};

bool is_left_out(const std::vector<Mount>& mounts, const std::string& place) {
  if (own_mount_over(mounts, place) != nullptr) return true;
  const Mount* mount = mount_of(mounts, place);
  return mount != nullptr && mount->type == "devtmpfs";
}

}  // namespace

void add_spots(const std::string& path, const std::vector<Mount>& mounts, Spots& spots) {
  constexpr int most_links = 40;  // as the kernel has it
  Way way;
  way.prepend(path);
  int links = 0;
  while (const auto place = way.next()) {
    if (is_left_out(mounts, *place)) return;
    struct stat status {};
    if (lstat(place->c_str(), &status) != 0) {
      if (errno == ENOENT) spots[way.at()] = Spot::awaiting;
      return;
    }
    // What is waited in for another path stays so: that tells of its own end too.
    spots.emplace(*place, S_ISREG(status.st_mode) ? Spot::file : Spot::passed);
    if (S_ISDIR(status.st_mode)) {
      way.enter(*place);
    } else if (S_ISLNK(status.st_mode)) {
      boost::system::error_code error;
      const fs::path target = fs::read_symlink(*place, error);
      if (error || ++links > most_links) return;
      way.prepend(target);
    } else {
      return;
    }
  }
}

}  // namespace nvmeofs
