// Plugins that were compiled with the oldest headers of this major version: they load in this host and do
// what they did, beside plugins of today and together with them.
#include <gtest/gtest.h>

#include <string>

#include "support/admin.hpp"
#include "support/evloom_process.hpp"
#include "support/load.hpp"

namespace evloom::test {
namespace {

std::string config() {
  Settings settings;
  settings.counters = "{ plugin: oldest_store }";
  settings.more = kAdminYaml;
  settings.more += "formats: [text, json, oldest_format]\n";
  settings.more_routes =
      "  - { path: /handler, handler: oldest_handler, store: counters }\n"
      "  - { path: /handler-today, handler: oldest_handler, store: today }\n"
      "  - { path: /render, handler: oldest_render, store: counters }\n"
      "  - { path: /render-today, handler: oldest_render, store: today }\n";
  return replaced(yaml(settings), "stores: {", "stores: { today: { plugin: memory },");
}

class OldestAbi : public ::testing::Test {
 protected:
  std::string body(std::string_view path, HeaderList headers = {}) {
    const Response response = evloom_.get(path, headers);
    EXPECT_EQ(response.status, 200) << response.body << evloom_.log();
    return response.body;
  }
  void TearDown() override { EXPECT_EQ(evloom_.stop(), ""); }

  Evloom evloom_{config()};
};

TEST_F(OldestAbi, AHandlerInCUsesEveryInterfaceOfTheHost) {
  EXPECT_EQ(body("/handler"), "total 1, members 1\n");
  EXPECT_EQ(body("/handler"), "total 2, members 1\n");
  EXPECT_EQ(body("/handler-today"), "total 1, members 1\n");
  EXPECT_TRUE(evloom_.wait_log("compiled with the oldest headers"));
  EXPECT_NE(body("/metrics").find("evloom_plugin_oldest_total{instance=\"oldest_handler\"} 3"),
            std::string::npos);
}

TEST_F(OldestAbi, AHandlerAndAFormatInCxxRenderForEachOther) {
  EXPECT_EQ(body("/render", {{"Accept", "text/x-lines"}}), "begin\ntotal\n1\nset\ntwo\nend\nend\n");
  EXPECT_EQ(body("/render-today", {{"Accept", "application/json"}}), "{\"total\":1,\"set\":[\"two\"]}\n");
}

TEST_F(OldestAbi, AStoreAndAFormatServeAHandlerOfToday) {
  Client client = evloom_.connect();
  const std::string port = std::to_string(client.port());
  EXPECT_EQ(client.get("/").body,
            "Total requests = 1\nRequests from this source IP = 1\nThis source port has never been seen.\n"
            "source ports which have been seen for your ip:\n" +
                port + " \n");
  EXPECT_EQ(
      client.get("/", {{"Accept", "text/x-lines"}}).body,
      "begin\nrequests_total\n2\nrequests_from_address\n2\nport_is_new\n0\nports\n" + port + "\nend\nend\n");
}

TEST_F(OldestAbi, AStoreHandsItsCountsOverToAnotherBuildUnderLoad) {
  const Admin admin(evloom_);
  Load load({.address = evloom_.address(), .bytes = get("/handler"), .connections = 8});
  ASSERT_TRUE(load.wait_good(100, widened(milliseconds(10000))));
  const std::string other = variant(plugin_file("oldest_store"), evloom_.folder(), 1);
  EXPECT_EQ(outcome(admin.swap("counters", other)), "serving ");
  ASSERT_TRUE(load.wait_good(100, widened(milliseconds(10000))));
  const LoadResult result = load.stop();
  EXPECT_EQ(result.with(200), result.answered()) << result.summary();
  // No count that was answered is lost; what was under way when the load ended may be counted besides.
  const std::string last = body("/handler");
  const auto total = std::stoull(last.substr(std::string("total ").size()));
  EXPECT_GT(total, result.answered()) << last;
  EXPECT_LE(total, result.answered() + 8 + 1) << last;
}

}  // namespace
}  // namespace evloom::test
