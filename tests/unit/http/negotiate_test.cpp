// Accept: the examples of RFC 9110, 12.5.1, and what real clients send.
#include "http/negotiate.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace evloom::http {
namespace {

using Types = std::vector<std::string_view>;

std::string chosen(std::string_view accept, const Types& offers) {
  const auto index = negotiate(accept, offers);
  return index ? std::string(offers[*index]) : "406";
}

TEST(Negotiate, ExamplesOfRfc9110) {
  EXPECT_EQ(chosen("audio/*; q=0.2, audio/basic", {"audio/mpeg", "audio/basic"}), "audio/basic");
  EXPECT_EQ(chosen("audio/*; q=0.2, audio/basic", {"audio/mpeg"}), "audio/mpeg");
  const std::string_view four = "text/plain; q=0.5, text/html, text/x-dvi; q=0.8, text/x-c";
  EXPECT_EQ(chosen(four, {"text/plain", "text/x-dvi"}), "text/x-dvi");
  EXPECT_EQ(chosen(four, {"text/x-c", "text/html"}), "text/x-c");
  EXPECT_EQ(chosen(four, {"text/html", "text/x-c"}), "text/html");
  EXPECT_EQ(chosen(four, {"text/plain"}), "text/plain");
  EXPECT_EQ(chosen(four, {"image/png"}), "406");
}

// "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5" gives
// each type the quality of the table; a type beats exactly those of lower quality, so a ranking shows all of
// them.
TEST(Negotiate, PrecedenceTableOfRfc9110) {
  const std::string_view accept =
      "text/*;q=0.3, text/plain;q=0.7, text/plain;format=flowed, text/plain;format=fixed;q=0.4, */*;q=0.5";
  const Types ranking = {"text/plain;format=flowed", "text/plain", "image/jpeg", "text/plain;format=fixed",
                         "text/html"};
  for (size_t better = 0; better < ranking.size(); ++better) {
    for (size_t worse = better + 1; worse < ranking.size(); ++worse) {
      EXPECT_EQ(chosen(accept, {ranking[worse], ranking[better]}), ranking[better]);
    }
  }
  EXPECT_EQ(chosen(accept, {"text/html;level=3", "text/html"}), "text/html;level=3");
}

TEST(Negotiate, TheServerChoosesAmongEquals) {
  const Types offers = {"text/plain; charset=utf-8", "application/json"};
  EXPECT_EQ(chosen("*/*", offers), offers[0]);
  EXPECT_EQ(chosen("application/json, text/plain", offers), offers[0]);
  EXPECT_EQ(chosen("application/*, text/*", offers), offers[0]);
  EXPECT_EQ(chosen("application/json, */*;q=0.9", offers), offers[1]);
  EXPECT_EQ(chosen("text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,*/*;q=0.8", offers),
            offers[0]);
}

TEST(Negotiate, QualityZeroForbids) {
  const Types offers = {"text/plain", "application/json"};
  EXPECT_EQ(chosen("text/plain;q=0, */*", offers), "application/json");
  EXPECT_EQ(chosen("*/*;q=0", offers), "406");
  EXPECT_EQ(chosen("*/*;q=0.000, application/json;q=0.001", offers), "application/json");
}

TEST(Negotiate, CaseSpacesAndQuotesDoNotMatter) {
  const Types offers = {"text/plain; charset=utf-8", "application/json"};
  EXPECT_EQ(chosen("APPLICATION/JSON ; Q=1.0 ,TEXT/plain\t;\tq=0.9", offers), offers[1]);
  EXPECT_EQ(chosen("text/plain;charset=\"UTF-8\", application/json;q=0.5", offers), offers[0]);
  EXPECT_EQ(chosen("text/plain;charset=\"u\\tf-8\"", offers), offers[0]);
  EXPECT_EQ(chosen("text/plain;charset=latin1", offers), "406");
  EXPECT_EQ(chosen("text/plain;x=\",application/json,\"", offers), "406");
  EXPECT_EQ(chosen("text/plain;x=\"a\\\",application/json,b\"", offers), "406");
}

TEST(Negotiate, NothingLegibleMeansEverything) {
  const Types offers = {"text/plain", "application/json"};
  for (const std::string_view accept :
       {"", ",", " , ,", "text", "text/", "/plain", "*/plain", "text/plain;q=2",
        "text/plain;q=", "text/plain;q=-1", "text/plain;q=x", "text/pl ain", "\"", ";", "a/b;=c"}) {
    EXPECT_EQ(chosen(accept, offers), offers[0]) << accept;
  }
  EXPECT_EQ(negotiate(std::span<const std::string_view>(), offers), size_t{0});
}

TEST(Negotiate, AMalformedElementDoesNotHideTheOthers) {
  const Types offers = {"text/plain", "application/json"};
  EXPECT_EQ(chosen("what is this, application/json;q=0.4, text/plain;q=0.5x", offers), offers[1]);
  // Sent by Java's HttpURLConnection.
  EXPECT_EQ(chosen("text/html, image/gif, image/jpeg, *; q=.2, */*; q=.2", offers), offers[0]);
}

TEST(Negotiate, TheBetterOfTwoEqualRangesCounts) {
  const Types offers = {"text/plain", "application/json"};
  EXPECT_EQ(chosen("text/plain;q=0.2, text/plain;q=0.9, application/json;q=0.5", offers), offers[0]);
  EXPECT_EQ(chosen("text/plain;q=0.9, text/plain;q=0.2, application/json;q=0.5", offers), offers[0]);
}

TEST(Negotiate, SeveralHeadersAreOneList) {
  const Types accept = {"text/plain;q=0.5", "application/json"};
  const Types offers = {"text/plain", "application/json"};
  EXPECT_EQ(negotiate(accept, offers), size_t{1});
}

TEST(Negotiate, WithoutOffersThereIsNone) { EXPECT_EQ(negotiate("*/*", Types{}), std::nullopt); }

}  // namespace
}  // namespace evloom::http
