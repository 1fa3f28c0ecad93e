// Routes: precedence, parameters, methods, and patterns that cannot be.
#include "http/router.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace evloom::http {
namespace {

MethodSet methods(std::initializer_list<Method> list) {
  MethodSet set;
  for (const Method method : list) set.add(method);
  return set;
}

const MethodSet kGet = methods({Method::get});

// Routes for GET, numbered in order.
Router router_of(std::initializer_list<const char*> patterns) {
  std::vector<RouteSpec> specs;
  for (const char* pattern : patterns) specs.push_back({pattern, kGet, static_cast<uint32_t>(specs.size())});
  Result<Router> router = Router::build(specs);
  EXPECT_TRUE(router.ok()) << router.error().message;
  return std::move(router).value();
}

// "2 id=7 rest=a/b" for a match of route 2, "404" and the like otherwise.
std::string found(const Router& router, std::string_view path, Method method = Method::get) {
  const Match match = router.match(method, path);
  switch (match.outcome) {
    case MatchOutcome::not_found:
      return "404";
    case MatchOutcome::method_not_allowed:
      return "405 " + std::string(match.allow);
    case MatchOutcome::not_implemented:
      return "501";
    case MatchOutcome::server_options:
      return "204 " + std::string(match.allow);
    case MatchOutcome::matched:
      break;
  }
  std::string text = std::to_string(match.value);
  for (const RouteParam& param : match.params())
    text += " " + std::string(param.name) + "=" + std::string(param.value);
  if (match.rest.data() != nullptr) text += " rest=" + std::string(match.rest);
  return text;
}

TEST(Router, ExactBeforeParameterBeforePrefix) {
  const Router router = router_of({"/*", "/a/*", "/a/{x}", "/a/b", "/a/{x}/c", "/a/b/*", "/"});
  EXPECT_EQ(found(router, "/"), "6");
  EXPECT_EQ(found(router, "/a"), "0 rest=a");
  EXPECT_EQ(found(router, "/a/"), "1 rest=");
  EXPECT_EQ(found(router, "/a/b"), "3");
  EXPECT_EQ(found(router, "/a/z"), "2 x=z");
  EXPECT_EQ(found(router, "/a/b/c"), "4 x=b");
  EXPECT_EQ(found(router, "/a/z/c"), "4 x=z");
  EXPECT_EQ(found(router, "/a/b/d"), "5 rest=d");
  EXPECT_EQ(found(router, "/a/b/"), "5 rest=");
  EXPECT_EQ(found(router, "/a/z/d/e"), "1 rest=z/d/e");
  EXPECT_EQ(found(router, "/q/r"), "0 rest=q/r");
}

TEST(Router, AnExactPathIsNeverAPrefix) {
  const Router router = router_of({"/a", "/b/"});
  EXPECT_EQ(found(router, "/a"), "0");
  EXPECT_EQ(found(router, "/a/"), "404");
  EXPECT_EQ(found(router, "/ab"), "404");
  EXPECT_EQ(found(router, "/b"), "404");
  EXPECT_EQ(found(router, "/b/"), "1");
  EXPECT_EQ(found(router, ""), "404");
  EXPECT_EQ(found(router, "a"), "404");
}

TEST(Router, ParametersAreWholeSegmentsAndNeverEmpty) {
  const Router router = router_of({"/u/{id}/p/{post}", "/u/{id}", "/w/{id}/"});
  EXPECT_EQ(found(router, "/u/7/p/9"), "0 id=7 post=9");
  EXPECT_EQ(found(router, "/u/a b"), "1 id=a b");
  EXPECT_EQ(found(router, "/u/"), "404");
  EXPECT_EQ(found(router, "/u/7/"), "404");
  EXPECT_EQ(found(router, "/u/7/p/"), "404");
  EXPECT_EQ(found(router, "/w/7/"), "2 id=7");
  EXPECT_EQ(found(router, "/w/7"), "404");
}

TEST(Router, TheLeftmostLiteralWinsAmongParameters) {
  const Router router = router_of({"/{x}/b", "/a/{y}", "/a/{y}/c/d", "/{x}/b/c/e"});
  EXPECT_EQ(found(router, "/a/b"), "1 y=b");
  EXPECT_EQ(found(router, "/z/b"), "0 x=z");
  EXPECT_EQ(found(router, "/a/b/c/d"), "2 y=b");
  EXPECT_EQ(found(router, "/a/b/c/e"), "3 x=a");
}

TEST(Router, PrefixesMayHaveParameters) {
  const Router router = router_of({"/t/{tenant}/files/*", "/t/*"});
  EXPECT_EQ(found(router, "/t/x/files/a/b"), "0 tenant=x rest=a/b");
  EXPECT_EQ(found(router, "/t/x/other"), "1 rest=x/other");
}

TEST(Router, MethodsOfOnePatternMayGoToSeveralRoutes) {
  const std::vector<RouteSpec> specs = {{"/a", kGet, 1},
                                        {"/a", methods({Method::post, Method::put}), 2},
                                        {"/{x}", methods({Method::del}), 3},
                                        {"/b", methods({Method::get}), 4},
                                        {"/b", methods({Method::head, Method::options}), 5}};
  const Result<Router> router = Router::build(specs);
  ASSERT_TRUE(router.ok());
  EXPECT_EQ(found(*router, "/a", Method::get), "1");
  EXPECT_EQ(found(*router, "/a", Method::head), "1");
  EXPECT_EQ(found(*router, "/a", Method::put), "2");
  EXPECT_EQ(found(*router, "/a", Method::del), "405 GET, HEAD, POST, PUT");
  EXPECT_EQ(found(*router, "/a", Method::options), "405 GET, HEAD, POST, PUT");
  EXPECT_EQ(found(*router, "/c", Method::del), "3 x=c");
  EXPECT_EQ(found(*router, "/c", Method::get), "405 DELETE");
  EXPECT_EQ(found(*router, "/b", Method::head), "5");
  EXPECT_EQ(found(*router, "/b", Method::options), "5");
  EXPECT_EQ(found(*router, "/a", Method::other), "501");
  EXPECT_EQ(found(*router, "*", Method::options), "204 GET, HEAD, POST, PUT, DELETE, OPTIONS");
  EXPECT_EQ(found(*router, "*", Method::get), "404");
}

TEST(Router, OfNothingFindsNothing) {
  EXPECT_EQ(found(Router(), "/"), "404");
  EXPECT_EQ(found(router_of({}), "/"), "404");
}

TEST(Router, RefusesPatternsThatCannotBeMeant) {
  const char* const kBad[] = {"",      "a",    "*",      "//",   "/a//b",   "/a/./b", "/..",
                              "/a?b",  "/a#b", "/*/a",   "/a*",  "/{}",     "/{x",    "/x}",
                              "/a{x}", "/{1}", "/{a-b}", "/%20", "/{x}/{x}"};
  for (const char* pattern : kBad) {
    const std::vector<RouteSpec> specs = {{pattern, kGet, 0}};
    const Result<Router> router = Router::build(specs);
    ASSERT_FALSE(router.ok()) << pattern;
    EXPECT_NE(router.error().message.find("\"" + std::string(pattern) + "\""), std::string::npos);
  }
}

TEST(Router, RefusesTwoRoutesForOneRequest) {
  const std::vector<RouteSpec> same = {{"/a", kGet, 0}, {"/a", kGet, 1}};
  EXPECT_FALSE(Router::build(same).ok());
  const std::vector<RouteSpec> wild = {{"/a/*", kGet, 0}, {"/a/*", kGet, 1}};
  EXPECT_FALSE(Router::build(wild).ok());
  const std::vector<RouteSpec> names = {{"/{a}", kGet, 0}, {"/{b}", methods({Method::post}), 1}};
  EXPECT_FALSE(Router::build(names).ok());
  const std::vector<RouteSpec> none = {{"/a", MethodSet(), 0}};
  EXPECT_FALSE(Router::build(none).ok());
}

TEST(Router, HoldsItsBoundsOnSegmentsAndParameters) {
  std::string deep, named;
  for (int i = 0; i < 32; ++i) deep += "/a";
  for (int i = 0; i < 9; ++i) named += "/{p" + std::to_string(i) + "}";
  const std::vector<RouteSpec> good = {{deep + "/*", kGet, 0}, {"/{x}" + deep.substr(2), kGet, 1}};
  const Result<Router> router = Router::build(good);
  ASSERT_TRUE(router.ok());
  EXPECT_EQ(found(*router, deep), "1 x=a");
  EXPECT_EQ(found(*router, deep + "/b/c"), "0 rest=b/c");
  EXPECT_EQ(found(*router, deep + "/"), "0 rest=");
  const std::vector<RouteSpec> too_deep = {{deep + "/a", kGet, 0}};
  EXPECT_FALSE(Router::build(too_deep).ok());
  const std::vector<RouteSpec> too_many = {{named, kGet, 0}};
  EXPECT_FALSE(Router::build(too_many).ok());
}

// Each level offers a literal and a parameter; a search that tried all combinations would never end.
TEST(Router, DoesNotExplodeOnAmbiguousPatterns) {
  std::vector<RouteSpec> specs;
  for (unsigned bits = 0; bits < 256; ++bits) {
    std::string pattern;
    for (unsigned level = 0; level < 8; ++level) {
      pattern += (bits >> level & 1U) != 0 ? "/{p" + std::to_string(level) + "}" : "/a";
    }
    specs.push_back({pattern + "/end", kGet, bits});
  }
  const Result<Router> router = Router::build(specs);
  ASSERT_TRUE(router.ok()) << router.error().message;
  std::string path;
  for (int i = 0; i < 4000; ++i) path += "/a";
  for (int i = 0; i < 1000; ++i) EXPECT_EQ(found(*router, path), "404");
  EXPECT_EQ(found(*router, "/a/a/a/a/a/a/a/a/end"), "0");
}

}  // namespace
}  // namespace evloom::http
