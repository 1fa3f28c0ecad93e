#include "change/generations.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "change/limits.hpp"
#include "plugin/library.hpp"

namespace evloom::change {

namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kDrainPoll{5};  // how often a draining epoch is looked at
constexpr milliseconds kAnswer{500};   // what a loop that turns needs for one at most
constexpr seconds kAgain{1};           // until the next attempt to retire an epoch
constexpr seconds kPatience{5};        // for an instance that is not idle though no request is left

double ms(std::chrono::nanoseconds duration) { return static_cast<double>(duration.count()) / 1e6; }

std::string words(const std::map<std::string, std::size_t>& counts) {
  std::string text;
  for (const auto& [name, count] : counts)
    text += fmt::format("{}{} of {}", text.empty() ? "" : ", ", count, name);
  return text;
}

}  // namespace

Generations::~Generations() = default;

bool Generations::everywhere(std::function<void(loop::Loop&)> function) {
  return common_.pool->run_everywhere(std::move(function), kMessage);
}

void Generations::enter(Entry& entry, EpochState state) {
  entry.state = state;
  entry.since = std::chrono::system_clock::now();
}

void Generations::serve(std::unique_ptr<epoch::Epoch> next, std::chrono::nanoseconds drain_timeout,
                        std::chrono::nanoseconds stand_by, bool kept) {
  std::lock_guard lock(mutex_);
  // Only the last one stands by; one that could not be kept up itself leaves that to the one before it.
  if (kept)
    for (Entry& entry : entries_) entry.stand_by = {};
  if (!entries_.empty()) {
    Entry& last = entries_.front();
    enter(last, EpochState::draining);
    last.replaced = Clock::now();
    last.drain_until = last.replaced + drain_timeout;
    last.stand_by = stand_by;
  }
  for (epoch::Part& part : next->parts) part.built = false;
  Entry entry;
  entry.epoch = std::move(next);
  entries_.insert(entries_.begin(), std::move(entry));
}

void Generations::discard(std::unique_ptr<epoch::Epoch> epoch, std::chrono::nanoseconds drain_timeout) {
  std::lock_guard lock(mutex_);
  Entry entry;
  entry.epoch = std::move(epoch);
  entry.state = EpochState::draining;
  entry.replaced = Clock::now();
  entry.drain_until = entry.replaced + drain_timeout;
  entries_.push_back(std::move(entry));
}

epoch::Epoch* Generations::before() const {
  for (const Entry& entry : entries_)
    if (entry.state == EpochState::standby ||
        (entry.state == EpochState::draining && entry.stand_by.count() > 0))
      return entry.epoch.get();
  return nullptr;
}

std::vector<epoch::Epoch*> Generations::live() const {
  std::vector<epoch::Epoch*> all;
  for (const Entry& entry : entries_) all.push_back(entry.epoch.get());
  return all;
}

std::string Generations::describe() const {
  std::string text;
  for (const Entry& entry : entries_)
    text += fmt::format("{}epoch {} ({}, {} requests)", text.empty() ? "" : ", ", entry.epoch->number,
                        to_string(entry.state), entry.epoch->requests());
  return text;
}

std::optional<Generations::Clock::duration> Generations::tick() {
  std::optional<Clock::duration> next;
  const auto want = [&next](Clock::duration delay) { next = next ? std::min(*next, delay) : delay; };
  const Clock::time_point now = Clock::now();
  for (std::size_t i = entries_.size(); i-- > 1;) {
    Entry& entry = entries_[i];
    if (entry.state == EpochState::draining) {
      if (!drain(entry, now)) {
        want(kDrainPoll);
        continue;
      }
      std::lock_guard lock(mutex_);
      enter(entry, EpochState::standby);
      entry.stand_by_until = now + entry.stand_by;
    }
    if (entry.stand_by.count() > 0 && now < entry.stand_by_until) {
      want(entry.stand_by_until - now);
    } else if (!retire(i)) {
      want(kAgain);
    }
  }
  return next;
}

void Generations::let_go(std::shared_ptr<plugin::Instance>& instance) {
  {
    std::lock_guard lock(mutex_);
    for (Entry& entry : entries_)
      for (epoch::Part& part : entry.epoch->parts)
        if (part.instance == instance) part.instance.reset();
  }
  instance.reset();
}

void Generations::retire_standby() {
  for (std::size_t i = entries_.size(); i-- > 1;)
    if (entries_[i].state == EpochState::standby) std::ignore = retire(i);
}

