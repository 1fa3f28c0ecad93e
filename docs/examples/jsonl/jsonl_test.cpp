#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "evloom/testkit.hpp"

namespace {

using namespace evl::testkit;

class Jsonl : public ::testing::Test {
 protected:
  Jsonl() {
    std::string folder = (std::filesystem::temp_directory_path() / "jsonl-XXXXXX").string();
    if (!::mkdtemp(folder.data())) throw std::runtime_error("no folder like " + folder);
    folder_ = folder;
  }
  ~Jsonl() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path file() const { return folder_ / "store.jsonl"; }
  std::string content() const {
    std::ostringstream text;
    text << std::ifstream(file()).rdbuf();
    return text.str();
  }
  Instance& start(Host& host) {
    return host.start(Plugin::file(PLUGIN_FILE), Options::of({{"path", file().string()}}));
  }
  // The writer is a thread of the plugin: its answer is waited for in real time.
  static std::vector<Result> submit(Host& host, Instance& store, std::vector<Op> ops) {
    const Batched& batch = store.submit(std::move(ops));
    EXPECT_TRUE(host.wait([&] { return batch.done; }));
    EXPECT_EQ(batch.status, EVL_OK);
    return batch.results;
  }
  static void end(Host& host) {
    host.stop();
    EXPECT_EQ(host.complaints(), "");
  }

  std::filesystem::path folder_;
};

const Op kCount{.kind = EVL_OP_ADD, .key = "n", .amount = 1};

TEST_F(Jsonl, WhatWasAnsweredIsThereAfterwards) {
  {
    Host host;
    Instance& store = start(host);
    submit(host, store, {kCount, kCount, {.kind = EVL_OP_SET_ADD, .key = "s\xff", .items = {"a", "b", "a"}}});
    end(host);
  }
  EXPECT_EQ(content(),
            "{\"count\":\"n\",\"value\":1}\n{\"count\":\"n\",\"value\":2}\n"
            "{\"add\":\"s\\u00ff\",\"members\":[\"a\",\"b\"]}\n");
  Host host;
  Instance& store = start(host);
  const auto results = submit(host, store, {kCount, {.kind = EVL_OP_SET_READ, .key = "s\xff"}});
  EXPECT_EQ(results.at(0).integer, 3);
  EXPECT_EQ(results.at(1).items, (std::vector<std::string>{"a", "b"}));
  end(host);
}

TEST_F(Jsonl, WhatACrashLeftOfALineIsCutOff) {
  std::ofstream(file()) << "{\"count\":\"n\",\"value\":7}\n{\"count\":\"n\",\"val";
  Host host;
  Instance& store = start(host);
  EXPECT_EQ(submit(host, store, {kCount}).at(0).integer, 8);
  end(host);
  EXPECT_EQ(content(), "{\"count\":\"n\",\"value\":7}\n{\"count\":\"n\",\"value\":8}\n");
}

TEST_F(Jsonl, AnotherLineIsRefusedWithItsPlace) {
  std::ofstream(file()) << "{\"count\":\"n\",\"value\":7}\nhello\n";
  Host host;
  try {
    start(host);
    FAIL() << "it was taken";
  } catch (const Refused& refused) {
    EXPECT_NE(std::string(refused.what()).find("store.jsonl:2: this is no line of this store"),
              std::string::npos)
        << refused.what();
  }
}

}  // namespace
