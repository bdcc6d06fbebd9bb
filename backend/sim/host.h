// hosts/<host NQN>: a name that allowed_hosts can link to. Nothing in it is looked at before a host
// connects.
#pragma once

#include "sim/item.h"

namespace nvmeofs::sim {

class Host : public Item {
 public:
  using Item::Item;
};

class Hosts : public Item {
 public:
  Hosts() : Item("hosts") {}
  Syscall<std::unique_ptr<Item>> make(const std::string& name) override {
    return std::make_unique<Host>(name);
  }
};

}  // namespace nvmeofs::sim
