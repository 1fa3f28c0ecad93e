#include "support/plugin_fixture.hpp"

#include <dlfcn.h>
#include <event2/event.h>

#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <exception>
#include <mutex>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>

#include "evloom/abi/format.h"
#include "evloom/abi/log.h"
#include "evloom/abi/metrics.h"
#include "evloom/abi/timer.h"
#include "evloom/abi/work.h"

namespace evloom::test {
namespace {

constexpr auto kLifeCycleLimit = std::chrono::seconds(60);
thread_local bool inside_submit = false;

struct FixtureTimer {
  event* timeout;
  void (*fire)(void*);
  void* context;

  static void fired(evutil_socket_t, short, void* self) {
    auto* timer = static_cast<FixtureTimer*>(self);
    const auto fire = timer->fire;
    void* context = timer->context;
    event_free(timer->timeout);
    delete timer;
    fire(context);
  }
};

struct Series {
  std::string name;
  std::int64_t value = 0;
};

}  // namespace

// ---- The host: evl_host first, so that a service finds it from the pointer that the plugin hands back. ----

struct PluginFixture::Host {
  evl_host host{sizeof(evl_host), EVL_ABI_VERSION, &Host::get_interface};
  std::vector<std::unique_ptr<FixtureLoop>>* loops = nullptr;
  std::atomic<std::int64_t> in_flight{0};  // messages and work that still need the instance

  mutable std::mutex mutex;  // a test may lock: guards what follows
  std::vector<std::string> lines;
  std::vector<std::string> violations;
  std::deque<Series> metrics;
  std::vector<std::thread> workers;
  const bool echo = std::getenv("EVLOOM_TEST_LOG") != nullptr;

  static Host& of(const evl_host* host) {
    return *reinterpret_cast<Host*>(const_cast<evl_host*>(host));  // NOLINT: the table is const for plugins
  }
  void keep(evl_log_level level, std::string_view text) {
    static constexpr const char* kNames[] = {"trace", "debug", "info", "warn", "error"};
    std::string line = std::string(kNames[level]) + ": " + std::string(text);
    if (echo) std::fprintf(stderr, "  plugin %s\n", line.c_str());
    const std::lock_guard lock(mutex);
    if (lines.size() < 10000) lines.push_back(std::move(line));
  }

  static evl_status new_series(const evl_host* host, const char* name, const char*, evl_metric* metric) {
    Host& self = of(host);
    const std::lock_guard lock(self.mutex);
    for (const Series& series : self.metrics)
      if (series.name == name) return EVL_E_INVALID;
    *metric = static_cast<evl_metric>(self.metrics.size());
    self.metrics.push_back({name, 0});
    return EVL_OK;
  }
  static evl_status submit_work(const evl_host* host, evl_loop* loop, evl_work* work) {
    Host& self = of(host);
    self.in_flight.fetch_add(1);
    const std::lock_guard lock(self.mutex);
    self.workers.emplace_back([&self, loop, work] {
      work->run(work);
      FixtureLoop::of(loop).post([&self, loop, work] {
        work->done(work, loop);
        self.in_flight.fetch_sub(1);
      });
    });
    return EVL_OK;
  }
  static evl_timer* start_timer(const evl_host*, evl_loop* loop, int64_t delay, void (*fire)(void*),
                                void* context) {
    auto* timer = new FixtureTimer{nullptr, fire, context};
    timer->timeout = event_new(FixtureLoop::of(loop).base(), -1, 0, &FixtureTimer::fired, timer);
    const timeval after{delay / 1000000000, delay % 1000000000 / 1000};
    event_add(timer->timeout, &after);
    return reinterpret_cast<evl_timer*>(timer);
  }
  static void cancel_timer(evl_timer* raw) {
    auto* timer = reinterpret_cast<FixtureTimer*>(raw);
    if (!timer) return;
    event_free(timer->timeout);
    delete timer;
  }

