#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <utility>

#include "evloom/abi/config.h"
#include "evloom/base.hpp"

#include "code.hpp"
#include "exchange.hpp"
#include "instance.hpp"
#include "plugin/services/config.hpp"
#include "services.hpp"
#include "store.hpp"

namespace evl::testkit {

// ---- records ---------------------------------------------------------------------------------------------

std::string Leftovers::text() const {
  std::string all;
  const auto add = [&](std::size_t count, const char* one, const char* many) {
    if (count != 0)
      all += (all.empty() ? "" : ", ") + std::to_string(count) + " " + (count == 1 ? one : many);
  };
  add(requests, "request", "requests");
  add(tickets, "ticket", "tickets");
  add(timers, "timer", "timers");
  add(store_calls, "store call", "store calls");
  add(work, "piece of work", "pieces of work");
  add(messages, "message", "messages");
  add(events, "event", "events");
  add(bytes, "byte", "bytes");
  return all;
}

namespace {

void add_up(Leftovers& to, const Leftovers& from) {
  to.requests += from.requests;
  to.tickets += from.tickets;
  to.timers += from.timers;
  to.store_calls += from.store_calls;
  to.work += from.work;
  to.messages += from.messages;
  to.events += from.events;
  to.bytes += from.bytes;
}

}  // namespace

void Core::note(evl_log_level level, std::string instance, std::string key, std::string_view text) {
  if (level < options.log_level) return;
  const std::lock_guard lock(mutex);
  lines.push_back({level, std::move(instance), std::move(key), std::string(text)});
}

// ---- the host's interfaces -------------------------------------------------------------------------------

Core::Impl(HostOptions its_options)
    : options(std::move(its_options)),
      scheduler(options.loops, options.seed,
                [this] {
                  settle_all();
                  end_replaced();
                }),
      tickets(options.loops) {
  if (options.extra_bytes > kMostExtra || options.extra_bytes % alignof(std::max_align_t) != 0)
    throw Refused("extra_bytes is a multiple of 16, at most " + std::to_string(kMostExtra));
  const auto offer = [this](const char* id, const auto& table) {
    if (std::find(options.withheld.begin(), options.withheld.end(), id) != options.withheld.end()) return;
    std::vector<unsigned char> copy(sizeof table + options.extra_bytes, kExtraFill);
    std::memcpy(copy.data(), &table, sizeof table);
    const auto size = static_cast<std::uint32_t>(copy.size());
    std::memcpy(copy.data(), &size, sizeof size);
    tables_.emplace(id, std::move(copy));
  };
  offer(EVL_HOST_LOG, kLog);
  offer(EVL_HOST_CONFIG, evloom::plugin::kConfigService);
  offer(EVL_HOST_LOOP, kLoops);
  offer(EVL_HOST_TIMER, kTimers);
  offer(EVL_HOST_WORK, kWorkers);
  offer(EVL_HOST_METRICS, kMetrics);
  offer(EVL_HOST_REQUEST, kRequests);
  offer(EVL_HOST_STORE, kStores);
  offer(EVL_HOST_RENDER, kRendering);
}

Core::~Impl() = default;

const void* Core::find_interface(std::string_view id) const {
  const auto found = tables_.find(id);
  return found == tables_.end() ? nullptr : found->second.data();
}

// ---- timers and work -------------------------------------------------------------------------------------

TimerImpl* Core::take_timer() {
  if (free_timers_.empty()) {
    timers_.push_back(std::make_unique<TimerImpl>());
    free_timers_.reserve(timers_.size());
    return timers_.back().get();
  }
  TimerImpl* const timer = free_timers_.back();
  free_timers_.pop_back();
  return timer;
}

void Core::give_back(TimerImpl* timer) { free_timers_.push_back(timer); }

bool Core::submit_work(InstanceImpl& owner, Loop& loop, evl_work* piece) {
  if (work.size() >= options.work_capacity) return false;
  work.push({piece, &loop, &owner});
  owner.pin();
  ++owner.work;
  if (!work_held) scheduler.queue(scheduler.worker(), &Core::on_work, this);
  return true;
}

void Core::on_work(void* raw) {
  auto& self = *static_cast<Core*>(raw);
  if (self.work.empty()) return;  // run_work() was before it
  const Piece piece = self.work.pop();
  piece.owner->call("a message or piece of work", [&] { piece.work->run(piece.work); });
  self.done.push(piece);
  self.scheduler.queue(*piece.loop, &Core::on_work_done, raw);
}

void Core::on_work_done(void* raw) {
  auto& self = *static_cast<Core*>(raw);
  // The first of this loop: pieces end in the order in which they were run. There is one, for this turn was
  // queued with it.
  Loop* const here = self.scheduler.current();
  if (!here) return;  // never: it is queued on a loop
  Piece piece = self.done.pop();
  while (piece.loop != here) {
    self.done.push(piece);
    piece = self.done.pop();
  }
  --piece.owner->work;
  piece.owner->call("a message or piece of work", [&] { piece.work->done(piece.work, here->raw()); });
  piece.owner->unpin();
}

std::size_t Core::run_work(std::size_t count) {
  std::size_t ran = 0;
  for (; ran < count && !work.empty(); ++ran) scheduler.enter(scheduler.worker(), [this] { on_work(this); });
  return ran;
}

// ---- instances -------------------------------------------------------------------------------------------

InstanceImpl& Core::make(const Plugin& plugin, const Options& its_options, std::string name) {
  if (name.empty()) name = plugin.id();
  instances.push_back(std::make_unique<InstanceImpl>(*this, plugin, its_options, std::move(name)));
  return *instances.back();
}

void Core::lead_to(InstanceImpl& from, InstanceImpl& to) {
  for (const auto& route : routes) {
    if (route->handler == &from) route->handler = &to;
    for (InstanceImpl*& format : route->formats)
      if (format == &from) format = &to;
  }
}

void Core::end_replaced() {
  if (replaced.empty()) return;
  // Each step may end a turn, which comes here again: none of them is in the list meanwhile.
  std::vector<InstanceImpl*> all;
  all.swap(replaced);
  for (InstanceImpl* one : all)
    if (!one->end_if_idle()) replaced.push_back(one);
}

InstanceImpl& Core::swap(InstanceImpl& old, const Plugin& plugin, const Options& its_options) {
  if (old.replaced() || old.phase() == Instance::Phase::destroyed)
    throw Refused(old.label() + " cannot be replaced: it has a successor, or was destroyed");
  scheduler.run();
  const std::string_view offered = plugin.entry().interfaces;
  const bool hands_over = old.table(EVL_STATE) && offered.find(EVL_STATE) != offered.npos;
  std::vector<StoreImpl*> behind;
  for (const auto& store : stores)
    if (store->backend() == &old) behind.push_back(store.get());

  if (!hands_over) {
    InstanceImpl& next = make(plugin, its_options, old.name());
    next.start();
    lead_to(old, next);
    for (StoreImpl* store : behind) store->bind(next);
    old.drain();
    old.replace();
    return next;
  }
  old.check_idle("stopped for its state");
  for (StoreImpl* store : behind) store->pause(true);
  const auto resume = [&](InstanceImpl& with) {
    for (StoreImpl* store : behind) store->bind(with);
    for (StoreImpl* store : behind) store->pause(false);
  };
  try {
    old.drain();
    old.stop();
    const Saved saved = old.save();
    InstanceImpl& next = make(plugin, its_options, old.name());
    next.load(saved);
    next.start();
    lead_to(old, next);
    resume(next);
    old.destroy();
    return next;
  } catch (...) {
    if (old.phase() == Instance::Phase::stopped) old.start();
    resume(old);
    throw;
  }
}

// What has begun and not ended. Timers and events are an instance's own affair while it runs.
Leftovers Core::current() const {
  Leftovers now;
  for (const auto& exchange : exchanges) {
    if (!exchange->unfinished()) continue;
    ++now.requests;
    now.bytes += exchange->bytes();
  }
  for (const auto& table : tickets) now.tickets += table.open();
  for (const auto& store : stores) now.store_calls += store->waiting();
  for (const auto& instance : instances) add_up(now, instance->leftovers());
  return now;
}

void Core::stop() {
  if (std::exchange(stopped, true)) return;
  scheduler.run();
  left = current();
  left.timers = left.events = 0;
  for (const auto& exchange : exchanges) exchange->hang_up();
  work_held = false;
  run_work(SIZE_MAX);
  scheduler.run();
  for (std::size_t i = instances.size(); i-- > 0;) {
    if (instances[i]->phase() == Instance::Phase::started && !instances[i]->replaced()) instances[i]->drain();
    instances[i]->end();
  }
}

std::string Core::waits_for(const ExchangeImpl& exchange) const {
  std::string text = exchange.message().method + " " + exchange.message().target +
                     " has not been answered yet: end what it waits for, with send() instead of get()";
  if (exchange.waits_for_store()) text += "; a store call is held or delayed";
  if (!work.empty()) text += "; " + std::to_string(work.size()) + " pieces of work wait for run_work()";
  if (const auto due = exchange.handler().next_timer()) {
    const auto rest =
        std::chrono::duration<double, std::milli>(std::chrono::nanoseconds(*due - scheduler.now()));
    char number[32];
    std::snprintf(number, sizeof number, "%g", rest.count());
    text += std::string("; a timer of its handler is due in ") + number + " ms: advance() the clock";
  }
  return text;
}

// ---- Host ------------------------------------------------------------------------------------------------

Host::Host(HostOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Host::~Host() {
  try {
    stop();
  } catch (...) {  // NOLINT: whoever wants to know calls stop() himself
  }
}

Instance& Host::create(const Plugin& plugin, const Options& options, std::string name) {
  return impl_->make(plugin, options, std::move(name));
}

Instance& Host::start(const Plugin& plugin, const Options& options, std::string name) {
  Instance& instance = create(plugin, options, std::move(name));
  instance.start();
  return instance;
}

Instance& Host::swap(Instance& old, const Plugin& plugin, const Options& options) {
  return impl_->swap(static_cast<InstanceImpl&>(old), plugin, options);
}

void Host::stop() { impl_->stop(); }

Store& Host::store() {
  impl_->stores.push_back(std::make_unique<StoreImpl>(*impl_));
  return *impl_->stores.back();
}

Store& Host::store(Instance& backend) {
  auto& instance = static_cast<InstanceImpl&>(backend);
  if (!instance.table(EVL_STORE)) throw Refused(instance.label() + " does not offer " EVL_STORE);
  impl_->stores.push_back(std::make_unique<StoreImpl>(*impl_, &instance));
  return *impl_->stores.back();
}

void Host::route(const std::string& path, Instance& handler, const RouteOptions& options) {
  namespace http = evloom::http;
  auto& instance = static_cast<InstanceImpl&>(handler);
  if (!instance.table(EVL_HANDLER)) throw Refused(instance.label() + " does not offer " EVL_HANDLER);
  const std::string_view needs = instance.entry().needs;
  if (needs.find(EVL_HOST_STORE) != needs.npos && !options.store)
    throw Refused("handler '" + instance.name() + "' needs a store");
  auto made = std::make_unique<RouteImpl>();
  made->path = path;
  made->handler = &instance;
  made->store = static_cast<StoreImpl*>(options.store);
  for (const auto& [role, store] : options.stores) made->stores[role] = static_cast<StoreImpl*>(store);
  for (Instance* format : options.formats) {
    if (!format->table(EVL_FORMAT)) throw Refused(format->label() + " does not offer " EVL_FORMAT);
    made->formats.push_back(static_cast<InstanceImpl*>(format));
  }
  http::MethodSet methods;
  for (const std::string& method : options.methods) methods.add(http::method_from(method));
  std::vector<http::RouteSpec> specs = impl_->specs;
  specs.push_back({path, methods, static_cast<std::uint32_t>(impl_->routes.size())});
  auto router = http::Router::build(specs);
  if (!router) throw Refused(router.error().message);
  impl_->router = std::move(*router);
  impl_->specs = std::move(specs);
  impl_->routes.push_back(std::move(made));
}

Exchange& Host::send(Message message) { return impl_->exchange(std::move(message)); }

const Answer& Host::get(Message message) {
  const ExchangeImpl& exchange = impl_->exchange(std::move(message));
  run();
  if (!exchange.answered()) throw Refused(impl_->waits_for(exchange));
  return exchange.answer();
}

bool Host::step() { return impl_->scheduler.step(); }
std::size_t Host::run() { return impl_->scheduler.run(); }
void Host::advance(std::chrono::nanoseconds time) { impl_->scheduler.advance(time.count()); }
bool Host::wait(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  return impl_->scheduler.wait(condition, limit);
}
std::chrono::nanoseconds Host::now() const { return std::chrono::nanoseconds(impl_->scheduler.now()); }

void Host::on_loop(std::uint32_t loop, const std::function<void(evl_loop*)>& body) {
  Loop& on = impl_->scheduler.at(loop);
  impl_->scheduler.enter(on, [&] { body(on.raw()); });
}

void Host::hold_work(bool on) {
  impl_->work_held = on;
  for (std::size_t i = 0; !on && i < impl_->work.size(); ++i)
    impl_->scheduler.queue(impl_->scheduler.worker(), &Impl::on_work, impl_.get());
}
std::size_t Host::held_work() const { return impl_->work.size(); }
std::size_t Host::run_work(std::size_t count) { return impl_->run_work(count); }

std::vector<Misbehaviour> Host::misbehaviours() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->faults;
}

bool Host::misbehaved(std::string_view kind, std::string_view text_part) const {
  const std::vector<Misbehaviour> all = misbehaviours();
  return std::any_of(all.begin(), all.end(), [&](const Misbehaviour& one) {
    return one.kind == kind && one.text.find(text_part) != std::string::npos;
  });
}

std::vector<LogLine> Host::log() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->lines;
}

bool Host::logged(std::string_view text_part) const {
  const std::vector<LogLine> all = log();
  return std::any_of(all.begin(), all.end(),
                     [&](const LogLine& line) { return line.text.find(text_part) != std::string::npos; });
}

Leftovers Host::leftovers() const {
  Leftovers all = impl_->current();
  add_up(all, impl_->left);
  return all;
}

std::string Host::complaints() const {
  std::string text;
  for (const Misbehaviour& one : misbehaviours())
    text += "instance '" + one.instance + "': " + one.kind + ": " + one.text + "\n";
  if (const Leftovers left = leftovers(); !left.none()) text += "left over: " + left.text() + "\n";
  return text;
}

}  // namespace evl::testkit
