// hosts/<host NQN>: a name that allowed_hosts can link to, and how the host proves that it is its
// own. Nothing in it is looked at before a host connects.
#pragma once

#include <string>

#include "nvmeofs/target.h"
#include "sim/item.h"

namespace nvmeofs::sim {

class Host : public Item {
 public:
  using Item::Item;

  std::span<const Attribute> attributes() const override;

  nvmeofs::Host value() const;

  std::string key;  // empty: none
  std::string ctrl_key;
  std::string hash = "hmac(sha256)";
  std::string dhgroup = "null";
};

class Hosts : public Item {
 public:
  Hosts() : Item("hosts") {}
  Syscall<std::unique_ptr<Item>> make(const std::string& name) override {
    return std::make_unique<Host>(name);
  }
};

}  // namespace nvmeofs::sim
