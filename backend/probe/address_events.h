// Addresses of this machine that come and go.
#pragma once

#include <memory>

#include "nvmeofs/error.h"

struct nl_sock;

namespace nvmeofs {

// Of the network namespace that it was opened in. An IPv6 address is told twice: when it is added,
// and when it is known that no other machine has it, from when on it can be used. One thread.
class AddressEvents {
 public:
  static Result<AddressEvents> open();

  int fd() const;
  Result<bool> take();  // whether there were any

 private:
  struct Free {
    void operator()(nl_sock* socket) const;
  };
  explicit AddressEvents(std::unique_ptr<nl_sock, Free> socket) : socket_(std::move(socket)) {}

  std::unique_ptr<nl_sock, Free> socket_;
};

}  // namespace nvmeofs
