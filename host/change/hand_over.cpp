#include "change/hand_over.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "evloom/abi/state.h"

#include "change/limits.hpp"
#include "epoch/loop_host.hpp"

namespace evloom::change {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kStart{30};
constexpr std::chrono::seconds kStop{5};
constexpr std::chrono::milliseconds kStatePoll{1};

}  // namespace

Status HandOver::find(const std::vector<epoch::Epoch*>& live, epoch::Epoch& next) {
  for (epoch::Part& comer : next.parts) {
    if (comer.instance) continue;
    comers_.push_back(&comer);
    for (epoch::Epoch* epoch : live) {
      for (const epoch::Part& running : epoch->parts) {
        if (!running.instance || !Builder::displaces(*comer.planned, *running.planned)) continue;
        if (Status status = add(running, comer, *live.front(), next); !status) return status;
      }
    }
  }
  return {};
}

// One goes, one of its kind comes: all else would leave requests without a way.
Status HandOver::add(const epoch::Part& running, epoch::Part& comer, const epoch::Epoch& serving,
                     const epoch::Epoch& next) {
  const auto refuse = [&](const std::string& why) {
    return Error{"instance '" + comer.planned->name() + "' needs for itself alone what instance '" +
                 running.planned->name() + "' has, " + why};
  };
  if (!serving.has(running.instance.get()))
    return refuse("which still drains: try again when its epoch has retired");
  if (next.has(running.instance.get())) return refuse("which is to stay: give one of them another path");
  if (running.planned->config->kind != comer.planned->config->kind)
    return refuse("which is no " + std::string(to_string(comer.planned->config->kind)) +
                  ": take that away first, in a change of its own");
  for (const Leaver& leaver : leavers_) {
    if (leaver.instance == running.instance && leaver.successor == &comer) return {};  // by another epoch
    if (leaver.instance == running.instance || leaver.successor == &comer)
      return refuse("and they are not one against one: change them one after the other");
  }
  if (running.line) comer.line = running.line;
  leavers_.push_back({running.instance, running.planned, &comer, running.line, {}});
  return {};
}

std::string HandOver::names() const {
  std::string text;
  for (const Leaver& leaver : leavers_) text += (text.empty() ? "" : ", ") + leaver.planned->name();
  return text;
}

// Nothing on a loop blocks, so a loop that is held up comes to it later, and everything here is kept until
// then.
void HandOver::everywhere(std::function<void(loop::Loop&)> function) {
  pool_.run_everywhere(std::move(function), kMessage);
}

Status HandOver::hold(std::chrono::nanoseconds timeout) {
  const Clock::time_point until = Clock::now() + timeout;
  // Handlers first: to become quiet they need their stores.
  for (const auto kind : {config::InstanceKind::handler, config::InstanceKind::store}) {
    if (Status status = wait_quiet(kind, until); !status) {
      release();
      everywhere([](loop::Loop& loop) { epoch::LoopHost::of(loop).release(); });
      return status;
    }
  }
  return {};
}

Status HandOver::wait_quiet(config::InstanceKind kind, Clock::time_point until) {
  // Plain pointers: a loop must not be the last to hold an instance.
  std::vector<plugin::Instance*> instances;
  std::vector<std::shared_ptr<store::Line>> lines;
  for (const Leaver& leaver : leavers_) {
    if (leaver.planned->config->kind != kind) continue;
    if (!leaver.instance) continue;
    instances.push_back(leaver.instance.get());
    if (leaver.line) lines.push_back(leaver.line);
  }
  if (instances.empty()) return {};
  const bool answered = pool_.run_everywhere(
      [instances, lines, kind](loop::Loop& loop) {
        for (const auto& line : lines)
          if (store::Batcher* batcher = line->on(loop)) batcher->hold();
        if (kind != config::InstanceKind::handler) return;
        for (const plugin::Instance* instance : instances) epoch::LoopHost::of(loop).hold(*instance);
      },
      std::max<Clock::duration>(until - Clock::now(), kStatePoll));
  if (!answered) return Error{"a loop did not answer within epochs.hold_timeout"};
  for (const plugin::Instance* instance : instances) {
    while (!instance->idle()) {
      if (Status status = builder_.check_interrupt(); !status) return status;
      if (Clock::now() >= until)
        return Error{
            instance->label() + " still has " + std::to_string(instance->in_flight()) +
            " requests or pieces of work under way after epochs.hold_timeout, and only a quiet instance can "
            "hand over"};
      std::this_thread::sleep_for(kStatePoll);
    }
  }
  return {};
}

