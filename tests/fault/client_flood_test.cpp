// Clients that send and never read, and clients that are many: memory stays bounded, the others are served.
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <vector>

#include "support/evloom_process.hpp"
#include "support/load.hpp"

namespace evloom::test {
namespace {

constexpr std::uint64_t kMiB = 1 << 20;

// A sanitizer keeps freed memory back; only a build without one shows what the host itself takes.
std::uint64_t bound(std::uint64_t bytes) { return sanitized() ? bytes * 8 + 400 * kMiB : bytes; }

// Sends `unit` again and again on a few connections without ever reading, as long as the host takes it.
std::uint64_t flood(const Evloom& evloom, const std::string& unit, int connections) {
  std::string bytes;
  while (bytes.size() < 256 * 1024) bytes += unit;
  std::vector<Client> clients;
  for (int i = 0; i < connections; ++i) clients.push_back(evloom.connect(4096));
  std::uint64_t most = 0;
  for (int round = 0; round < 40; ++round) {
    std::size_t taken = 0;
    for (Client& client : clients) taken += client.send_some(bytes, milliseconds(5));
    most = std::max(most, evloom.resident_bytes());
    if (taken == 0) break;
  }
  return most;
}

class Flood : public ::testing::TestWithParam<const char*> {};

TEST_P(Flood, OfPipelinedRequestsTakesBoundedMemory) {
  Evloom evloom(yaml({}));
  evloom.get(GetParam());
  const std::uint64_t before = evloom.resident_bytes();
  const std::uint64_t most = flood(evloom, get(GetParam()), 20);
  EXPECT_LT(most, before + bound(48 * kMiB)) << "before: " << before;
  EXPECT_EQ(evloom.get("/hello").status, 200);
  EXPECT_EQ(evloom.stop(), "");
}

INSTANTIATE_TEST_SUITE_P(Targets, Flood,
                         ::testing::Values("/hello", "/", "/echo?sleep=50", "/echo?size=100000", "/nowhere"),
                         [](const auto& one) { return "number" + std::to_string(one.index); });

TEST(Flood, OfLineEndsTakesBoundedMemoryAndEnds) {
  Evloom evloom(yaml({}));
  const std::uint64_t before = evloom.resident_bytes();
  EXPECT_LT(flood(evloom, "\r\n", 5), before + bound(16 * kMiB));
  EXPECT_EQ(evloom.get("/hello").status, 200);
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Flood, OfBodiesThatAreHeldTakesNoMoreThanTheLimits) {
  Evloom evloom(yaml({.limits = "{ body_bytes: 256KiB }"}));
  const std::uint64_t before = evloom.resident_bytes();
  std::vector<Client> clients;
  for (int i = 0; i < 64; ++i) {
    clients.push_back(evloom.connect());
    clients.back().send(request("POST", "/echo", {{"Content-Length", "262144"}}) + std::string(262143, 'b'));
  }
  EXPECT_LT(evloom.resident_bytes(),
            before + bound(64 * kMiB));  // 16 MiB of bodies, doubled while they grow, and room
  for (Client& client : clients) client.send("b");
  for (Client& client : clients) EXPECT_EQ(client.read().status, 200);
  clients.clear();
  EXPECT_EQ(evloom.stop(), "");
}

TEST(Flood, FromOneClientLeavesTheOthersServed) {
  Evloom evloom(yaml({}));
  std::vector<Client> greedy;
  std::string bytes;
  while (bytes.size() < 200000) bytes += get("/hello");
  for (int i = 0; i < 10; ++i) {
    greedy.push_back(evloom.connect(4096));
    greedy.back().send_some(bytes, milliseconds(20));
  }
  const LoadResult result =
      run_load({.address = evloom.address(), .bytes = get("/hello"), .connections = 8, .requests = 4000});
  EXPECT_EQ(result.with(200), 4000u) << result.summary();
  EXPECT_LT(result.slowest_ms, widened(milliseconds(500)).count()) << result.summary();
  greedy.clear();
  EXPECT_EQ(evloom.stop(), "");
}

TEST(ManyConnections, IdleOnesCostLittleAndSlowNobody) {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
  const auto room = static_cast<std::uint64_t>(limit.rlim_cur);
  const int count =
      static_cast<int>(std::min<std::uint64_t>(sanitized() ? 2000 : 10000, room > 1000 ? room - 500 : 100));
  Evloom evloom(yaml({.limits = "{ connections: 20000 }"}), {.descriptors = room});
  evloom.get("/");
  const std::uint64_t before = evloom.resident_bytes();
  std::vector<Client> clients;
  clients.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) {
    clients.push_back(evloom.connect());
    if (i % 2) {  // half of them have been served once
      ASSERT_EQ(clients.back().get("/hello").status, 200) << i;
    }
  }
  const std::uint64_t each = (evloom.resident_bytes() - before) / static_cast<std::uint64_t>(count);
  EXPECT_LT(each, sanitized() ? 200000u : 16384u) << "bytes for an idle connection";
  const LoadResult result =
      run_load({.address = evloom.address(), .bytes = get("/"), .connections = 8, .requests = 2000});
  EXPECT_EQ(result.with(200), 2000u) << result.summary();
  EXPECT_LT(result.slowest_ms, widened(milliseconds(500)).count());
  for (std::size_t i = 0; i < clients.size(); i += 997) EXPECT_EQ(clients[i].get("/hello").status, 200) << i;
  clients.clear();
  EXPECT_EQ(evloom.get("/hello").status, 200);
  EXPECT_EQ(evloom.stop(), "");
}

}  // namespace
}  // namespace evloom::test
