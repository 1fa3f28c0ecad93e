// Escaping: nothing that comes from outside may end a line, move a terminal's cursor or break a JSON string.
#include "observe/escape.hpp"

#include <gtest/gtest.h>

#include <string>

namespace evloom::observe {
namespace {

std::string text(std::string_view in, TextPlace place = TextPlace::kMessage) {
  std::string out;
  append_text(out, in, place);
  return out;
}

std::string json(std::string_view in) {
  std::string out;
  append_json(out, in);
  return out;
}

TEST(Escape, PlainTextAndWholeCharactersStay) {
  EXPECT_EQ(text("a b \"c\" äöü 漢 😀"), "a b \"c\" äöü 漢 😀");
  EXPECT_EQ(json("a b äöü 漢 😀"), "a b äöü 漢 😀");
  EXPECT_EQ(text(""), "");
}

TEST(Escape, ControlCharactersAreShownNotSent) {
  EXPECT_EQ(text("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(text(std::string_view("\0\x1b[2J\x7f", 6)), "\\x00\\x1b[2J\\x7f");
  EXPECT_EQ(text("\xC2\x9B"), "\\xc2\\x9b") << "CSI as one C1 character";
  EXPECT_EQ(text("\xE2\x80\xA8"), "\\xe2\\x80\\xa8") << "line separator";
  EXPECT_EQ(text("\\n"), "\\\\n");
  EXPECT_EQ(json("a\nb\rc\td"), "a\\nb\\rc\\td");
  EXPECT_EQ(json(std::string_view("\0\x1b\x7f", 3)), "\\u0000\\u001b\\u007f");
  EXPECT_EQ(json("\xC2\x9B\xE2\x80\xA8\xE2\x80\xA9"), "\\u009b\\u2028\\u2029");
  EXPECT_EQ(json("\"\\"), "\\\"\\\\");
}

TEST(Escape, BrokenUtf8IsMarkedByteByByte) {
  EXPECT_EQ(text("a\xFFz"), "a\\xffz");
  EXPECT_EQ(text("\xC0\xAF"), "\\xc0\\xaf") << "overlong";
  EXPECT_EQ(text("\xED\xA0\x80"), "\\xed\\xa0\\x80") << "surrogate";
  EXPECT_EQ(text("\xF4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80") << "above U+10FFFF";
  EXPECT_EQ(text("\xE2\x82"), "\\xe2\\x82") << "cut";
  EXPECT_EQ(json("a\xFFz\xE2\x82"), "a\\ufffdz\\ufffd\\ufffd");
}

TEST(Escape, WordsAndQuotesCannotBeLeft) {
  EXPECT_EQ(text("a b\"c", TextPlace::kWord), "a\\x20b\\\"c");
  EXPECT_EQ(text("a b\"c", TextPlace::kQuoted), "a b\\\"c");
}

TEST(Escape, Utf8LengthAcceptsExactlyTheWellFormed) {
  EXPECT_EQ(utf8_length("a"), 1u);
  EXPECT_EQ(utf8_length("\xC2\x80"), 2u);
  EXPECT_EQ(utf8_length("\xE0\xA0\x80"), 3u);
  EXPECT_EQ(utf8_length("\xED\x9F\xBF"), 3u);
  EXPECT_EQ(utf8_length("\xF0\x90\x80\x80"), 4u);
  EXPECT_EQ(utf8_length("\xF4\x8F\xBF\xBF"), 4u);
  for (const char* bad :
       {"\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF", "\xF5\x80\x80\x80", "\xC2", "\xC2z"}) {
    EXPECT_EQ(utf8_length(bad), 0u);
  }
  EXPECT_EQ(utf8_length(""), 0u);
}

TEST(Escape, ACutEndsAfterAWholeCharacter) {
  char buffer[8];
  const auto cut = [&](std::string_view in) {
    return std::string(buffer, copy_cut(buffer, sizeof buffer, in));
  };
  EXPECT_EQ(cut("12345678"), "12345678");
  EXPECT_EQ(cut("123456789"), "12345…");
  EXPECT_EQ(cut("1234ä6789"), "1234…") << "the ä would be cut in two";
  EXPECT_EQ(cut("12漢45678"), "12漢…");
  EXPECT_EQ(cut("\x80\x80\x80\x80\x80\x80\x80\x80\x80").size(), 5u) << "no UTF-8 at all: still bounded";
  EXPECT_EQ(cut(""), "");
}

}  // namespace
}  // namespace evloom::observe
