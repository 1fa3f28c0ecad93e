// Host: the program with one store and its admin API, and the changes a soak makes of it: each swap takes
// another build of the plugin file, which is deleted when the next one has taken its place. The test's
// thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "support/admin.hpp"
#include "support/evloom_process.hpp"
#include "support/redis_server.hpp"

namespace evloom::soak {

enum class Kind { handler, format, store, reload, wrong_reload };
inline constexpr Kind kKinds[] = {Kind::handler, Kind::format, Kind::store, Kind::reload, Kind::wrong_reload};
const char* name_of(Kind kind);

// One change: how long the host took for it, and what is wrong with it ("" when all is as it should be).
struct Made {
  std::chrono::microseconds took{0};  // from the command to "serving", or to the refusal
  std::string wrong;
};

class Host {
 public:
  // `store`: "redis", with a server of its own, or "lmdb".
  explicit Host(const std::string& store);

  Made make(Kind kind);
  // Discards the swaps, and waits until but one epoch lives; "" or what went wrong.
  std::string to_rest();
  // The store's own total, as the next request is told it, that request not counted; throws without an
  // answer.
  std::int64_t stored_total();

  // The host's and its server's.
  std::vector<pid_t> processes() const;

  test::Evloom& evloom() { return *evloom_; }
  const test::Admin& admin() const { return *admin_; }

 private:
  Made swap(const std::string& instance, const std::string& plugin);
  Made reload(bool wrong);

  std::string store_;
  std::unique_ptr<test::RedisServer> redis_;
  std::vector<std::string> good_;  // configurations, loaded in turn
  std::string wrong_;
  std::unique_ptr<test::Evloom> evloom_;
  std::unique_ptr<test::Admin> admin_;
  std::map<std::string, std::filesystem::path> files_;  // that instances run now, by instance
  std::uint64_t serial_ = 0;
};

}  // namespace evloom::soak
