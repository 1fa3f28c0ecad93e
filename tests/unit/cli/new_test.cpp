// The parts of `evloom new`: names and words. What it writes, integration/author builds and runs.
#include "cli/new.hpp"

#include <gtest/gtest.h>

#include "cli/templates.hpp"

namespace evloom::cli {
namespace {

TEST(New, MakesAClassNameOfAnId) {
  EXPECT_EQ(class_name("quota"), "Quota");
  EXPECT_EQ(class_name("rate-limit_v2"), "RateLimitV2");
  EXPECT_EQ(class_name("x9"), "X9");
}

TEST(New, FillsInWordsAndLeavesEveryOtherSignAlone) {
  const Words words = {{"NAME", "quota"}, {"CLASS", "Quota"}};
  EXPECT_EQ(filled("@NAME@ is @CLASS@@NAME@", words), "quota is Quotaquota");
  EXPECT_EQ(filled("a@b @NAME @OTHER@ @", words), "a@b @NAME @OTHER@ @");
  EXPECT_EQ(filled("", words), "");
}

TEST(New, ANameIsOneThatCanBeBuiltLoadedAndConfigured) {
  for (const char* good : {"quota", "rate-limit", "a", "x_1"})
    EXPECT_TRUE(check_name(good, {"hello"})) << good;
  for (const char* bad : {"", "Quota", "9", "a b", "../x", "-x", "é"}) {
    const Status status = check_name(bad, {});
    ASSERT_FALSE(status) << bad;
    EXPECT_NE(status.error().message.find("a letter, then letters, digits"), std::string::npos);
  }
  EXPECT_NE(check_name("http", {}).error().message.find("part of the host"), std::string::npos);
  EXPECT_NE(check_name("install", {}).error().message.find("target that CMake has"), std::string::npos);
  EXPECT_NE(check_name("hello", {"hello"}).error().message.find("installed with evloom"), std::string::npos);
}

TEST(New, EveryTemplateIsWholeAndKnowsNoWordThatIsNotFilledIn) {
  const Words words = {{"NAME", ""},    {"CLASS", ""},       {"VERSION", ""},
                       {"PLUGINS", ""}, {"PREFIX_PATH", ""}, {"DOCS", ""}};
  for (const char* kind : {"handler/", "handler-c/", "store/", "format/"}) {
    std::size_t count = 0;
    for (const EmbeddedFile& file : templates()) {
      if (!file.path.starts_with(kind)) continue;
      ++count;
      EXPECT_TRUE(file.path.ends_with(".in")) << file.path;
      EXPECT_EQ(file.text.back(), '\n') << file.path;
      EXPECT_EQ(filled(file.text, words).find('@'), std::string::npos) << file.path;
    }
    EXPECT_EQ(count, 6u) << kind;
  }
}

}  // namespace
}  // namespace evloom::cli