  static const void* get_interface(const evl_host*, const char* id) {
    static constexpr evl_log log = {
        sizeof(evl_log), [](const evl_host*, evl_log_level) -> int32_t { return 1; },
        [](const evl_host* host, evl_log_level level, evl_bytes text) {
          of(host).keep(level, {text.data, text.size});
        },
        [](const evl_host* host, evl_log_level level, evl_bytes key, evl_bytes text) {
          of(host).keep(level,
                        "[" + std::string(key.data, key.size) + "] " + std::string(text.data, text.size));
        }};
    static constexpr evl_loop_access loop = {
        sizeof(evl_loop_access),
        [](const evl_host* host) { return static_cast<uint32_t>(of(host).loops->size()); },
        [](const evl_loop* raw) { return FixtureLoop::of(raw).index(); },
        [](evl_loop* raw) { return FixtureLoop::of(raw).base(); },
        [](evl_loop*) -> int64_t { return std::chrono::steady_clock::now().time_since_epoch().count(); },
        [](const evl_host* host, evl_loop* raw, evl_message* message) {
          FixtureLoop::of(raw).post(message, &of(host).in_flight);
        }};
    static constexpr evl_timers timer = {sizeof(evl_timers), &start_timer, &cancel_timer};
    static constexpr evl_workers work = {sizeof(evl_workers), &submit_work};
    static constexpr evl_metrics metrics = {
        sizeof(evl_metrics), &new_series, &new_series,
        [](const evl_host* host, evl_loop*, evl_metric metric, int64_t amount) {
          const std::lock_guard lock(of(host).mutex);
          of(host).metrics[metric].value += amount;
        }};
    // A store uses none of these three; the C++ layer asks for them. A table that ends after its size.
    static constexpr uint32_t no_functions = sizeof(uint32_t);

    const std::string_view wanted(id);
    if (wanted == EVL_HOST_LOG) return &log;
    if (wanted == EVL_HOST_CONFIG) return FixtureOptions::table();
    if (wanted == EVL_HOST_LOOP) return &loop;
    if (wanted == EVL_HOST_TIMER) return &timer;
    if (wanted == EVL_HOST_WORK) return &work;
    if (wanted == EVL_HOST_METRICS) return &metrics;
    if (wanted == EVL_HOST_REQUEST || wanted == EVL_HOST_STORE || wanted == EVL_HOST_RENDER)
      return &no_functions;
    return nullptr;
  }
};

// ---- One submit: the C arrays that the plugin reads, and how it ends. ----

struct PluginFixture::Submission {
  PluginFixture* fixture;
  FixtureLoop* loop;
  std::vector<Op> ops;
  std::vector<std::vector<evl_bytes>> items;
  std::vector<evl_op> raw;
  std::function<void(Reply)> finish;
  bool ended = false;

  void start() {
    for (const Op& op : ops) {
      auto& mine = items.emplace_back();
      for (const std::string& item : op.items) mine.push_back({item.data(), item.size()});
    }
    for (std::size_t i = 0; i < ops.size(); ++i) {
      raw.push_back({sizeof(evl_op), ops[i].kind, evl_bytes{ops[i].key.data(), ops[i].key.size()},
                     ops[i].amount, items[i].data(), items[i].size()});
    }
    inside_submit = true;
    const evl_status status =
        fixture->backend_->submit(fixture->plugin_.instance, fixture->slots_[loop->index()], raw.data(),
                                  raw.size(), &Submission::done, this);
    inside_submit = false;
    if (status == EVL_OK) return;
    finish({status, true, {}});
    delete this;
  }

