// What a document is, piece by piece.
#include "fs/document.h"

#include <gmock/gmock.h>

#include <cerrno>

namespace nvmeofs {
namespace {

TEST(Json, IsWholeAtItsLastBracket) {
  EXPECT_EQ(whole_json(""), Whole::no);
  EXPECT_EQ(whole_json(" \n"), Whole::no);
  EXPECT_EQ(whole_json("[{\"a\": [1, 2"), Whole::no);
  EXPECT_EQ(whole_json("[{\"a\": [1, 2]}"), Whole::no);
  EXPECT_EQ(whole_json(R"([{"a": "]}]\"]}]")"), Whole::no);
  EXPECT_EQ(whole_json(R"([{"a": "\)"), Whole::no);
  EXPECT_EQ(whole_json(R"([{"a": "]}]\"]}]"}])"), Whole::yes);
  EXPECT_EQ(whole_json("{}\n"), Whole::yes);
  // What will never be a document is not waited for.
  EXPECT_EQ(whole_json("hello"), Whole::yes);
  EXPECT_EQ(whole_json("[1}"), Whole::yes);
}

TEST(Lines, AreWholeAtTheEndOfOne) {
  EXPECT_EQ(whole_lines("-t tcp\n"), Whole::yes);
  EXPECT_EQ(whole_lines("-t tcp\n-a"), Whole::unless_more_comes);
}

TEST(WrittenDocument, IsWhatItsPiecesAre) {
  WrittenDocument document;
  ASSERT_TRUE(document.add({}, "ab", 0, false));
  ASSERT_TRUE(document.add({}, "cd", 2, false));
  EXPECT_EQ(document.text(), "abcd");
  ASSERT_TRUE(document.add({}, "x", 0, false));
  EXPECT_EQ(document.take(), "x");
  ASSERT_TRUE(document.add({}, "y", 1, false));
  EXPECT_EQ(document.text(), "y");
}

TEST(WrittenDocument, TakesNoPieceOutOfItsOrder) {
  WrittenDocument document;
  EXPECT_EQ(document.add({}, "ab", 7, false).error().errnum, EINVAL);
  EXPECT_EQ(document.add({}, "ab", 9, false).error().errnum, EINVAL);
  ASSERT_TRUE(document.add({}, "ab", 0, false));
  EXPECT_EQ(document.add({}, "cd", 3, false).error().errnum, EINVAL);
  EXPECT_TRUE(document.is_blank());
  ASSERT_TRUE(document.add({}, "ab", 0, false));
  EXPECT_EQ(document.text(), "ab");
}

TEST(WrittenDocument, IsBounded) {
  WrittenDocument document;
  ASSERT_TRUE(document.add({}, std::string(WrittenDocument::longest, ' '), 0, false));
  EXPECT_EQ(document.add({}, "x", off_t{WrittenDocument::longest}, false).error().errnum, EFBIG);
  EXPECT_TRUE(document.text().empty());
}

}  // namespace
}  // namespace nvmeofs
