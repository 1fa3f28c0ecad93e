#include "plugin/instance.hpp"

#include <algorithm>
#include <cstring>
#include <thread>

#include "loop/loop.hpp"
#include "loop/pool.hpp"
#include "plugin/reason.hpp"
#include "plugin/services.hpp"
#include "plugin/services/access.hpp"

namespace evloom::plugin {

namespace {

using Clock = std::chrono::steady_clock;

// For an instance whose owner let go of it without stopping it.
constexpr std::chrono::seconds kLastStop{5};
// A thread that was joined is still seen for a moment.
constexpr std::chrono::seconds kThreadEnd{2};

std::chrono::nanoseconds until(Clock::time_point moment) {
  return std::max(std::chrono::nanoseconds(0), std::chrono::nanoseconds(moment - Clock::now()));
}

std::string milliseconds(std::chrono::nanoseconds duration) {
  return std::to_string(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count()) + " ms";
}

}  // namespace

// What start() and the loops tell each other. Shared: a loop that is held up may come to it after start()
// gave up.
struct Instance::Start {
  enum Phase : int { kPending, kRunning, kDone, kGivenUp };
  struct Entry {
    std::atomic<int> phase{kPending};
    evl_status status = EVL_OK;
    std::string why;
  };
  explicit Start(std::uint32_t loops) : entries(loops) {}
  std::vector<Entry> entries;
};

Instance::Instance(Spec spec, HostContext& context, std::uint32_t slot)
    : context_(context),
      name_(std::move(spec.name)),
      library_(std::move(spec.library)),
      options_(std::move(spec.options)),
      logger_(context.log.logger(name_)),
      who_(logger_.module().data()),
      metrics_(context.metrics.group({{"instance", name_}})),
      view_{{sizeof(evl_host), EVL_ABI_VERSION, &Access::get_interface}, this},
      slot_(slot),
      serial_(context.slots.taken()),
      loops_(context.pool.size()),
      cells_(new Cell[loops_]),
      started_(loops_) {
  library_->prepare(loops_);
  for (std::uint32_t i = 0; i < loops_; ++i) {
    cells_[i].owner = this;
    cells_[i].who = who_;
    cells_[i].threw = [](loop::Pins& pins, const char* text) noexcept {
      static_cast<Cell&>(pins).owner->threw("a message or piece of work", text);
    };
  }
  for (std::size_t kind = 0; kind < kKinds; ++kind) {
    auto series =
        metrics_.counter("evloom_instance_misbehaviour_total", "What instances did that they must not.",
                         {{"kind", misbehaviour_name(static_cast<Misbehaviour>(kind))}});
    if (series) misbehaviour_series_[kind] = *series;  // without room for it, the log still tells
  }
}

Instance::~Instance() { context_.slots.give_back(slot_); }

void Instance::release(Instance* instance) noexcept {
  if (instance->running()) {
    if (Status status = instance->stop(kLastStop); !status) return instance->keep(status.error().message);
  }
  instance->closed_ = true;
  if (instance->calls_ != 0 || !instance->wait_idle(Clock::now() + kLastStop) || !instance->sweep_loops())
    return instance->keep(instance->label() + " is still in use by a loop");
  instance->destroy_object();
  delete instance;
}

void Instance::keep(const std::string& why) noexcept {
  logger_.error("{}; it is kept in memory for good", why);
  library_->left_behind(why);
}

Result<std::shared_ptr<Instance>> Instance::create(Spec spec, HostContext& context) {
  const std::optional<std::uint32_t> slot = context.slots.take();
  if (!slot) {
    return Error{"instance '" + spec.name +
                 "' cannot be made: there are too many; remove some, or wait until those of "
                 "earlier configurations are gone"};
  }
  const std::shared_ptr<Instance> instance(new Instance(std::move(spec), context, *slot), &Instance::release);
  if (Status status = instance->create_object(); !status) return status.error();
  if (Status status = instance->read_interfaces(); !status) return status.error();
  return instance;
}

void Instance::destroy_object() noexcept {
  if (std::exchange(created_, false) && plugin_.destroy) {
    call("destroy", [&] { plugin_.destroy(plugin_.instance); });
  }
  const auto moment = Clock::now() + kThreadEnd;
  for (const Task& thread : threads_) {
    while (is_alive(thread) && Clock::now() < moment)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (!is_alive(thread)) continue;
    misbehaved(Misbehaviour::left_behind, thread_left_text(thread));
    library_->left_behind("thread " + std::to_string(thread.id) + " ('" + thread.name + "') of " + label() +
                          " still runs");
  }
}

Status Instance::create_object() {
  for (const std::string& id : library_->facts().needs)
    if (!context_.services.find(id))
      return Error{label() + " needs " + id + ", which this host does not offer"};

  Reason reason;
  plugin_.size = sizeof plugin_;
  const std::vector<Task> before = tasks();
  creating_ = true;
  const auto* options = reinterpret_cast<const evl_config*>(&options_);
  const evl_status status =
      plugin::call([&] { return library_->entry().create(&view_.abi, options, &plugin_, reason.error()); },
                   [&](const char* what) {
                     misbehaved(Misbehaviour::exception, "create threw");
                     reason.threw("create", what);
                   });
  creating_ = false;
  threads_ = tasks_since(before);
  if (status != EVL_OK) return Error{label() + " cannot be made: " + reason.text(status)};
  created_ = true;
  return {};
}

Status Instance::read_interfaces() {
  for (const std::string& id : library_->facts().interfaces) {
    const InterfaceRule* rule = interface_rule(id);
    if (!rule) continue;
    const void* const theirs = ask(rule->id);
    if (!theirs)
      return Error{label() + " cannot be used: its note promises " + id + ", get_interface does not give it"};
    auto ours = std::make_unique<std::byte[]>(rule->size);
    if (Status status = copy_table(*rule, theirs, ours.get()); !status) {
      return Error{label() + " cannot be used: " + status.error().message};
    }
    offered_.push_back({id, std::move(ours)});
  }
  return {};
}

const void* Instance::ask(const char* id) noexcept {
  const void* table = nullptr;
  if (plugin_.get_interface) {
    call("get_interface", [&] { table = plugin_.get_interface(plugin_.instance, id); });
  }
  return table;
}

evl_status Instance::start_here(loop::Loop& loop, std::string& why) noexcept {
  Cell& cell = cells_[loop.index()];
  cell.on = true;
  ++library_->on_loop(loop.index()).instances;
  if (!plugin_.thread_start) return EVL_OK;

  Reason reason;
  void* slot = nullptr;
  const loop::Duty::Scope scope(&loop.duty(), who_, "thread_start");
  const evl_status status =
      plugin::call([&] { return plugin_.thread_start(plugin_.instance, &loop, &slot, reason.error()); },
                   [&](const char* what) {
                     misbehaved(Misbehaviour::exception, "thread_start threw");
                     reason.threw("thread_start", what);
                   });
  if (status == EVL_OK) {
    loop.slot(slot_) = slot;
  } else {
    cell.on = false;
    --library_->on_loop(loop.index()).instances;
    Access::drop_timers(cell);
    sweep_here(loop);
    why = reason.text(status);
  }
  return status;
}

void Instance::stop_here(loop::Loop& loop) noexcept {
  Cell& cell = cells_[loop.index()];
  if (!cell.on) return;
  if (plugin_.thread_stop) {
    call("thread_stop", [&] { plugin_.thread_stop(plugin_.instance, loop.slot(slot_)); });
  }
  cell.on = false;
  --library_->on_loop(loop.index()).instances;
  loop.slot(slot_) = nullptr;
  Access::drop_timers(cell);
  sweep_here(loop);
}

// Of two instances of one plugin nobody can tell whose event it is; then the last one is blamed.
void Instance::sweep_here(loop::Loop& loop) noexcept {
  Library::OnLoop& here = library_->on_loop(loop.index());
  if (here.instances != 0) return;
  const std::uint32_t events = take_events(loop.base(), library_->code());
  if (events == 0) return;
  here.events += events;
  misbehaved(Misbehaviour::left_behind, events_left_text(events, loop.index()));
}

// Once nothing of it is under way: a late message may have left something, too.
bool Instance::sweep_loops() {
  calls_.fetch_add(loops_);
  return context_.pool.run_everywhere(
      [this](loop::Loop& loop) {
        sweep_here(loop);
        calls_.fetch_sub(1);
      },
      kLastStop);
}

bool Instance::run_on(std::uint32_t loop, std::function<void(loop::Loop&)> function,
                      std::chrono::nanoseconds timeout) {
  calls_.fetch_add(1);
  return context_.pool.run_on(
      loop,
      [this, body = std::move(function)](loop::Loop& on) {
        body(on);
        calls_.fetch_sub(1);  // from here on `this` may be gone
      },
      timeout);
}

Status Instance::start(std::chrono::nanoseconds timeout) {
  const auto round = std::make_shared<Start>(loops_);
  closed_ = false;
  const std::vector<Task> before = tasks();
  calls_.fetch_add(loops_);
  context_.pool.run_everywhere(
      [this, round](loop::Loop& loop) {
        Start::Entry& entry = round->entries[loop.index()];
        int phase = Start::kPending;
        if (entry.phase.compare_exchange_strong(phase, Start::kRunning)) {
          entry.status = start_here(loop, entry.why);
          phase = Start::kRunning;
          if (!entry.phase.compare_exchange_strong(phase, Start::kDone)) stop_here(loop);
        }
        calls_.fetch_sub(1);  // from here on `this` may be gone
      },
      timeout);

  for (Task& thread : tasks_since(before)) threads_.push_back(std::move(thread));

  std::string failed;
  for (std::uint32_t i = 0; i < loops_; ++i) {
    Start::Entry& entry = round->entries[i];
    const bool answered = entry.phase.exchange(Start::kGivenUp) == Start::kDone;
    started_[i] = answered && entry.status == EVL_OK;
    if (started_[i] || !failed.empty()) continue;
    failed = label() + " failed to start on loop " + std::to_string(i) + ": " +
             (answered ? entry.why : "no answer within " + milliseconds(timeout));
  }
  if (failed.empty()) return {};

  std::string why;
  if (!stop_loops(Clock::now() + timeout, why)) failed += "; then " + why;
  return Error{failed};
}

void Instance::drain() {
  if (!plugin_.drain) return;
  for (std::uint32_t i = 0; i < loops_; ++i) {
    if (!started_[i]) continue;
    calls_.fetch_add(1);
    loop::Loop& loop = context_.pool.at(i);
    loop.mailbox().call([this, &loop] {
      if (cells_[loop.index()].on) {
        call("drain", [&] { plugin_.drain(plugin_.instance, loop.slot(slot_)); });
      }
      calls_.fetch_sub(1);
    });
  }
}

std::uint64_t Instance::in_flight() const {
  std::uint64_t sum = 0;
  for (std::uint32_t i = 0; i < loops_; ++i) sum += cells_[i].load();
  return sum;
}

bool Instance::wait_idle(Clock::time_point moment) const {
  while (!idle()) {
    if (Clock::now() >= moment) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

bool Instance::stop_loops(Clock::time_point moment, std::string& why) {
  bool all = true;
  for (std::uint32_t i = loops_; i-- > 0;) {
    if (!started_[i]) continue;
    started_[i] = false;
    if (!run_on(
            i, [this](loop::Loop& loop) { stop_here(loop); }, until(moment))) {
      if (all) why = "loop " + std::to_string(i) + " did not answer in time";
      all = false;
    }
  }
  return all;
}

Status Instance::stop(std::chrono::nanoseconds timeout) {
  const auto begin = Clock::now();
  wait_idle(begin + timeout / 2);
  std::string why;
  if (!stop_loops(begin + timeout, why)) return Error{label() + " could not be stopped: " + why};
  closed_ = true;
  if (!wait_idle(begin + timeout)) {
    return Error{label() + " could not be stopped: " + std::to_string(in_flight()) +
                 " of its requests, messages or pieces of work are under way after " + milliseconds(timeout)};
  }
  return {};
}

bool Instance::running() const { return std::find(started_.begin(), started_.end(), true) != started_.end(); }

const void* Instance::table(std::string_view id) const {
  for (const Offered& offered : offered_)
    if (offered.id == id) return offered.table.get();
  return nullptr;
}

void* Instance::slot(loop::Loop& on) const { return on.slot(slot_); }

// ---- state -----------------------------------------------------------------------------------------------

bool Instance::has_state() const { return interface<evl_state>() != nullptr; }

StateHolder Instance::state_holder(bool in_use) {
  return {interface<evl_state>(), object(), label(), in_use,
          [this](Misbehaviour kind, std::string_view what) { misbehaved(kind, what); }};
}

Result<SavedState> Instance::save_state() {
  return plugin::save_state(state_holder(running() || !idle()), library_->facts().id,
                            library_->facts().version);
}

Status Instance::load_state(const SavedState& state) {
  return plugin::load_state(state_holder(running()), state);
}

// ---- misbehaviour ----------------------------------------------------------------------------------------

void Instance::threw(const char* what, const char* text) noexcept {
  misbehaved(Misbehaviour::exception, threw_text(what, text));
}

void Instance::misbehaved(Misbehaviour kind, std::string_view what) noexcept {
  const auto index = static_cast<std::size_t>(kind);
  if (misbehaviours_[index].fetch_add(1, std::memory_order_relaxed) == 0) {
    const std::lock_guard lock(first_lock_);
    first_misbehaviours_[index] = what;
  }
  if (const loop::Loop* loop = loop::Loop::current()) {
    misbehaviour_series_[index].add(loop->index());
  } else {
    std::lock_guard lock(off_loop_);
    misbehaviour_series_[index].add(context_.metrics.control_column());
  }
  if (!logger_.enabled(observe::Level::kWarn)) return;
  logger_.write_fault(observe::Level::kWarn, misbehaviour_name(kind), blame_text(what, file()));
}

std::uint64_t Instance::misbehaviours(Misbehaviour kind) const {
  return misbehaviours_[static_cast<std::size_t>(kind)].load(std::memory_order_relaxed);
}

std::uint64_t Instance::misbehaviours() const {
  std::uint64_t sum = 0;
  for (const auto& count : misbehaviours_) sum += count.load(std::memory_order_relaxed);
  return sum;
}

std::string Instance::first_misbehaviour(Misbehaviour kind) const {
  const std::lock_guard lock(first_lock_);
  return first_misbehaviours_[static_cast<std::size_t>(kind)];
}

std::string Instance::blame(Misbehaviour but) const {
  std::string words;
  for (std::size_t i = 0; i < kKinds; ++i) {
    const auto kind = static_cast<Misbehaviour>(i);
    const std::uint64_t count = misbehaviours(kind);
    if (kind == but || count == 0) continue;
    words += words.empty() ? "" : "; ";
    words += misbehaviour_name(kind);
    words += count == 1 ? " once" : " " + std::to_string(count) + " times";
    if (const std::string first = first_misbehaviour(kind); !first.empty())
      words += (count == 1 ? ": " : ", first: ") + first;
  }
  return words;
}

std::string Instance::label() const { return "instance '" + name_ + "' of " + library_->label(); }

Instance* Instance::of(const evl_host* host) {
  if (!host || host->get_interface != &Access::get_interface) return nullptr;
  return reinterpret_cast<const View*>(host)->self;
}

}  // namespace evloom::plugin