void HandOver::release() {
  std::vector<std::shared_ptr<store::Line>> lines;
  for (const Leaver& leaver : leavers_)
    if (leaver.line) lines.push_back(leaver.line);
  everywhere([lines](loop::Loop& loop) {
    for (const auto& line : lines)
      if (store::Batcher* batcher = line->on(loop)) batcher->release();
  });
}

void HandOver::give_up() {
  comers_.clear();
  release();
  everywhere([](loop::Loop& loop) { epoch::LoopHost::of(loop).refuse_held(); });
}

void HandOver::inherit(HandOver& earlier) {
  for (Leaver& leaver : earlier.leavers_) leavers_.push_back(std::move(leaver));
  earlier.leavers_.clear();
}

const plugin::SavedState* HandOver::state_for(const epoch::PlannedInstance& planned) const {
  for (const Leaver& leaver : leavers_)
    if (leaver.state && leaver.planned->name() == planned.name() &&
        leaver.planned->config->kind == planned.config->kind)
      return &*leaver.state;
  return nullptr;
}

Status HandOver::carry_out() {
  begun_ = true;
  Status status = stop_leavers();
  if (!status) {
    start_again();
    return status;
  }
  for (Leaver& leaver : leavers_) generations_.let_go(leaver.instance);
  for (epoch::Part* comer : comers_) {
    if (status) status = builder_.make_instance(*comer, state_for(*comer->planned));
  }
  if (status) return status;
  for (auto comer = comers_.rbegin(); comer != comers_.rend(); ++comer) {
    if (!(*comer)->instance) continue;
    std::ignore = (*comer)->instance->stop(kStop);  // what is to be told is why it was not wanted
    (*comer)->instance.reset();
  }
  return status;
}

// Nobody goes before all have stopped and are saved.
Status HandOver::stop_leavers() {
  for (auto leaver = leavers_.rbegin(); leaver != leavers_.rend(); ++leaver) {
    if (!leaver->instance) continue;
    leaver->stopped = true;
    if (const auto line = leaver->line)
      everywhere([line](loop::Loop& loop) {
        if (store::Batcher* batcher = line->on(loop)) batcher->unbind();
      });
    leaver->instance->drain();
    if (Status status = leaver->instance->stop(kStop); !status) return status;
    if (!leaver->instance->has_state()) continue;
    auto saved = leaver->instance->save_state();
    if (!saved) return saved.error();
    leaver->state = std::move(*saved);
  }
  return {};
}

// What they know is in them still: they go on where they were.
void HandOver::start_again() {
  for (Leaver& leaver : leavers_)
    if (leaver.instance && leaver.stopped && !leaver.instance->start(kStart))
      generations_.let_go(leaver.instance);
}

Result<std::unique_ptr<epoch::Epoch>> HandOver::make_again(std::uint64_t number, const epoch::Epoch& from) {
  auto epoch = std::make_unique<epoch::Epoch>(number, from.plan, pool_.size());
  epoch->limits = from.limits;
  for (std::size_t i = 0; i < from.parts.size(); ++i) {
    epoch::Part part = from.parts[i];
    part.planned = &epoch->plan.instances[i];
    part.built = !part.instance;
    epoch->parts.push_back(std::move(part));
  }
  Status status;
  for (epoch::Part& part : epoch->parts) {
    if (!part.instance) status = builder_.make_instance(part, state_for(*part.planned));
    if (!status) break;
  }
  if (status) status = builder_.make_router(*epoch);
  if (status) status = builder_.make_routes(*epoch);
  if (status) return epoch;
  builder_.take_back(*epoch);
  return status.error();
}

}  // namespace evloom::change