  static void done(void* context, evl_status status, const evl_result* results, std::size_t count) {
    auto* self = static_cast<Submission*>(context);
    if (inside_submit) self->fixture->violation("done was called from inside submit");
    if (!self->loop->on_thread()) self->fixture->violation("done was called on another thread");
    Reply reply{status, false, {}};
    if (status == EVL_OK && count != self->ops.size())
      self->fixture->violation("done brought " + std::to_string(count) + " results for " +
                               std::to_string(self->ops.size()) + " operations");
    for (std::size_t i = 0; status == EVL_OK && i < count; ++i) {
      const auto& result =
          *reinterpret_cast<const evl_result*>(reinterpret_cast<const char*>(results) + i * results->size);
      OpResult& kept = reply.results.emplace_back();
      kept.status = result.status;
      kept.integer = result.integer;
      for (std::size_t n = 0; n < result.item_count; ++n)
        kept.items.emplace_back(result.items[n].data, result.items[n].size);
      if (result.fresh) kept.fresh.assign(result.fresh, result.fresh + self->ops[i].items.size());
    }
    self->finish(std::move(reply));
    delete self;
  }
};

// ---- The life of the instance. ----

PluginFixture::PluginFixture(const PluginFile& plugin, unsigned loops, const Saved* saved)
    : host_(std::make_unique<Host>()) {
  library_ = ::dlopen(plugin.path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library_) throw std::runtime_error(::dlerror());
  entry_ = static_cast<const evl_entry*>(::dlsym(library_, EVL_ENTRY_SYMBOL));
  if (!entry_) throw std::runtime_error(plugin.path + " exports no " EVL_ENTRY_SYMBOL);
  options_ = std::make_unique<FixtureOptions>(plugin.options, entry_->options);
  for (unsigned i = 0; i < loops; ++i) loops_.push_back(std::make_unique<FixtureLoop>(i));
  host_->loops = &loops_;
  slots_.resize(loops);
  started_.resize(loops);
  try {
    create(saved);
  } catch (...) {
    close();
    throw;
  }
}

PluginFixture::~PluginFixture() { close(); }

void PluginFixture::create(const Saved* saved) {
  char text[1024] = "";
  evl_error error{sizeof(evl_error), sizeof text, text};
  plugin_.size = sizeof plugin_;
  evl_status status = entry_->create(&host_->host, options_->root(), &plugin_, &error);
  if (status != EVL_OK) {
    plugin_ = {};
    throw std::runtime_error(text[0] ? text : "create failed without a reason");
  }
  backend_ = static_cast<const evl_store_backend*>(plugin_.get_interface(plugin_.instance, EVL_STORE));
  if (!backend_) throw std::runtime_error("the plugin does not offer " EVL_STORE);
  if (saved) load(*saved);
  start();
}

void PluginFixture::start() {
  char text[1024] = "";
  evl_error error{sizeof(evl_error), sizeof text, text};
  evl_status status = EVL_OK;
  for (unsigned i = 0; i < loop_count(); ++i) {
    on_loop(i, [&] {
      if (plugin_.thread_start)
        status = plugin_.thread_start(plugin_.instance, loops_[i]->raw(), &slots_[i], &error);
    });
    if (status != EVL_OK) throw std::runtime_error(text[0] ? text : "thread_start failed without a reason");
    started_[i] = true;
  }
}

void PluginFixture::stop_loop(unsigned loop) {
  if (!started_[loop]) return;
  started_[loop] = false;
  on_loop(loop, [&] {
    if (plugin_.thread_stop) plugin_.thread_stop(plugin_.instance, slots_[loop]);
  });
}

void PluginFixture::stop() {
  for (unsigned i = 0; i < loop_count(); ++i) stop_loop(i);
}

const evl_state& PluginFixture::state() const {
  const void* table = plugin_.get_interface(plugin_.instance, EVL_STATE);
  if (!table) throw std::runtime_error("the plugin does not offer " EVL_STATE);
  return *static_cast<const evl_state*>(table);
}

Saved PluginFixture::save() {
  stop();
  if (!wait_until([&] { return host_->in_flight.load() == 0; }, kLifeCycleLimit))
    throw std::runtime_error("messages or work of the plugin never ended");
  Saved saved{state().version, {}};
  char text[1024] = "";
  evl_error error{sizeof(evl_error), sizeof text, text};
  const evl_status status = state().save(
      plugin_.instance,
      [](void* context, evl_bytes name, evl_bytes data) -> evl_status {
        static_cast<Saved*>(context)->blobs.emplace_back(std::string(name.data, name.size),
                                                         std::string(data.data, data.size));
        return EVL_OK;
      },
      &saved, &error);
  if (status != EVL_OK) throw std::runtime_error(text[0] ? text : "save failed without a reason");
  return saved;
}

void PluginFixture::load(const Saved& saved) {
  if (!state().accepts(plugin_.instance, {entry_->id, std::strlen(entry_->id)},
                       {entry_->version, std::strlen(entry_->version)}, saved.version))
    throw std::runtime_error("not accepted");
  std::vector<evl_blob> blobs;
  for (const auto& [name, data] : saved.blobs)
    blobs.push_back({sizeof(evl_blob), 0, {name.data(), name.size()}, {data.data(), data.size()}});
  char text[1024] = "";
  evl_error error{sizeof(evl_error), sizeof text, text};
  const evl_status status = state().load(plugin_.instance, saved.version, blobs.data(), blobs.size(), &error);
  if (status != EVL_OK) throw std::runtime_error(text[0] ? text : "load failed without a reason");
}

void PluginFixture::close() {
  stop();
  if (!wait_until([&] { return host_->in_flight.load() == 0; }, kLifeCycleLimit)) {
    std::fprintf(stderr, "messages or work of the plugin never ended\n");
    std::abort();
  }
  for (std::thread& worker : host_->workers) worker.join();
  host_->workers.clear();
  if (plugin_.destroy) plugin_.destroy(plugin_.instance);
  plugin_ = {};
  loops_.clear();
  if (library_) ::dlclose(library_);
  library_ = nullptr;
}

// ---- Use. ----

void PluginFixture::on_loop(unsigned loop, const std::function<void()>& function) {
  struct Call {
    std::promise<void> promise;
    std::function<void()> function;
  };
  auto call = std::make_shared<Call>();
  call->function = function;
  auto future = call->promise.get_future();
  loops_.at(loop)->post([call] {
    try {
      call->function();
      call->promise.set_value();
    } catch (...) {
      call->promise.set_exception(std::current_exception());
    }
  });
  if (future.wait_for(kLifeCycleLimit) != std::future_status::ready) {
    std::fprintf(stderr, "loop %u hangs\n", loop);  // its call may still use what the caller owns
    std::abort();
  }
  future.get();
}

void PluginFixture::submit(unsigned loop, std::vector<Op> ops, std::function<void(Reply)> done) {
  auto* submission = new Submission{this, loops_.at(loop).get(), std::move(ops), {}, {}, std::move(done)};
  loops_[loop]->post([submission] { submission->start(); });
}

std::future<Reply> PluginFixture::submit(unsigned loop, std::vector<Op> ops) {
  auto promise = std::make_shared<std::promise<Reply>>();
  auto future = promise->get_future();
  submit(loop, std::move(ops), [promise](Reply reply) { promise->set_value(std::move(reply)); });
  return future;
}

Reply PluginFixture::run(unsigned loop, std::vector<Op> ops, std::chrono::milliseconds limit) {
  auto future = submit(loop, std::move(ops));
  if (future.wait_for(limit) != std::future_status::ready)
    throw std::runtime_error("done did not come within " + std::to_string(limit.count()) + " ms");
  return future.get();
}

OpResult PluginFixture::run_one(unsigned loop, Op op) {
  std::vector<Op> ops;
  ops.push_back(std::move(op));
  Reply reply = run(loop, std::move(ops));
  if (reply.results.empty()) {
    OpResult failed;
    failed.status = reply.status;
    return failed;
  }
  return std::move(reply.results.front());
}

evl_status PluginFixture::health(unsigned loop, std::string* why) {
  char text[1024] = "";
  evl_error error{sizeof(evl_error), sizeof text, text};
  evl_status status = EVL_E_INTERNAL;
  on_loop(loop, [&] { status = backend_->health(plugin_.instance, slots_[loop], &error); });
  if (why) *why = text;
  return status;
}

std::vector<std::string> PluginFixture::log() const {
  const std::lock_guard lock(host_->mutex);
  return host_->lines;
}

bool PluginFixture::logged(const std::string& text) const {
  for (const std::string& line : log())
    if (line.find(text) != std::string::npos) return true;
  return false;
}

std::int64_t PluginFixture::metric(const std::string& name) const {
  const std::lock_guard lock(host_->mutex);
  for (const Series& series : host_->metrics)
    if (series.name == name) return series.value;
  return -1;
}

std::vector<std::string> PluginFixture::violations() const {
  const std::lock_guard lock(host_->mutex);
  return host_->violations;
}

void PluginFixture::violation(std::string text) {
  const std::lock_guard lock(host_->mutex);
  host_->violations.push_back(std::move(text));
}

bool wait_until(const std::function<bool()>& condition, std::chrono::milliseconds limit) {
  const auto deadline = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

}  // namespace evloom::test
