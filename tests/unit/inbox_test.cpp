#include "nvmeofs/inbox.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>

namespace nvmeofs {
namespace {

using std::chrono::milliseconds;
using TestInbox = Inbox<std::string>;

TEST(Inbox, GivesMessagesInTheirOrder) {
  TestInbox inbox({});
  EXPECT_FALSE(inbox.post("first"));
  EXPECT_FALSE(inbox.post("second"));
  EXPECT_EQ(std::get<0>(*inbox.take(std::nullopt)), "first");
  EXPECT_EQ(std::get<0>(*inbox.take(std::nullopt)), "second");
  EXPECT_FALSE(inbox.take(milliseconds(0)));
}

TEST(Inbox, IsWokenByAnotherThread) {
  TestInbox inbox({});
  std::thread other([&] { inbox.post("hello"); });
  EXPECT_EQ(std::get<0>(*inbox.take(std::nullopt)), "hello");
  other.join();
}

TEST(Inbox, TellsWhichDescriptorIsReadableAfterWhatWasPosted) {
  const EventFd quiet;
  const EventFd loud;
  TestInbox inbox({-1, quiet.get(), loud.get()});
  loud.signal();
  inbox.post("first");
  EXPECT_EQ(std::get<0>(*inbox.take(std::nullopt)), "first");
  EXPECT_EQ(std::get<1>(*inbox.take(std::nullopt)).which, 2U);
}

TEST(Inbox, WaitsNoLongerThanItIsTold) {
  TestInbox inbox({});
  EXPECT_FALSE(inbox.take(milliseconds(1)));
  EXPECT_FALSE(inbox.take(milliseconds(-5)));
}

TEST(Inbox, GivesBackWhatComesAfterTheEnd) {
  TestInbox inbox({});
  inbox.post("first");
  EXPECT_EQ(inbox.drain().size(), 1U);
  EXPECT_EQ(inbox.post("late"), "late");
}

}  // namespace
}  // namespace nvmeofs
