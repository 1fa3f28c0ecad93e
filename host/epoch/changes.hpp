// Changes: start, reload, swap and roll-back are one thing: from a plan to a new epoch that serves in the place
// of the one before, or back to where it was. One at a time, each with its record in the journal. [control]
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "epoch/builder.hpp"
#include "epoch/control.hpp"
#include "epoch/epoch.hpp"
#include "epoch/generations.hpp"
#include "epoch/hand_over.hpp"
#include "epoch/journal.hpp"
#include "epoch/listeners.hpp"
#include "epoch/loop_host.hpp"
#include "epoch/plan.hpp"

namespace evloom::epoch {

class Changes {
 public:
  using Clock = std::chrono::steady_clock;

  Changes(Common& common, Builder& builder, Generations& generations, Journal& journal, Listeners& listeners,
          std::vector<std::unique_ptr<LoopHost>>& loop_hosts, PlanSource source, int interrupt);

  // Builds the first epoch, has it served, and listens.
  Status start(Plan plan);

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
  ChangeReport change(Plan plan, Swaps swaps, bool keep);
  static Failure refused(std::string text);
  // In the step that is under way.
  Failure failed(std::string text, std::string instance = {}) const;
  void note(const Failure& failure);
  ChangeReport end(const Failure& failure);
  Failed make(Plan plan, bool stand_by);
  Failed restart_only(const Plan& plan) const;
  Failed room_for(const Plan& plan, bool keep);
  bool stands_in_the_way(const Plan& plan) const;
  Failed put_in_place(std::unique_ptr<Epoch> next, bool stand_by);
  Failed hand_over(HandOver& hand_over, Epoch& next);
  void restore(std::unique_ptr<HandOver> hand_over);
  Failed watch_canary(Epoch& next, const config::Canary& canary);
  // Has the loops from first to last take up an epoch.
  Status flip(Epoch& next, std::uint32_t first, std::uint32_t last);
  // A plan whose swaps are in force, or the refusal.
  std::optional<Plan> planned(PlanSource::Loaded loaded, Failure& failure) const;
  std::uint64_t next_number() { return ++number_; }

  Common& common_;
  Builder& builder_;
  Generations& generations_;
  Journal& journal_;
  Listeners& listeners_;
  std::vector<std::unique_ptr<LoopHost>>& loop_hosts_;
  const PlanSource source_;
  const int interrupt_;
  std::uint64_t number_ = 0;
  Swaps swaps_;         // in force
  Swaps swaps_before_;  // in force in the epoch before
  std::unique_ptr<HandOver> unrestored_;  // an instance that went and could not be made again: tried every second
  Clock::time_point restore_at_;
};

}  // namespace evloom::epoch
