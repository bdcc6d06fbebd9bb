#include "engine/mailbox.h"

#include <cerrno>

namespace nvmeofs {

Mailbox::Mailbox(int kernel_fd, int machine_fd) : inbox_({kernel_fd, machine_fd}) {}

void Mailbox::post(Event event) {
  auto left = inbox_.post(std::move(event));
  if (!left) return;
  if (auto* submitted = std::get_if<Submitted>(&*left))
    submitted->completion(refuse(ESHUTDOWN, Reason::gone, "nvmeofs is being unmounted"));
}

Event Mailbox::take() {
  for (;;)
    if (auto event = take(std::nullopt)) return std::move(*event);
}

std::optional<Event> Mailbox::take_if_any() {
  return take(std::chrono::milliseconds{0});
}

std::optional<Event> Mailbox::take_before(std::chrono::steady_clock::time_point end) {
  return take(
      std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()));
}

std::optional<Event> Mailbox::take(std::optional<std::chrono::milliseconds> patience) {
  auto item = inbox_.take(patience);
  if (!item) return std::nullopt;
  if (auto* event = std::get_if<0>(&*item)) return std::move(*event);
  if (std::get<1>(*item).which == 0) return KernelChanged{};
  return MachineChanged{};
}

std::deque<Event> Mailbox::drain() {
  return inbox_.drain();
}

}  // namespace nvmeofs
