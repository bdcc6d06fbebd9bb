#include "path_spots.h"

#include "path_walk.h"

namespace nvmeofs {
namespace {

bool is_left_out(const std::vector<Mount>& mounts, const std::string& place) {
  if (own_mount_over(mounts, place) != nullptr) return true;
  const Mount* mount = mount_of(mounts, place);
  return mount != nullptr && mount->type == "devtmpfs";
}

}  // namespace

void add_spots(const std::string& path, const std::vector<Mount>& mounts, Spots& spots) {
  walk_path(
      path,
      [&](const Place& place) { return is_left_out(mounts, place.path) ? Walk::end : Walk::look; },
      [&](const Place& place, const struct stat* status) {
        // What is waited in for another path stays so: that tells of its own end too.
        if (status == nullptr)
          spots[place.directory] = Spot::awaiting;
        else
          spots.emplace(place.path, S_ISREG(status->st_mode) ? Spot::file : Spot::passed);
      });
}

}  // namespace nvmeofs
