// Generations: the live epochs of a host, and what becomes of one when the next has taken its place: it
// drains (its requests end, or are cut off at epochs.drain_timeout), stands by for a roll-back, and retires:
// its instances are stopped, its code is unloaded, and that is proved. Owned by Host; changed on the control
// thread, reported to any.
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "change/journal.hpp"
#include "change/report.hpp"
#include "epoch/epoch.hpp"
#include "epoch/loop_host.hpp"

namespace evloom::change {

class Generations {
 public:
  using Clock = std::chrono::steady_clock;
  // A change that would make one more is refused.
  static constexpr std::size_t kMost = 4;

  Generations(epoch::Common& common, Journal& journal)
      : common_(common), journal_(journal), logger_(common.log.logger("change")) {}
  ~Generations();

  // `next` serves from now on, on every loop; the one before drains. `stand_by`: how long that stays warm
  // then; not `kept`: it is no epoch to go back to, the one before it is.
  void serve(std::unique_ptr<epoch::Epoch> next, std::chrono::nanoseconds drain_timeout,
             std::chrono::nanoseconds stand_by, bool kept = true);
  // An epoch in which requests began, but which does not serve: a canary that was given up.
  void discard(std::unique_ptr<epoch::Epoch> epoch, std::chrono::nanoseconds drain_timeout);

  epoch::Epoch* serving() const { return entries_.empty() ? nullptr : entries_.front().epoch.get(); }
  // The one to go back to, when there is one.
  epoch::Epoch* before() const;
  // The serving one first, then the newer before the older.
  std::vector<epoch::Epoch*> live() const;
  // "epoch 3 (draining, 2 requests)", for the refusal of a fifth.
  std::string describe() const;

  // Takes a stopped instance from every epoch that has it, and lets go of it. What the loops read of those
  // epochs still points to it: they must not use it any more.
  void let_go(std::shared_ptr<plugin::Instance>& instance);

  // Those that stand by retire now: what they hold is wanted.
  void retire_standby();

  // Goes on with what drains or stands by; gives when it wants to be called again, if ever.
  std::optional<Clock::duration> tick();

  // The host goes down, no request is under way: stops every instance. Fails with the first reason.
  Status stop_all(std::chrono::nanoseconds timeout);
  // No loop looks at any epoch any more.
  void clear() { ended_.clear(); }

  // Fills in epochs and instances. [any]
  void report(HostReport& report) const;

 private:
  struct Entry {
    std::unique_ptr<epoch::Epoch> epoch;
    EpochState state = EpochState::serving;
    WallTime since = std::chrono::system_clock::now();
    bool cut_off = false;  // its late requests were answered with 503
    bool complained = false;
    Clock::time_point replaced;  // when another took its place
    Clock::time_point drain_until;
    std::chrono::nanoseconds stand_by{0};
    Clock::time_point stand_by_until;
  };

  void enter(Entry& entry, EpochState state);
  // Whether it has drained.
  bool drain(Entry& entry, Clock::time_point now);
  void cut_off(Entry& entry);
  bool alone(const Entry& entry, const plugin::Instance& instance) const;
  // False when that has to wait.
  bool retire(std::size_t index);
  // Stops the instances that no other epoch has, and lets go of all.
  Status stop(epoch::Epoch& epoch, std::chrono::nanoseconds timeout, std::vector<CodeReport>& code);
  bool everywhere(std::function<void(loop::Loop&)> function);

  epoch::Common& common_;
  Journal& journal_;
  observe::Logger logger_;
  mutable std::mutex mutex_;  // guards entries_ against report(); the control thread reads it without
  std::vector<Entry> entries_;
  std::vector<std::unique_ptr<epoch::Epoch>> ended_;  // that loops may still look at
};

}  // namespace evloom::change