bool Generations::drain(Entry& entry, Clock::time_point now) {
  epoch::Epoch& epoch = *entry.epoch;
  if (epoch.loops_on() != 0) return false;  // a loop that is held up has yet to take up the next one
  if (epoch.requests() != 0) {
    if (now >= entry.drain_until && !std::exchange(entry.cut_off, true)) cut_off(entry);
    return false;
  }
  // What its own instances still do (bodies being sent, batches, work) gets the rest of the time.
  const Clock::time_point patience = std::max(entry.drain_until, entry.replaced + kPatience);
  for (const epoch::Part& part : epoch.parts) {
    if (!part.instance || !alone(entry, *part.instance) || part.instance->idle()) continue;
    if (now < patience) return false;
    // Bodies that it has lent to the host, and whose readers are slow.
    const plugin::Instance* const lender = part.instance.get();
    if (!std::exchange(entry.complained, true)) {
      logger_.warn(
          "epoch {}: {} has {} pieces of work under way after epochs.drain_timeout; replies of it that are "
          "still being sent are cut off",
          epoch.number, part.instance->label(), part.instance->in_flight());
      everywhere([lender](loop::Loop& loop) { epoch::LoopHost::of(loop).server().close_lent(lender); });
    }
    if (now < patience + kPatience) return false;
  }
  const auto took = now - entry.replaced;
  logger_.info("epoch {} has drained after {:.1f} ms", epoch.number, ms(took));
  journal_.amend(epoch.number, [&](ChangeReport::Before& before) { before.drained = took; });
  return true;
}

void Generations::cut_off(Entry& entry) {
  const epoch::Epoch& epoch = *entry.epoch;
  struct Found {
    std::mutex mutex;
    std::map<std::string, std::size_t> by_handler;
  };
  auto found = std::make_shared<Found>();
  const bool all = everywhere([found, &epoch](loop::Loop& loop) {
    for (const std::string_view handler : epoch::LoopHost::of(loop).expire(epoch)) {
      std::lock_guard lock(found->mutex);
      ++found->by_handler[std::string(handler)];
    }
  });
  std::lock_guard lock(found->mutex);
  std::uint64_t sum = 0;
  for (const auto& [name, count] : found->by_handler) sum += count;
  if (sum == 0 && all) return;  // none of them had begun
  logger_.warn("epoch {}: epochs.drain_timeout has passed; answered with 503: {} requests ({}){}",
               epoch.number, sum, words(found->by_handler), all ? "" : "; a loop did not answer in time");
  journal_.amend(epoch.number, [&](ChangeReport::Before& before) { before.cut_off += sum; });
}

bool Generations::alone(const Entry& entry, const plugin::Instance& instance) const {
  return std::none_of(entries_.begin(), entries_.end(),
                      [&](const Entry& other) { return &other != &entry && other.epoch->has(&instance); });
}

bool Generations::retire(std::size_t index) {
  Entry& entry = entries_[index];
  // Once begun it goes to its end: not while a loop is held up.
  if (!common_.pool->run_everywhere([](loop::Loop&) {}, kAnswer)) {
    logger_.fault(observe::Level::kWarn, "retire",
                  "epoch {} cannot retire yet: a loop is held up by a plugin", entry.epoch->number);
    return false;
  }
  {
    std::lock_guard lock(mutex_);
    enter(entry, EpochState::retiring);
  }
  epoch::Epoch& epoch = *entry.epoch;
  std::vector<CodeReport> code;
  const Status status = stop(epoch, kStopTimeout, code);
  if (!status) logger_.error("epoch {}: {}", epoch.number, status.error().message);
  const auto took = Clock::now() - entry.replaced;
  std::string text;
  for (const CodeReport& one : code)
    text += fmt::format("; {} build {} {}{}", one.plugin, one.build_id.substr(0, 12),
                        one.unmapped ? "unmapped" : "stays mapped: ", one.reason);
  logger_.info("epoch {} has retired after {:.1f} ms{}", epoch.number, ms(took), text);
  journal_.amend(epoch.number, [&](ChangeReport::Before& before) {
    before.retired = took;
    before.code = std::move(code);
  });
  std::lock_guard lock(mutex_);
  if (!status) ended_.push_back(std::move(entry.epoch));  // a loop may come to it yet
  entries_.erase(entries_.begin() + static_cast<std::ptrdiff_t>(index));
  return true;
}

