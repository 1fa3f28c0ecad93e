// The character classes, byte by byte against the grammar.
#include "http/chars.hpp"

#include <gtest/gtest.h>

#include <string>

namespace evloom::http {
namespace {

TEST(Chars, TokensAreThoseOfRfc9110) {
  const std::string others = "\"(),/:;<=>?@[\\]{}";
  for (int i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    const bool expected = i > 0x20 && i < 0x7f && others.find(c) == std::string::npos;
    EXPECT_EQ(is_tchar(c), expected) << i;
  }
}

TEST(Chars, FieldValuesAreCheckedAtEveryPlaceOfAWord) {
  for (int i = 0; i < 256; ++i) {
    const bool expected = i == '\t' || (i >= 0x20 && i != 0x7f);
    for (size_t at = 0; at < 20; ++at) {
      std::string text(20, 'a');
      text[at] = static_cast<char>(i);
      ASSERT_EQ(is_field_value(text), expected) << i << " at " << at;
      text.assign(20, '\xff');
      text[at] = static_cast<char>(i);
      ASSERT_EQ(is_field_value(text), expected) << i << " at " << at;
    }
  }
  EXPECT_TRUE(is_field_value(""));
}

TEST(Chars, HexDigitsAreAsciiAlone) {
  int digits = 0;
  for (int i = 0; i < 256; ++i) digits += hex_value(static_cast<char>(i)) >= 0 ? 1 : 0;
  EXPECT_EQ(digits, 22);
  EXPECT_EQ(hex_value('F'), 15);
  EXPECT_EQ(hex_value('\xb1'), -1);
}

}  // namespace
}  // namespace evloom::http
