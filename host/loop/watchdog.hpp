// Watchdog: a thread that looks at all loops eight times a second, and once a second has each tell how late
// it is. A loop that a call has held for too long is told of while it is held, and when it is free again.
// Made and destroyed by the control thread, before the pool goes.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "loop/duty.hpp"
#include "loop/pool.hpp"

namespace evloom::loop {

// A loop that does not turn.
struct Held {
  std::uint32_t loop = 0;
  const char* who = nullptr;   // in whose call it was seen; null: in none that is noted
  const char* what = nullptr;  // the function
  bool one_call = false;       // it has been in that call all the time
  std::int64_t ns = 0;         // so far; a little less than it was
  bool ended = false;          // it turns again
};

class Watchdog {
 public:
  struct Hooks {
    std::function<void(std::uint32_t loop, std::int64_t ns)> late;  // how late it is. [loop]
    std::function<void(const Held& held)> held;                     // [the watchdog's thread]
  };
  static constexpr std::int64_t kTooLong = 250'000'000;

  Watchdog(Pool& pool, Hooks hooks);
  ~Watchdog();
  Watchdog(const Watchdog&) = delete;
  Watchdog& operator=(const Watchdog&) = delete;

 private:
  struct Question;  // how late a loop is
  struct Watched {
    Duty::Seen seen;
    std::int64_t since = 0;
    bool told = false;
    bool one_call = false;  // of what was told
    std::shared_ptr<Question> question;
  };

  void run();
  void look(std::uint32_t index, std::int64_t now);
  void ask(std::uint32_t index, std::int64_t now);

  Pool& pool_;
  const std::shared_ptr<const Hooks> hooks_;  // a question may come to a loop later than the end of this
  std::vector<Watched> watched_;
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stop_ = false;
  std::thread thread_;  // the last member: it uses the others
};

}  // namespace evloom::loop
