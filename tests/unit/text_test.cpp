#include "nvmeofs/text.h"

#include <gtest/gtest.h>

namespace nvmeofs {
namespace {

TEST(ValueOf, IsThatOfTheFirstOfItsKey) {
  EXPECT_EQ(value_of("traddr=10.0.0.1,trsvcid=4420,traddr=10.0.0.2", ',', "traddr"), "10.0.0.1");
  EXPECT_EQ(value_of("traddr=10.0.0.1,trsvcid=4420", ',', "trsvcid"), "4420");
  EXPECT_EQ(value_of("a=1,,b=2", ',', "b"), "2");
}

TEST(ValueOf, IsEmptyWithoutTheWholeKeyOrAValue) {
  EXPECT_EQ(value_of("host_traddr=10.0.0.1", ',', "traddr"), "");
  EXPECT_EQ(value_of("traddr", ',', "traddr"), "");
  EXPECT_EQ(value_of("traddr=,trsvcid=4420", ',', "traddr"), "");
  EXPECT_EQ(value_of("", ',', "traddr"), "");
}

TEST(AsUtf8, ChangesOnlyWhatIsNoText) {
  EXPECT_EQ(as_utf8("a\\\"\n\x1b caf\xc3\xa9"), "a\\\"\n\x1b caf\xc3\xa9");
  EXPECT_EQ(as_utf8("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(as_utf8(""), "");
}

TEST(Printable, LeavesPlainTextAlone) {
  EXPECT_EQ(printable("exports/toto = /srv/a disk"), "exports/toto = /srv/a disk");
  EXPECT_EQ(printable("caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x92\xbe"),
            "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x92\xbe");
}

TEST(Printable, ShowsWhatATerminalWouldObey) {
  EXPECT_EQ(printable("a\nb\t\x1b[2J\x7f"), "a\\x0ab\\x09\\x1b[2J\\x7f");
  EXPECT_EQ(printable("\xc2\x9b"), "\\xc2\\x9b");
  EXPECT_EQ(printable(std::string_view("\0", 1)), "\\x00");
}

TEST(Printable, CannotBeForged) {
  EXPECT_EQ(printable("\\x0a"), "\\\\x0a");
}

TEST(Printable, ShowsBytesThatAreNoText) {
  EXPECT_EQ(printable("\xff\xc3"), "\\xff\\xc3");
  EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");  // a surrogate
  EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");           // an overlong slash
}

TEST(Printable, IsCutAtWholeCharacters) {
  EXPECT_EQ(printable("abcdef", 3), "abc…");
  EXPECT_EQ(printable("ab\ncd", 4), "ab…");
}

}  // namespace
}  // namespace nvmeofs
