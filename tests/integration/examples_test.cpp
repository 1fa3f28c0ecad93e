// The examples of docs/examples in the real host, each for what it is there to show.
#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "support/admin.hpp"
#include "support/evloom_process.hpp"
#include "support/load.hpp"

namespace evloom::test {
namespace {

std::filesystem::path example(std::string_view id) {
  return std::filesystem::path(EVLOOM_EXAMPLES_DIR) / (std::string(id) + ".so");
}

// Two loops, the admin API, `text` besides.
std::string config(const std::string& text) {
  return "threads: 2\nlisten: [{ http: \"127.0.0.1:0\" }]\nplugins: { path: [\"" EVLOOM_EXAMPLES_DIR
         "\", \"" EVLOOM_PLUGINS "\"] }\nepochs: { rollback_window: 0s }\n" +
         std::string(kAdminYaml) + text;
}

TEST(Examples, VisitsInC) {
  Evloom evloom(
      config("stores: { counters: { plugin: memory } }\n"
             "routes: [{ path: /, handler: visits-c, store: counters }]\n"));
  EXPECT_EQ(evloom.get("/").body.substr(0, 9), "1 visits,");
  EXPECT_EQ(evloom.get("/").body.substr(0, 9), "2 visits,");
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Examples, QuotaWorksOnTwoStores) {
  const std::string text = config(
      "stores: { counters: { plugin: memory }, settings: { plugin: jsonl, path: limits.jsonl } }\n"
      "handlers: { quota: { plugin: quota, limit: 2 } }\n"
      "routes: [{ path: /, handler: quota, store: counters, stores: { limits: settings } }]\n");
  {
    Evloom evloom(text);
    EXPECT_EQ(evloom.get("/").body, "Asked = 1\nLimit = 2\n");
    EXPECT_EQ(evloom.get("/").status, 200);
    EXPECT_EQ(evloom.get("/").status, 429);
    // What others have written into the second store, it reads.
    ASSERT_EQ(evloom.stop(), "");
    write_file(evloom.folder() / "limits.jsonl", "{\"put\":\"limit:127.0.0.1\",\"value\":\"7\"}\n");
    evloom.start_again();
    EXPECT_EQ(evloom.get("/").body, "Asked = 1\nLimit = 7\n");
    EXPECT_EQ(evloom.stop(), "");
  }
  Evloom without(replaced(text, ", stores: { limits: settings }", ""));
  EXPECT_EQ(without.get("/").body, "Asked = 1\nLimit = 2\n");
  EXPECT_EQ(without.stop(), "");
}

TEST(Examples, JsonlKeepsItsCountsThroughSwapsUnderLoadAndARestart) {
  Evloom evloom(
      config("stores: { counters: { plugin: jsonl, path: data.jsonl } }\n"
             "routes: [{ path: /, handler: stats, store: counters }]\n"));
  const Admin admin(evloom);
  Ledger ledger;
  Load load({.address = evloom.address(), .bytes = get("/"), .connections = 16, .ledger = &ledger});
  ASSERT_TRUE(load.wait_good(100, widened(milliseconds(10000))));
  for (std::uint64_t i = 0; i < 3; ++i) {
    const Json change = admin.swap("counters", variant(example("jsonl"), evloom.folder(), i));
    ASSERT_EQ(outcome(change), "serving ") << change;
    ASSERT_TRUE(load.wait_good(50, widened(milliseconds(10000))));
  }
  const LoadResult result = load.stop();
  EXPECT_EQ(result.with(200), result.answered()) << result.summary();
  EXPECT_EQ(result.lost(), 0u) << result.summary();
  EXPECT_EQ(ledger.violations(result.with(200)), "");
  ASSERT_EQ(evloom.stop(), "");
  evloom.start_again();
  const std::string total = "Total requests = " + std::to_string(result.with(200) + 1) + "\n";
  EXPECT_EQ(evloom.get("/").body.substr(0, total.size()), total);
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Examples, CsvIsChosenByTheClient) {
  Evloom evloom(
      config("stores: { counters: { plugin: memory } }\nformats: [text, csv]\n"
             "routes: [{ path: /, handler: stats, store: counters }]\n"));
  const Response answer = evloom.get("/", {{"Accept", "text/csv"}});
  EXPECT_EQ(answer.status, 200);
  EXPECT_EQ(answer.header("Content-Type"), "text/csv; charset=utf-8");
  EXPECT_EQ(answer.body.substr(0, 55), "requests_total,1\r\nrequests_from_address,1\r\nport_is_new,");
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Examples, BoardIsKeptWhenItsCodeIsSwapped) {
  Evloom evloom(config("routes: [{ path: /, handler: board, methods: [GET, POST] }]\n"));
  const Admin admin(evloom);
  for (const char* line : {"one", "two"})
    EXPECT_EQ(fetch(evloom.address(), request("POST", "/", {}, line)).status, 200);
  const Json change = admin.swap("board", variant(example("board"), evloom.folder(), 1));
  ASSERT_EQ(outcome(change), "serving ");
  EXPECT_NE(evloom.get("/?format=json").body.find("\"lines\":[\"one\",\"two\"]"), std::string::npos)
      << evloom.get("/?format=json").body;
  EXPECT_TRUE(admin.settle());
  EXPECT_EQ(admin.entry(change["number"])["before"]["code"][0]["unmapped"], true) << change;
  EXPECT_EQ(evloom.stop(), "");
}

}  // namespace
}  // namespace evloom::test
