// Changes: start, reload, swap and roll-back are one thing: from a plan to a new epoch that serves in the
// place of the one before, or back to where it was. One at a time, each with its record in the journal.
// [control]
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "change/builder.hpp"
#include "change/control.hpp"
#include "change/generations.hpp"
#include "change/hand_over.hpp"
#include "change/journal.hpp"
#include "change/listeners.hpp"
#include "epoch/epoch.hpp"
#include "epoch/loop_host.hpp"
#include "epoch/plan.hpp"

namespace evloom::change {

class Changes {
 public:
  using Clock = std::chrono::steady_clock;

  Changes(epoch::Common& common, Builder& builder, Generations& generations, Journal& journal,
          Listeners& listeners, std::vector<std::unique_ptr<epoch::LoopHost>>& loop_hosts,
          epoch::PlanSource source, epoch::Swaps swaps, int interrupt);

  // Builds the first epoch, has it served, and listens.
  Status start(epoch::Plan plan);

  ChangeReport carry_out(const ReloadCommand& command, std::string by);
  ChangeReport carry_out(const SwapCommand& command, std::string by);
  ChangeReport carry_out(const RollbackCommand& command, std::string by);
  Result<PlanReport> plan(const PlanCommand& command) const;

  // Goes on with what is left of earlier changes; gives when it wants to be called again, if ever.
  std::optional<Clock::duration> tick();

 private:
  // A change that could not be made; `refused` when nothing had been begun.
  struct Failure {
    std::string text;
    bool refused = false;
    std::string step = {};
    std::string instance = {};
  };
  using Failed = std::optional<Failure>;

  // `keep`: the epoch that stands by is the one to go back to.
  ChangeReport change(epoch::Plan plan, epoch::Swaps swaps, bool keep);
  static Failure refused(std::string text);
  // In the step that is under way.
  Failure failed(std::string text, std::string instance = {}) const;
  void note(const Failure& failure);
  ChangeReport end(const Failure& failure);
  Failed make(epoch::Plan plan, bool stand_by);
  Failed restart_only(const epoch::Plan& plan) const;
  Failed room_for(const epoch::Plan& plan, bool keep);
  bool stands_in_the_way(const epoch::Plan& plan) const;
  Failed put_in_place(std::unique_ptr<epoch::Epoch> next, bool stand_by);
  Failed hand_over(HandOver& hand_over, epoch::Epoch& next);
  void restore(std::unique_ptr<HandOver> hand_over);
  Failed watch_canary(epoch::Epoch& next, const config::Canary& canary);
  // Has the loops from first to last take up an epoch; says so when one does it later.
  void flip(epoch::Epoch& next, std::uint32_t first, std::uint32_t last);
  // A plan whose swaps are in force, or the refusal.
  std::optional<epoch::Plan> planned(epoch::PlanSource::Loaded loaded, Failure& failure) const;
  std::uint64_t next_number() { return ++number_; }

  epoch::Common& common_;
  Builder& builder_;
  Generations& generations_;
  Journal& journal_;
  Listeners& listeners_;
  std::vector<std::unique_ptr<epoch::LoopHost>>& loop_hosts_;
  const epoch::PlanSource source_;
  const int interrupt_;
  std::uint64_t number_ = 0;
  epoch::Swaps swaps_;         // in force
  epoch::Swaps swaps_before_;  // in force in the epoch before
  std::unique_ptr<HandOver>
      unrestored_;  // an instance that went and could not be made again: tried every second
  Clock::time_point restore_at_;
};

}  // namespace evloom::change
