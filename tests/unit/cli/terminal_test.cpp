// What the shell makes of a quoted argument is what it was made from; what a terminal gets moves no cursor.
#include "cli/terminal.hpp"

#include <gtest/gtest.h>

#include <string>

#include "support/process.hpp"

namespace evloom::cli {
namespace {

TEST(Terminal, AShellGetsTheArgumentBack) {
  EXPECT_EQ(shell_word("/opt/evl/a-b_c.so"), "/opt/evl/a-b_c.so");
  for (const std::string& argument :
       {std::string(), std::string("two words"), std::string("it's"), std::string("'"),
        std::string("$(id) `id` $HOME"), std::string("a\\b\"c"), std::string("*?[a]{b,c}~!#&;|<>()"),
        std::string("line\nline"), std::string("gr\xc3\xbc\xc3\x9f"), std::string("~")}) {
    const test::Outcome outcome = test::run({"/bin/sh", "-c", "printf %s " + shell_word(argument)});
    EXPECT_EQ(outcome.output, argument);
    EXPECT_EQ(outcome.errors, "");
  }
}

TEST(Terminal, ControlCharactersAreShownAndLinesAreKept) {
  EXPECT_EQ(plain_lines(""), "");
  EXPECT_EQ(plain_lines("two\nlines\n"), "two\nlines\n");
  EXPECT_EQ(plain_lines(std::string("a\0b\x1b[2J\rc\xff", 10)), "a\\x00b\\x1b[2J\\rc\\xff");
  EXPECT_EQ(plain_lines("gr\xc3\xbc\xc3\x9f"), "gr\xc3\xbc\xc3\x9f");
}

}  // namespace
}  // namespace evloom::cli
