// Ledger: writes down every acknowledged stats answer and says at the end which of them cannot be true
// together. Any thread may record; the checks are for the test's thread once all recorders have stopped.
//
// What must hold: totals are all different, counts of one address too, and both grow for one (address, port);
// an (address, port) was "never seen" once, at its first request; each list holds the asker's own port and no
// port twice; the store counts no fewer than were acknowledged and no more than those plus the ones of
// unknown fate.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace evloom::test {

class Ledger {
 public:
  // An answer with status 200 to a request from `address` and `port`.
  void acknowledged(std::string_view address, std::uint32_t port, std::string_view answer);
  // A request that may or may not have been counted: no answer came, or one that says so.
  void unknown(std::string_view address, std::uint32_t port);
  // From here on each total must be above all that were acknowledged before. Call it while nothing is under
  // way.
  void barrier();

  std::uint64_t acknowledged_count() const;
  std::uint64_t unknown_count() const;
  std::int64_t highest_total() const;

  // What is wrong, one line each (the first twenty), "" when nothing is. `stored`: the store's own final
  // total.
  std::string violations(std::int64_t stored) const;
  // Without asking the store.
  std::string violations() const;

 private:
  struct Source {
    std::uint64_t acknowledged = 0;
    std::uint64_t unknown = 0;
    std::int64_t last_total = 0;
    std::int64_t last_count = 0;
  };

  void violation(std::string text);

  mutable std::mutex mutex_;
  std::map<std::pair<std::string, std::uint32_t>, Source> sources_;
  std::map<std::string, std::unordered_set<std::int64_t>> counts_;
  std::unordered_set<std::int64_t> totals_;
  std::int64_t highest_ = 0;
  std::int64_t floor_ = 0;
  std::uint64_t acknowledged_ = 0;
  std::uint64_t unknown_ = 0;
  std::vector<std::string> violations_;
};

}  // namespace evloom::test
