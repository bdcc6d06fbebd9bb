// configfs as nvmet sees it: directories that are items, attributes that are files, links between
// items. The nouns derive from Item and say what they refuse; what all of configfs refuses stands
// in kernel.cpp. Everything here is called under the kernel's lock.
#pragma once

#include <cerrno>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "sim/syscall.h"

namespace nvmeofs::sim {

class Item;

// As configfs has them: a row per file, `show` without the newline, `store` for one write(2).
struct Attribute {
  std::string_view name;
  std::string (*show)(const Item& item);
  Syscall<void> (*store)(Item& item, std::string_view written);
};

// What stands in its attributes, by their names.
std::map<std::string, std::string> texts_of(const Item& item);

class Item {
 public:
  using Children = std::map<std::string, std::unique_ptr<Item>, std::less<>>;
  using Links = std::map<std::string, Item*, std::less<>>;

  explicit Item(std::string name) : name_(std::move(name)) {}
  virtual ~Item() = default;
  Item(const Item&) = delete;
  Item& operator=(const Item&) = delete;

  virtual std::span<const Attribute> attributes() const { return {}; }
  const Attribute* find_attribute(std::string_view name) const;

  // mkdir in here. What the base answers is configfs's word for "nothing can be made here".
  virtual Syscall<std::unique_ptr<Item>> make(const std::string& name);

  // symlink to `target` in here; drop_link cannot refuse.
  virtual bool takes_links() const { return false; }
  virtual Syscall<void> allow_link(Item& target);
  virtual void drop_link(Item& target);

  const std::string& name() const { return name_; }
  bool built_in() const { return built_in_; }
  const Children& children() const { return children_; }
  const Links& links() const { return links_; }
  bool is_linked() const { return linked_ > 0; }
  // Whether a person made something in it, or in a directory that came with it.
  bool is_occupied() const;

  void add_child(std::unique_ptr<Item> child);
  void remove_child(std::string_view name);
  void add_link(const std::string& name, Item& target);
  void remove_link(const std::string& name);

 protected:
  // A directory that comes and goes with this one.
  template <class T, class... Args>
  T& add_built_in(Args&&... args) {
    auto child = std::make_unique<T>(std::forward<Args>(args)...);
    T& made = *child;
    child->built_in_ = true;
    add_child(std::move(child));
    return made;
  }

 private:
  std::string name_;
  bool built_in_ = false;
  Children children_;
  Links links_;
  int linked_ = 0;  // links that point here
};

}  // namespace nvmeofs::sim
