// HandOver: instances that cannot run beside their successors, because both open the same thing for
// themselves alone or because one knows what the other has to know. What they would be asked is held on the
// loops; when they are quiet they are stopped, their state is saved, the successors are made, and what was
// held goes on. [control]
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "change/builder.hpp"
#include "change/generations.hpp"
#include "epoch/epoch.hpp"
#include "loop/pool.hpp"

namespace evloom::change {

class HandOver {
 public:
  HandOver(loop::Pool& pool, Builder& builder, Generations& generations)
      : pool_(pool), builder_(builder), generations_(generations) {}

  // Who has to go before what `next` lacks can come. Fails when that is one of an epoch that still drains.
  Status find(const std::vector<epoch::Epoch*>& live, epoch::Epoch& next);
  bool needed() const { return !comers_.empty(); }
  // Whether somebody had to stop already.
  bool begun() const { return begun_; }
  // "counters", for messages.
  std::string names() const;

  // Holds what comes for those who go, and waits until they are quiet. On failure everything goes on as it
  // was.
  Status hold(std::chrono::nanoseconds timeout);
  // Stops those who go, saves their state, and makes those who come. On failure nothing of those who come is
  // left; those who went have been started again or are gone: make_again() is next.
  Status carry_out();
  // The same epoch once more, under another number: with instances in the place of those that went, made from
  // the same code and options and given what was saved.
  Result<std::unique_ptr<epoch::Epoch>> make_again(std::uint64_t number, const epoch::Epoch& from);
  // They could not be made again: what is held for them is refused from now on.
  void give_up();
  // Takes over what instances left that went in an earlier change and have not been made again.
  void inherit(HandOver& earlier);

  // What the instance that went has left for one of this plan; null: nothing.
  const plugin::SavedState* state_for(const epoch::PlannedInstance& planned) const;

 private:
  struct Leaver {
    std::shared_ptr<plugin::Instance> instance;  // null: gone
    const epoch::PlannedInstance* planned = nullptr;
    const epoch::Part* successor = nullptr;  // only to compare with
    std::shared_ptr<store::Line> line;
    std::optional<plugin::SavedState> state;
    bool stopped = false;
  };

  Status add(const epoch::Part& running, epoch::Part& comer, const epoch::Epoch& serving,
             const epoch::Epoch& next);
  Status stop_leavers();
  void start_again();
  void everywhere(std::function<void(loop::Loop&)> function);
  Status wait_quiet(config::InstanceKind kind, std::chrono::steady_clock::time_point until);
  // What is held goes on: to whatever stands behind it now.
  void release();

  loop::Pool& pool_;
  Builder& builder_;
  Generations& generations_;
  std::vector<Leaver> leavers_;  // in the order of their start
  std::vector<epoch::Part*> comers_;
  bool begun_ = false;
};

}  // namespace evloom::change
