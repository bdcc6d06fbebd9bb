// What has a directory: found by its name, and by a serial that is never given twice.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace nvmeofs {

// Of those by name the one with the serial; nullptr: it is gone.
template <class ByName>
auto with_serial(ByName& by_name, const std::map<std::uint64_t, std::string>& names,
                 std::uint64_t serial) {
  const auto name = names.find(serial);
  return name != names.end() ? &by_name.at(name->second) : nullptr;
}

// An Entry is made of a view that has a `serial`, and keeps it as `view`. What is given out stays
// where it is until it is erased. One thread.
template <class Entry>
class Entries {
 public:
  Entry& place(const std::string& name, decltype(Entry::view) view) {
    view.serial = ++last_serial_;
    names_.emplace(view.serial, name);
    return by_name_.try_emplace(name, std::move(view)).first->second;
  }
  void erase(const std::string& name) {
    const auto found = by_name_.find(name);
    names_.erase(found->second.view.serial);
    by_name_.erase(found);
  }

  // There are those of `seen` from now on, by name. A view keeps its serial and when it was made,
  // and says when it became another.
  void follow(std::map<std::string, decltype(Entry::view)> seen) {
    const auto now = std::chrono::system_clock::now();
    for_each([&](Entry& entry) {
      const std::string name = names_.at(entry.view.serial);
      if (!seen.contains(name)) erase(name);
    });
    for (auto& [name, view] : seen) {
      const auto found = by_name_.find(name);
      if (found == by_name_.end()) {
        view.made = view.changed = now;
        place(name, std::move(view));
        continue;
      }
      auto& present = found->second.view;
      view.serial = present.serial;
      view.made = present.made;
      view.changed = present.changed;
      if (view == present) continue;
      present = std::move(view);
      present.changed = now;
    }
  }

  Entry* with(std::uint64_t serial) { return with_serial(by_name_, names_, serial); }
  // Whose file the request is about: by the serial, or by the name when it has none. nullptr: there
  // is none, or it is about no file of one.
  template <class Request>
  Entry* of(const Request& request) {
    if (request.serial != 0) return with(request.serial);
    const auto found = request.file.empty() ? by_name_.end() : by_name_.find(request.name);
    return found != by_name_.end() ? &found->second : nullptr;
  }
  auto find(const std::string& name) { return by_name_.find(name); }
  bool contains(const std::string& name) const { return by_name_.contains(name); }

  // In the order of the names.
  auto begin() { return by_name_.begin(); }
  auto end() { return by_name_.end(); }
  auto begin() const { return by_name_.begin(); }
  auto end() const { return by_name_.end(); }

  const std::map<std::uint64_t, std::string>& names() const { return names_; }  // by serial

  // Each that is there now and still is when its turn comes: `act` may erase any.
  template <class Act>
  void for_each(Act act) {
    std::vector<std::uint64_t> serials;
    serials.reserve(names_.size());
    for (const auto& [serial, name] : names_) serials.push_back(serial);
    for (const auto serial : serials)
      if (Entry* const entry = with(serial)) act(*entry);
  }

 private:
  std::map<std::string, Entry> by_name_;
  std::map<std::uint64_t, std::string> names_;
  std::uint64_t last_serial_ = 0;
};

}  // namespace nvmeofs
