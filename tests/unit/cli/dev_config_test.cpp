// What `evloom dev` makes for a plugin is a good configuration, with the plugin where it serves "/".
#include "cli/dev_config.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "config/config.hpp"

namespace evloom::cli {
namespace {

std::shared_ptr<const config::Config> made_for(const std::string& id, std::vector<std::string> interfaces) {
  plugin::PluginFacts facts;
  facts.id = id;
  facts.interfaces = std::move(interfaces);
  const auto text = dev_config(facts, 8080, "/tmp/x/admin.sock");
  if (!text) return nullptr;
  const config::LoadResult loaded =
      config::load_text("dev.yaml", *text, "/tmp", [](std::string_view) { return std::nullopt; });
  EXPECT_TRUE(loaded) << config::render(loaded.diagnostics, false) << *text;
  return loaded.config;
}

TEST(DevConfig, AHandlerServesEveryPathAndMethodWithAStoreAtHand) {
  const auto config = made_for("quota", {"evloom.handler/1", "evloom.state/1"});
  ASSERT_TRUE(config);
  ASSERT_EQ(config->routes.size(), 2u);
  for (const config::Route& route : config->routes) {
    EXPECT_EQ(route.handler, "quota");
    EXPECT_EQ(route.store, "memory");
    EXPECT_EQ(route.methods.size(), 5u);
  }
  EXPECT_EQ(config->routes[0].path, "/");
  EXPECT_EQ(config->routes[1].path, "/*");
  EXPECT_EQ(config->admin.unix_path, "/tmp/x/admin.sock");
}

TEST(DevConfig, AStoreServesBehindStats) {
  const auto config = made_for("jsonl", {"evloom.store/1"});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->routes.at(0).handler, "stats");
  EXPECT_EQ(config->routes.at(0).store, "jsonl");
}

TEST(DevConfig, AFormatIsTheFavouriteOne) {
  const auto config = made_for("csv", {"evloom.format/1"});
  ASSERT_TRUE(config);
  EXPECT_EQ(config->routes.at(0).formats, (std::vector<std::string>{"csv", "text", "json"}));
  const auto own = made_for("json", {"evloom.format/1"});
  ASSERT_TRUE(own);
  EXPECT_EQ(own->routes.at(0).formats, (std::vector<std::string>{"json", "text"}));
}

TEST(DevConfig, WhatServesNothingIsRefused) {
  plugin::PluginFacts facts;
  facts.id = "odd";
  facts.interfaces = {"evloom.other/1"};
  const auto text = dev_config(facts, 0, "/tmp/x/admin.sock");
  ASSERT_FALSE(text);
  EXPECT_NE(text.error().message.find("'odd' offers evloom.other/1"), std::string::npos)
      << text.error().message;
}

}  // namespace
}  // namespace evloom::cli
