// Metrics: the Prometheus text, what is refused, registration and removal while loops count.
#include "observe/metrics.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

namespace evloom::observe {
namespace {

TEST(Metrics, CountersAndGaugesAreSummedOverTheLoops) {
  Registry registry(2);
  MetricGroup group = registry.group();
  const Counter requests = *group.counter("evloom_requests_total", "Answered requests.", {{"status", "2xx"}});
  const Gauge open = *group.gauge("evloom_connections", "Open connections.");
  requests.add(0);
  requests.add(1, 4);
  requests.add(registry.control_column());
  open.set(0, 7);
  open.add(1, -9);
  EXPECT_EQ(render_prometheus(registry),
            "# HELP evloom_connections Open connections.\n"
            "# TYPE evloom_connections gauge\n"
            "evloom_connections -2\n"
            "# HELP evloom_requests_total Answered requests.\n"
            "# TYPE evloom_requests_total counter\n"
            "evloom_requests_total{status=\"2xx\"} 6\n");
}

TEST(Metrics, AHistogramIsCumulativeAndInSeconds) {
  Registry registry(2);
  MetricGroup group = registry.group();
  const Histogram time = *group.histogram("t_seconds", "Time.", {{"store", "redis"}});
  time.observe_ns(0, 1'000);
  time.observe_ns(1, 1'001);
  time.observe_ns(1, 100'000'000'000);
  const std::string text = render_prometheus(registry);
  EXPECT_NE(text.find("# TYPE t_seconds histogram\nt_seconds_bucket{store=\"redis\",le=\"1e-06\"} 1\n"
                      "t_seconds_bucket{store=\"redis\",le=\"2e-06\"} 2\n"),
            std::string::npos)
      << text;
  EXPECT_NE(text.find("le=\"67.108864\"} 2\nt_seconds_bucket{store=\"redis\",le=\"+Inf\"} 3\n"
                      "t_seconds_sum{store=\"redis\"} 100.000002001\nt_seconds_count{store=\"redis\"} 3\n"),
            std::string::npos)
      << text;
}

TEST(Metrics, BucketBoundsAreInclusive) {
  EXPECT_EQ(Histogram::bucket_of(0), 0u);
  EXPECT_EQ(Histogram::bucket_of(1'000), 0u);
  EXPECT_EQ(Histogram::bucket_of(1'001), 1u);
  EXPECT_EQ(Histogram::bucket_of(2'000), 1u);
  EXPECT_EQ(Histogram::bucket_of(2'001), 2u);
  EXPECT_EQ(Histogram::bucket_of(67'108'864'000), 26u);
  EXPECT_EQ(Histogram::bucket_of(67'108'864'001), 27u);
  EXPECT_EQ(Histogram::bucket_of(UINT64_MAX), 27u);
}

TEST(Metrics, TextsAreEscaped) {
  Registry registry(1);
  MetricGroup group = registry.group();
  ASSERT_TRUE(group.counter("c", "a\\b\nc\"d", {{"v", "a\\b\nc\"d\xFF"}}));
  EXPECT_EQ(render_prometheus(registry),
            "# HELP c a\\\\b\\nc\"d\n# TYPE c counter\nc{v=\"a\\\\b\\nc\\\"d\xEF\xBF\xBD\"} 0\n");
}

TEST(Metrics, BadNamesAndLabelsAreRefused) {
  Registry registry(1);
  MetricGroup group = registry.group({{"instance", "stats"}});
  for (const char* bad : {"", "1a", "a-b", "a b", "a{b", "ä"}) EXPECT_FALSE(group.counter(bad, "h")) << bad;
  for (const char* bad : {"", "1a", "a:b", "__a", "le", "a=b"}) {
    EXPECT_FALSE(group.counter("ok", "h", {{bad, "v"}})) << bad;
  }
  EXPECT_FALSE(group.counter("ok", "h", {{"instance", "again"}}));
  EXPECT_FALSE(group.counter("ok", "h", {{"a", std::string(129, 'x')}}));
  EXPECT_FALSE(group.counter(std::string(129, 'x'), "h"));
  EXPECT_EQ(render_prometheus(registry), "") << "what was refused leaves nothing behind";
  EXPECT_TRUE(group.counter("a:b_C9", "h"));
}

TEST(Metrics, OneNameHasOneType) {
  Registry registry(1);
  MetricGroup group = registry.group();
  ASSERT_TRUE(group.counter("a", "h"));
  const auto clash = group.gauge("a", "h");
  ASSERT_FALSE(clash);
  EXPECT_NE(clash.error().message.find("belongs to the counter \"a\""), std::string::npos)
      << clash.error().message;
  ASSERT_TRUE(group.histogram("t", "h"));
  EXPECT_FALSE(group.counter("t_count", "h"));
  ASSERT_TRUE(group.counter("u_sum", "h"));
  EXPECT_FALSE(group.histogram("u", "h"));
}

TEST(Metrics, ASeriesIsHiddenWhenItsOwnerGoesAndStartsAnewAfterwards) {
  Registry registry(1);
  MetricGroup host = registry.group();
  ASSERT_TRUE(host.counter("kept", "h"));
  {
    MetricGroup plugin = registry.group({{"instance", "stats"}});
    const Counter c = *plugin.counter("c", "h");
    c.add(0, 5);
    EXPECT_NE(render_prometheus(registry).find("c{instance=\"stats\"} 5\n"), std::string::npos);
  }
  EXPECT_EQ(render_prometheus(registry), "# HELP kept h\n# TYPE kept counter\nkept 0\n");
  MetricGroup again = registry.group({{"instance", "stats"}});
  ASSERT_TRUE(again.counter("c", "h"));
  EXPECT_NE(render_prometheus(registry).find("c{instance=\"stats\"} 0\n"), std::string::npos);
}

TEST(Metrics, TheCountsGoOnWhenAnInstanceIsReplaced) {
  Registry registry(1);
  auto old_one = std::make_unique<MetricGroup>(registry.group({{"instance", "stats"}}));
  const Counter before = *old_one->counter("c", "h", {{"b", "2"}, {"a", "1"}});
  before.add(0, 5);
  MetricGroup new_one = registry.group({{"instance", "stats"}});
  const Counter after = *new_one.counter("c", "h", {{"a", "1"}, {"b", "2"}});
  after.add(0, 1);
  before.add(0, 1);
  old_one.reset();
  after.add(0, 1);
  EXPECT_NE(render_prometheus(registry).find("c{a=\"1\",b=\"2\",instance=\"stats\"} 8\n"), std::string::npos)
      << render_prometheus(registry);
}

TEST(Metrics, CellsAreReusedSoThatReloadsDoNotUseThemUp) {
  Registry registry(3);
  for (int i = 0; i < 40000; ++i) {
    MetricGroup plugin = registry.group({{"generation", std::to_string(i)}});
    ASSERT_TRUE(plugin.counter("c", "h"));
    ASSERT_TRUE(plugin.histogram("t", "h"));
  }
}

TEST(Metrics, RunningOutOfRoomIsAnError) {
  Registry registry(1);
  MetricGroup group = registry.group();
  int made = 0;
  std::string why;
  for (int i = 0; i < 2000 && why.empty(); ++i) {
    const auto h = group.histogram("t", "h", {{"i", std::to_string(i)}});
    if (h) {
      ++made;
    } else {
      why = h.error().message;
    }
  }
  EXPECT_EQ(made, 1024);
  EXPECT_NE(why.find("no room"), std::string::npos);
}

TEST(Metrics, AHandleThatWasNeverRegisteredCountsNowhere) {
  Counter().add(0);
  Gauge().set(3, 1);
  Histogram().observe_ns(1, 1);
}

// For ThreadSanitizer: loops count, two threads scrape, the control thread registers and removes.
TEST(Metrics, RegistersAndScrapesWhileLoopsCount) {
  constexpr std::size_t kLoops = 2;
  constexpr std::uint64_t kEach = 20000;
  Registry registry(kLoops);
  MetricGroup group = registry.group();
  const Counter counter = *group.counter("a_total", "h");
  const Histogram histogram = *group.histogram("t", "h");
  std::atomic<bool> stop{false};
  std::vector<std::thread> threads;
  for (std::size_t loop = 0; loop < kLoops; ++loop) {
    threads.emplace_back([&, loop] {
      for (std::uint64_t i = 0; i < kEach; ++i) {
        counter.add(loop);
        histogram.observe_ns(loop, 500);
      }
    });
  }
  std::thread scraper([&] {
    while (!stop.load()) EXPECT_NE(render_prometheus(registry).find("a_total "), std::string::npos);
  });
  for (int i = 0; i < 300; ++i) {
    MetricGroup plugin = registry.group({{"i", std::to_string(i)}});
    const auto mine = plugin.counter("p_total", "h");
    ASSERT_TRUE(mine);
    mine->add(registry.control_column());
  }
  for (std::thread& thread : threads) thread.join();
  stop.store(true);
  scraper.join();
  const std::string text = render_prometheus(registry);
  EXPECT_NE(text.find("a_total 40000\n"), std::string::npos) << text;
  EXPECT_NE(text.find("t_count 40000\n"), std::string::npos) << text;
  EXPECT_NE(text.find("t_sum 0.020000000\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace evloom::observe
