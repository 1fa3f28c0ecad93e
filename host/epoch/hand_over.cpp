#include "epoch/hand_over.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "evloom/abi/state.h"

#include "epoch/loop_host.hpp"
#include "epoch/settings.hpp"

namespace evloom::epoch {

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::seconds kMessage{30};
constexpr std::chrono::seconds kStart{30};
constexpr std::chrono::seconds kStop{5};
constexpr std::chrono::milliseconds kPoll{1};

}  // namespace

Status HandOver::find(const std::vector<Epoch*>& live, Epoch& next) {
  for (Part& comer : next.parts) {
    if (comer.instance) continue;
    comers_.push_back(&comer);
    for (Epoch* epoch : live) {
      for (const Part& running : epoch->parts) {
        if (!running.instance || !Builder::displaces(*comer.planned, *running.planned)) continue;
        const bool serves = std::any_of(live.front()->parts.begin(), live.front()->parts.end(), [&](const Part& part) {
          return part.instance == running.instance;
        });
        if (!serves)
          return Error{"instance '" + running.planned->name() + "' of epoch " + std::to_string(epoch->number) +
                       ", which still drains, has what instance '" + comer.planned->name() +
                       "' needs for itself alone: try again when it has drained"};
        if (running.line) comer.line = running.line;
        const bool known = std::any_of(leavers_.begin(), leavers_.end(), [&](const Leaver& leaver) {
          return leaver.instance == running.instance;
        });
        if (!known) leavers_.push_back({running.instance, running.planned, running.line, {}});
      }
    }
  }
  return {};
}

std::string HandOver::names() const {
  std::string text;
  for (const Leaver& leaver : leavers_) text += (text.empty() ? "" : ", ") + leaver.planned->name();
  return text;
}

// Nothing on a loop blocks, so a loop that is held up comes to it later, and everything here is kept until then.
void HandOver::everywhere(std::function<void(loop::Loop&)> function) {
  pool_.run_everywhere(std::move(function), kMessage);
}

Status HandOver::hold(std::chrono::nanoseconds timeout) {
  const Clock::time_point until = Clock::now() + timeout;
  // Handlers first: to become quiet they need their stores.
  for (const auto kind : {config::InstanceKind::handler, config::InstanceKind::store}) {
    if (Status status = wait_quiet(kind, until); !status) {
      release();
      everywhere([](loop::Loop& loop) { LoopHost::of(loop).release(); });
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
    instances.push_back(leaver.instance.get());
    if (leaver.line) lines.push_back(leaver.line);
  }
  if (instances.empty()) return {};
  const bool answered = pool_.run_everywhere(
      [instances, lines, kind](loop::Loop& loop) {
        for (const auto& line : lines)
          if (store::Batcher* batcher = line->on(loop)) batcher->hold();
        if (kind != config::InstanceKind::handler) return;
        for (const plugin::Instance* instance : instances) LoopHost::of(loop).hold(*instance);
      },
      std::max<Clock::duration>(until - Clock::now(), kPoll));
  if (!answered) return Error{"a loop did not answer within epochs.hold_timeout"};
  for (const plugin::Instance* instance : instances) {
    while (!instance->idle()) {
      if (readable(interrupt_)) return Error{"the host is going down"};
      if (Clock::now() >= until)
        return Error{instance->label() + " still has " + std::to_string(instance->in_flight()) +
                     " requests or pieces of work under way after epochs.hold_timeout, and only a quiet instance can "
                     "hand over"};
      std::this_thread::sleep_for(kPoll);
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
  everywhere([](loop::Loop& loop) { LoopHost::of(loop).refuse_held(); });
}

void HandOver::inherit(HandOver& earlier) {
  for (Leaver& leaver : earlier.leavers_) leavers_.push_back(std::move(leaver));
  earlier.leavers_.clear();
}

const plugin::SavedState* HandOver::state_for(const PlannedInstance& planned) const {
  for (const Leaver& leaver : leavers_)
    if (leaver.state && leaver.planned->name() == planned.name() &&
        leaver.planned->config->kind == planned.config->kind)
      return &*leaver.state;
  return nullptr;
}

Status HandOver::carry_out() {
  begun_ = true;
  Status status;
  for (auto leaver = leavers_.rbegin(); status && leaver != leavers_.rend(); ++leaver) {
    if (const auto line = leaver->line)
      everywhere([line](loop::Loop& loop) {
        if (store::Batcher* batcher = line->on(loop)) batcher->unbind();
      });
    leaver->instance->drain();
    status = leaver->instance->stop(kStop);
    const bool wanted = std::any_of(comers_.begin(), comers_.end(), [&](const Part* comer) {
      return comer->planned->name() == leaver->planned->name() && comer->planned->offers(EVL_STATE);
    });
    if (status && wanted && leaver->instance->has_state()) {
      auto saved = leaver->instance->save_state();
      if (!saved) {
        // What it knows is in it still: it goes on where it was.
        status = saved.error();
        if (leaver->instance->start(kStart)) continue;
        status = Error{saved.error().message + "; and it could not be started again: its state is lost"};
      } else {
        leaver->state = std::move(*saved);
      }
    }
    generations_.let_go(leaver->instance);
  }
  for (Part* comer : comers_) {
    if (!status) break;
    status = builder_.make_instance(*comer, state_for(*comer->planned));
  }
  if (status) return status;
  for (auto comer = comers_.rbegin(); comer != comers_.rend(); ++comer) {
    if (!(*comer)->instance) continue;
    std::ignore = (*comer)->instance->stop(kStop);  // what is to be told is why it was not wanted
    (*comer)->instance.reset();
  }
  return status;
}

Result<std::unique_ptr<Epoch>> HandOver::make_again(std::uint64_t number, const Epoch& from) {
  auto epoch = std::make_unique<Epoch>(number, from.plan, pool_.size());
  epoch->limits = from.limits;
  for (std::size_t i = 0; i < from.parts.size(); ++i) {
    Part part = from.parts[i];
    part.planned = &epoch->plan.instances[i];
    part.built = !part.instance;
    epoch->parts.push_back(std::move(part));
  }
  Status status;
  for (Part& part : epoch->parts) {
    if (!part.instance) status = builder_.make_instance(part, state_for(*part.planned));
    if (!status) break;
  }
  if (status) status = builder_.make_routes(*epoch);
  if (status) return epoch;
  builder_.take_back(*epoch);
  return status.error();
}

}  // namespace evloom::epoch