Status Generations::stop(epoch::Epoch& epoch, std::chrono::nanoseconds timeout,
                         std::vector<CodeReport>& code) {
  std::set<const void*> shared;
  for (const Entry& other : entries_) {
    if (other.epoch.get() == &epoch) continue;
    for (const epoch::Part& part : other.epoch->parts) {
      shared.insert(part.instance.get());
      shared.insert(part.line.get());
      shared.insert(part.library.get());
    }
  }
  std::vector<store::Line*> lines;
  for (const epoch::Part& part : epoch.parts)
    if (part.line && !shared.contains(part.line.get())) lines.push_back(part.line.get());
  // By value: a loop that is held up comes to it when this call has long returned.
  const auto on_lines = [lines](loop::Loop& loop, auto body) {
    for (store::Line* line : lines)
      if (line->on(loop)) body(*line);
  };

  Status result;
  const auto keep_first = [&result](Status status) {
    if (!status && result) result = std::move(status);
  };
  const auto wait = [&](std::function<void(loop::Loop&)> function) {
    if (everywhere(std::move(function))) return true;
    keep_first(Error{"a loop is held up by a plugin"});
    return false;
  };
  if (!wait([on_lines](loop::Loop& loop) {
        on_lines(loop, [&loop](store::Line& line) { line.on(loop)->close(); });
      }))
    return result;
  // Out of everybody's sight first; what it shares with others stays with them.
  std::vector<std::shared_ptr<plugin::Instance>> own;
  {
    std::lock_guard lock(mutex_);
    for (epoch::Part& part : epoch.parts) {
      const std::shared_ptr<plugin::Instance> instance = std::exchange(part.instance, nullptr);
      if (instance && !shared.contains(instance.get())) own.push_back(instance);
    }
  }
  for (const auto& instance : own) instance->drain();
  // Nobody waits for an answer of a store any more; what it never answers must not hold it up.
  if (!wait([on_lines](loop::Loop& loop) {
        on_lines(loop, [&loop](store::Line& line) { line.on(loop)->unbind(); });
      }))
    return result;
  for (auto instance = own.rbegin(); instance != own.rend(); ++instance)
    keep_first((*instance)->stop(timeout));
  // After this, whatever loops had still sent each other has arrived.
  if (!wait(
          [on_lines](loop::Loop& loop) { on_lines(loop, [&loop](store::Line& line) { line.close(loop); }); }))
    return result;
  epoch.routes.clear();
  while (!own.empty()) own.pop_back();

  std::set<std::shared_ptr<plugin::Library>> libraries;
  for (epoch::Part& part : epoch.parts)
    if (part.library && !shared.contains(part.library.get())) libraries.insert(part.library);
  {
    std::lock_guard lock(mutex_);
    for (epoch::Part& part : epoch.parts) part.library.reset();
  }
  while (!libraries.empty()) {
    std::shared_ptr<plugin::Library> library = std::move(libraries.extract(libraries.begin()).value());
    CodeReport report{
        library->facts().id, library->facts().build_id, library->file().original().string(), false, {}};
    const plugin::UnloadResult unloaded = plugin::Library::unload(std::move(library));
    report.unmapped = unloaded.unmapped;
    report.reason = unloaded.reason;
    code.push_back(std::move(report));
  }
  return result;
}

Status Generations::stop_all(std::chrono::nanoseconds timeout) {
  Status result;
  while (!entries_.empty()) {
    {
      std::lock_guard lock(mutex_);
      ended_.push_back(std::move(entries_.back().epoch));
      entries_.pop_back();
    }
    std::vector<CodeReport> code;
    if (Status status = stop(*ended_.back(), timeout, code); !status && result) result = status;
  }
  return result;
}

void Generations::report(HostReport& report) const {
  std::lock_guard lock(mutex_);
  std::map<const plugin::Instance*, std::size_t> known;
  for (const Entry& entry : entries_) {
    const epoch::Epoch& epoch = *entry.epoch;
    EpochReport told{epoch.number, entry.state, entry.since, epoch.requests(), {}};
    for (const epoch::Part& part : epoch.parts) {
      told.instances.push_back(part.planned->name());
      if (!part.instance) continue;
      const auto [at, fresh] = known.try_emplace(part.instance.get(), report.instances.size());
      if (fresh) {
        InstanceReport instance;
        const plugin::PluginFacts& facts = part.library->facts();
        instance.name = part.planned->name();
        instance.kind = to_string(part.planned->config->kind);
        instance.plugin = facts.id;
        instance.version = facts.version;
        instance.build_id = facts.build_id;
        instance.file = part.planned->file.string();
        instance.sha256 = part.sha256;
        instance.swapped = part.planned->swapped;
        instance.in_flight = part.instance->in_flight();
        instance.misbehaviours = part.instance->misbehaviours();
        instance.blame = part.instance->blame();
        instance.started = part.started;
        report.instances.push_back(std::move(instance));
      }
      report.instances[at->second].epochs.push_back(epoch.number);
    }
    report.epochs.push_back(std::move(told));
  }
}

}  // namespace evloom::change
