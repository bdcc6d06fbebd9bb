#include "sim/item.h"

#include <algorithm>

namespace nvmeofs::sim {

std::map<std::string, std::string> texts_of(const Item& item) {
  std::map<std::string, std::string> texts;
  for (const auto& row : item.attributes()) texts.emplace(row.name, row.show(item));
  return texts;
}

const Attribute* Item::find_attribute(std::string_view name) const {
  const auto rows = attributes();
  const auto row = std::ranges::find(rows, name, &Attribute::name);
  return row == rows.end() ? nullptr : &*row;
}

Syscall<std::unique_ptr<Item>> Item::make(const std::string&) {
  return fails(EPERM);
}

Syscall<void> Item::allow_link(Item&) {
  return fails(EPERM);
}

void Item::drop_link(Item&) {}

bool Item::is_occupied() const {
  if (!links_.empty()) return true;
  return std::ranges::any_of(children_, [](const auto& entry) {
    return !entry.second->built_in() || entry.second->is_occupied();
  });
}

void Item::add_child(std::unique_ptr<Item> child) {
  const std::string name = child->name();
  children_.emplace(name, std::move(child));
}

void Item::remove_child(std::string_view name) {
  children_.erase(children_.find(name));
}

void Item::add_link(const std::string& name, Item& target) {
  links_.emplace(name, &target);
  ++target.linked_;
}

void Item::remove_link(const std::string& name) {
  const auto link = links_.find(name);
  Item& target = *link->second;
  links_.erase(link);
  --target.linked_;
  drop_link(target);
}

}  // namespace nvmeofs::sim
