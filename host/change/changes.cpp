#include "change/changes.hpp"

#include <algorithm>
#include <thread>
#include <utility>

#include "base/join.hpp"
#include "change/canary.hpp"
#include "change/differences.hpp"
#include "change/limits.hpp"
#include "change/settings.hpp"
#include "config/differences.hpp"

namespace evloom::change {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kRestore{1};  // between two attempts to make an instance again
constexpr milliseconds kWatchPoll{5};

// The errors of a configuration, one a line.
std::string text_of(const config::Diagnostics& diagnostics) {
  std::string text = config::render(diagnostics, false);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

}  // namespace

Changes::Changes(epoch::Common& common, Builder& builder, Generations& generations, Journal& journal,
                 Listeners& listeners, std::vector<std::unique_ptr<epoch::LoopHost>>& loop_hosts,
                 epoch::PlanSource source, epoch::Swaps swaps, int interrupt)
    : common_(common),
      builder_(builder),
      generations_(generations),
      journal_(journal),
      listeners_(listeners),
      loop_hosts_(loop_hosts),
      source_(std::move(source)),
      interrupt_(interrupt),
      swaps_(std::move(swaps)) {}

// ---- what may be asked -----------------------------------------------------------------------------------

Status Changes::start(epoch::Plan plan) {
  journal_.open(ChangeKind::start, {}, "start");
  const Failed failure = make(std::move(plan), false);
  if (!failure) {
    journal_.close(Outcome::serving);
    return {};
  }
  note(*failure);
  journal_.close(Outcome::failed);
  return Error{failure->text};
}

ChangeReport Changes::carry_out(const ReloadCommand& command, std::string by) {
  journal_.open(ChangeKind::reload, command.discard_swaps ? "--discard-swaps" : "", std::move(by));
  journal_.step("plan");
  epoch::Swaps swaps = command.discard_swaps ? epoch::Swaps{} : swaps_;
  Failure failure;
  auto plan = planned(source_.load(swaps), failure);
  if (!plan) {
    // It may be one of those files that is at fault.
    for (const auto& [instance, file] : swaps)
      failure.text += "\n'" + instance + "' was swapped to " + file.string() +
                      "; `evloom reload --discard-swaps` goes back to the file of plugins.path";
    return end(failure);
  }
  // A swap ends with its instance.
  std::erase_if(swaps, [&plan](const auto& swap) { return !plan->find(swap.first); });
  return change(std::move(*plan), std::move(swaps), false);
}

ChangeReport Changes::carry_out(const SwapCommand& command, std::string by) {
  journal_.open(ChangeKind::swap, command.instance + ' ' + command.file, std::move(by));
  journal_.step("plan");
  const epoch::Plan& running = generations_.serving()->plan;
  if (!running.find(command.instance)) {
    std::vector<std::string> names;
    for (const epoch::PlannedInstance& planned : running.instances) names.push_back(planned.name());
    return end(refused("there is no instance '" + command.instance + "'; there are " + join(names)));
  }
  epoch::Swaps swaps = swaps_;
  swaps[command.instance] = command.file;
  Failure failure;
  auto plan = planned(source_.plan(running.config, swaps), failure);
  if (!plan) return end(failure);
  return change(std::move(*plan), std::move(swaps), false);
}

ChangeReport Changes::carry_out(const RollbackCommand&, std::string by) {
  journal_.open(ChangeKind::rollback, {}, std::move(by));
  journal_.step("plan");
  const epoch::Epoch* before = generations_.before();
  if (!before)
    return end(
        refused("there is no epoch to go back to: none stands by any more (epochs.rollback_window is " +
                std::to_string(generations_.serving()->config().epochs.rollback_window / milliseconds(1)) +
                " ms); swap or reload instead"));
  journal_.say("to what epoch " + std::to_string(before->number) + " was");
  return change(before->plan, swaps_before_, true);
}

Result<PlanReport> Changes::plan(const PlanCommand& command) const {
  epoch::PlanSource::Loaded loaded = source_.load(command.discard_swaps ? epoch::Swaps{} : swaps_);
  if (!loaded.plan) return Error{text_of(loaded.diagnostics)};
  PlanReport report;
  report.differences = differences(generations_.serving()->plan, *loaded.plan);
  for (const std::string& text :
       config::restart_only_differences(generations_.serving()->config(), *loaded.plan->config))
    report.warnings.push_back("only a restart can change " + text + ": a reload would be refused");
  for (const config::Diagnostic& one : loaded.diagnostics.list())
    report.warnings.push_back(one.position.to_string() + ": " + one.message);
  return report;
}

// ---- a change --------------------------------------------------------------------------------------------

std::optional<epoch::Plan> Changes::planned(epoch::PlanSource::Loaded loaded, Failure& failure) const {
  if (!loaded.plan) failure = refused(text_of(loaded.diagnostics));
  return std::move(loaded.plan);
}

Changes::Failure Changes::refused(std::string text) { return {std::move(text), true, {}, {}}; }

Changes::Failure Changes::failed(std::string text, std::string instance) const {
  return {std::move(text), false, journal_.current_step(), std::move(instance)};
}

void Changes::note(const Failure& failure) {
  journal_.edit([&failure](ChangeReport& report) {
    report.error = failure.text;
    report.failed_step = failure.step;
    report.failed_instance = failure.instance;
  });
}

ChangeReport Changes::end(const Failure& failure) {
  note(failure);
  journal_.edit([this](ChangeReport& report) { report.epoch = generations_.serving()->number; });
  return journal_.close(failure.refused ? Outcome::refused : Outcome::failed);
}

ChangeReport Changes::change(epoch::Plan plan, epoch::Swaps swaps, bool keep) {
  const epoch::Epoch& serving = *generations_.serving();
  const std::vector<Difference> all = differences(serving.plan, plan);
  journal_.edit([&](ChangeReport& report) {
    report.differences = all;
    report.epoch = serving.number;
  });
  if (const Failed failure = restart_only(plan)) return end(*failure);
  if (all.empty() && !unrestored_) return journal_.close(Outcome::unchanged);
  if (const Failed failure = room_for(plan, keep)) return end(*failure);
  if (const Failed failure = make(std::move(plan), true)) return end(*failure);
  swaps_before_ = std::exchange(swaps_, std::move(swaps));
  return journal_.close(Outcome::serving);
}

Changes::Failed Changes::restart_only(const epoch::Plan& plan) const {
  const auto texts = config::restart_only_differences(generations_.serving()->config(), *plan.config);
  if (texts.empty()) return std::nullopt;
  return refused("only a restart can change " + join(texts, " and ") + "; nothing was applied");
}

Changes::Failed Changes::room_for(const epoch::Plan& plan, bool keep) {
  generations_.tick();
  const epoch::Epoch& serving = *generations_.serving();
  if (serving.loops_on() != common_.pool->size())
    return refused("a loop that is held up by a plugin has yet to take up epoch " +
                   std::to_string(serving.number) + "; try again when it has");
  if (!keep && (stands_in_the_way(plan) || generations_.live().size() >= Generations::kMost))
    generations_.retire_standby();
  if (generations_.live().size() < Generations::kMost) return std::nullopt;
  return refused("there are " + std::to_string(Generations::kMost) + " live epochs, the most there may be: " +
                 generations_.describe() + "; try again when one has drained");
}

// Whether an instance that only stands by for a roll-back has what one of the plan must have for itself
// alone.
bool Changes::stands_in_the_way(const epoch::Plan& plan) const {
  const epoch::Epoch& serving = *generations_.serving();
  for (const epoch::Epoch* epoch : generations_.live()) {
    for (const epoch::Part& part : epoch->parts) {
      if (!part.instance || serving.has(part.instance.get())) continue;
      for (const epoch::PlannedInstance& planned : plan.instances)
        if (!part.planned->same_as(planned) && Builder::displaces(planned, *part.planned)) return true;
    }
  }
  return false;
}

Changes::Failed Changes::make(epoch::Plan plan, bool stand_by) {
  auto built = builder_.build(next_number(), std::move(plan), generations_.live(),
                              [this](const epoch::PlannedInstance& planned) {
                                return unrestored_ ? unrestored_->state_for(planned) : nullptr;
                              });
  if (!built) return failed(built.error().message, builder_.subject());
  std::unique_ptr<epoch::Epoch> next = std::move(*built);
  epoch::Epoch& epoch = *next;

  journal_.step("listen");
  Status status = listeners_.prepare(epoch.config());
  // The log is open already when the host starts.
  if (status && generations_.serving()) status = common_.log.reconfigure(log_options_of(epoch.config()));
  Failed failure;
  if (status) {
    failure = put_in_place(std::move(next), stand_by);
  } else {
    failure = failed(status.error().message);
    builder_.take_back(epoch);
  }
  if (!failure) return failure;
  listeners_.take_back();
  if (const epoch::Epoch* serving = generations_.serving())
    std::ignore = common_.log.reconfigure(log_options_of(serving->config()));
  return failure;
}

Changes::Failed Changes::put_in_place(std::unique_ptr<epoch::Epoch> next, bool stand_by) {
  epoch::Epoch* const before = generations_.serving();
  const auto give_back = [&](std::string text) {
    Failure failure = failed(std::move(text), builder_.subject());
    builder_.take_back(*next);
    return failure;
  };
  auto exchange = std::make_unique<HandOver>(*common_.pool, builder_, generations_);
  if (Status status = exchange->find(generations_.live(), *next); !status)
    return give_back(status.error().message);
  const bool held = exchange->needed();
  if (held) {
    if (Failed failure = hand_over(*exchange, *next)) {
      restore(std::move(exchange));  // first: requests wait for it
      builder_.take_back(*next);
      return failure;
    }
  }
  if (Status status = builder_.make_routes(*next); !status) {
    Failure failure = give_back(status.error().message);
    if (held) restore(std::move(exchange));
    return failure;
  }

  std::uint32_t flipped = 0;
  const std::optional<config::Canary>& canary = next->config().epochs.canary;
  if (canary && before && held)
    journal_.say("no canary: an instance was handed over, which all loops take part in");
  // Its loop could not go back to an epoch that lacks an instance.
  const bool watched = canary && before && !held && !unrestored_;
  if (watched) {
    if (Failed failure = watch_canary(*next, *canary)) {
      generations_.discard(std::move(next), before->config().epochs.drain_timeout);
      return failure;
    }
    flipped = 1;
  }
  journal_.step("flip");
  const std::uint64_t pinned = before ? before->requests() : 0;
  // A loop that does not answer in time takes up the epoch when it can; the one before cannot drain until
  // then.
  flip(*next, flipped, common_.pool->size());
  journal_.edit([&](ChangeReport& report) {
    report.epoch = next->number;
    for (const epoch::Part& part : next->parts)
      if (part.built)
        report.built.push_back({part.planned->name(), part.planned->facts.id, part.library->facts().build_id,
                                part.planned->file.string()});
    if (before) report.before = ChangeReport::Before{before->number, pinned, {}, {}, 0, {}};
  });
  const Status listening = listeners_.commit();
  if (!listening) journal_.say(listening.error().message);
  const config::Epochs policy = next->config().epochs;
  generations_.serve(std::move(next), policy.drain_timeout,
                     stand_by ? policy.rollback_window : std::chrono::nanoseconds(0));
  unrestored_.reset();
  if (!listening && !before) return failed(listening.error().message);
  return std::nullopt;
}

void Changes::flip(epoch::Epoch& next, std::uint32_t first, std::uint32_t last) {
  const auto take_up = [this, &next](loop::Loop& loop) {
    for (const epoch::Part& part : next.parts) {
      if (!part.line) continue;
      store::Batcher& batcher = part.line->open(loop, part.limits);
      if (part.instance) batcher.bind(*part.instance);
      batcher.release();
    }
    auto& host = loop_hosts_[loop.index()];
    if (host) {
      host->flip(next);
    } else {
      host = std::make_unique<epoch::LoopHost>(loop, next, common_);
    }
  };
  const auto until = Clock::now() + kMessage;
  bool all = true;
  if (first == 0 && last == common_.pool->size()) {
    all = common_.pool->run_everywhere(take_up, kMessage);
  } else {
    for (std::uint32_t i = first; i < last; ++i)
      all = common_.pool->run_on(i, take_up, std::max<Clock::duration>(until - Clock::now(), kWatchPoll)) &&
            all;
  }
  if (!all) journal_.say("a loop that is held up by a plugin takes up the epoch later");
}

Changes::Failed Changes::hand_over(HandOver& exchange, epoch::Epoch& next) {
  const config::Epochs& policy = next.config().epochs;
  journal_.step("hold");
  journal_.say(exchange.names());
  if (Status status = exchange.hold(policy.hold_timeout); !status) return failed(status.error().message);
  journal_.step("hand over");
  if (Status status = exchange.carry_out(); !status)
    return failed(status.error().message, builder_.subject());
  return std::nullopt;
}

// What went comes back, in an epoch that is the serving one but for its number.
void Changes::restore(std::unique_ptr<HandOver> exchange) {
  if (!exchange->begun()) return;
  if (unrestored_) exchange->inherit(*unrestored_);
  epoch::Epoch& serving = *generations_.serving();
  const bool whole = std::all_of(serving.parts.begin(), serving.parts.end(),
                                 [](const epoch::Part& part) { return part.instance != nullptr; });
  journal_.step("restore");
  if (whole) {
    // Whoever had to stop has been started again: all that was held goes on.
    flip(serving, 0, common_.pool->size());
    return;
  }
  auto again = exchange->make_again(next_number(), serving);
  if (!again) {
    journal_.say(again.error().message);
    common_.log.logger("change").fault(observe::Level::kError, "restore", "{}; trying again every second",
                                       again.error().message);
    exchange->give_up();
    unrestored_ = std::move(exchange);
    restore_at_ = Clock::now() + kRestore;
    return;
  }
  flip(**again, 0, common_.pool->size());
  generations_.serve(std::move(*again), serving.config().epochs.drain_timeout, {}, false);
  unrestored_.reset();
}

Changes::Failed Changes::watch_canary(epoch::Epoch& next, const config::Canary& canary) {
  journal_.step("canary");
  const std::uint32_t loops = common_.pool->size();
  std::vector<std::shared_ptr<epoch::Watch>> watches;
  watches.push_back(std::make_shared<epoch::Watch>(&next));
  for (std::uint32_t i = 1; i < loops; ++i) watches.push_back(std::make_shared<epoch::Watch>(nullptr));
  flip(next, 0, 1);
  common_.pool->run_everywhere(
      [watches](loop::Loop& loop) { epoch::LoopHost::of(loop).watch(watches[loop.index()]); }, kMessage);

  const Clock::time_point until = Clock::now() + canary.timeout;
  std::string verdict;
  Tally tally;
  for (bool over = false; !over && verdict.empty();) {
    tally = {};
    Tally others;
    tally.add(*watches[0]);
    for (std::uint32_t i = 1; i < loops; ++i) others.add(*watches[i]);
    over = tally.requests >= canary.requests || Clock::now() >= until;
    verdict = judge(tally, others, canary, over);
    if (readable(interrupt_)) verdict = "the host is going down";
    if (!over && verdict.empty()) std::this_thread::sleep_for(kWatchPoll);
  }
  common_.pool->run_everywhere([](loop::Loop& loop) { epoch::LoopHost::of(loop).watch(nullptr); }, kMessage);
  journal_.say(fmt::format("{} requests on loop 0, {} errors, p99 {:.2f} ms", tally.requests, tally.errors,
                           static_cast<double>(tally.p99_ns()) / 1e6));
  if (verdict.empty()) return std::nullopt;
  epoch::Epoch& before = *generations_.serving();
  flip(before, 0, 1);
  return failed("the canary was taken back: " + verdict);
}

std::optional<Changes::Clock::duration> Changes::tick() {
  auto next = generations_.tick();
  if (!unrestored_) return next;
  if (Clock::now() >= restore_at_) restore(std::move(unrestored_));
  if (!unrestored_) return generations_.tick();
  const Clock::duration left = std::max<Clock::duration>(restore_at_ - Clock::now(), kWatchPoll);
  return next ? std::min(*next, left) : left;
}

}  // namespace evloom::change
