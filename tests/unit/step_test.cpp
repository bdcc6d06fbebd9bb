#include "nvmeofs/step.h"

#include <gtest/gtest.h>

namespace nvmeofs {
namespace {

std::string typed(Verb verb, std::string path, std::string value = "") {
  return shell_command({verb, std::move(path), std::move(value), ""}, "/cfg");
}

TEST(Step, IsTypedAsAPersonWould) {
  EXPECT_EQ(typed(Verb::make_item, "subsystems/toto"), "mkdir /cfg/subsystems/toto");
  EXPECT_EQ(typed(Verb::remove_item, "ports/1"), "rmdir /cfg/ports/1");
  EXPECT_EQ(typed(Verb::set_attribute, "ports/1/addr_traddr", "::"),
            "echo :: > /cfg/ports/1/addr_traddr");
  EXPECT_EQ(typed(Verb::make_link, "ports/1/subsystems/toto", "subsystems/toto"),
            "ln -s /cfg/subsystems/toto /cfg/ports/1/subsystems/toto");
}

TEST(Step, RemovesALinkWithoutATrailingSlash) {
  EXPECT_EQ(typed(Verb::remove_link, "ports/1/subsystems/toto"), "rm /cfg/ports/1/subsystems/toto");
}

TEST(Step, QuotesWhatAShellWouldTakeApart) {
  EXPECT_EQ(typed(Verb::set_attribute, "x", "/srv/a disk"), "echo '/srv/a disk' > /cfg/x");
  EXPECT_EQ(typed(Verb::set_attribute, "x", "it's $(id)"), "echo 'it'\\''s $(id)' > /cfg/x");
  EXPECT_EQ(typed(Verb::remove_item, "subsystems/a;b"), "rmdir '/cfg/subsystems/a;b'");
  EXPECT_EQ(typed(Verb::set_attribute, "x", ""), "echo '' > /cfg/x");
}

TEST(Step, PrintsWhatEchoWouldInterpret) {
  EXPECT_EQ(typed(Verb::set_attribute, "x", "-n"), "printf '%s\\n' -n > /cfg/x");
  EXPECT_EQ(typed(Verb::set_attribute, "x", "a\\c"), "printf '%s\\n' 'a\\c' > /cfg/x");
}

TEST(Step, StaysOnOneLine) {
  EXPECT_EQ(typed(Verb::remove_item, "subsystems/a\nb"), "rmdir $'/cfg/subsystems/a\\x0ab'");
}

}  // namespace
}  // namespace nvmeofs
