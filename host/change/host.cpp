#include "change/host.hpp"

#include <event2/event.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "epoch/services.hpp"

namespace evloom::change {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr milliseconds kIdlePoll{20};         // how often stop() looks whether the loops are idle
constexpr milliseconds kLeastLastStop{2000};  // for the instances, once nothing is in flight any more
constexpr const char* kHeldUp = "a loop is held up by a plugin; ending without a proper stop";
constexpr std::uint32_t kWorkQueue = 4096;

std::uint32_t thread_count(const config::Config& config) {
  if (config.threads != 0) return config.threads;
  return std::max(1u, std::thread::hardware_concurrency());
}

// Raises the limit of open files as far as the system allows; gives what it is then.
std::uint64_t raise_file_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace

void Host::EventDeleter::operator()(event* e) const { event_free(e); }

Host::Host(const Options& options, const epoch::Builtins& builtins, observe::Log& log, std::uint32_t threads)
    : options_(options),
      logger_(log.logger("epoch")),
      builtins_(builtins),
      metrics_(threads),
      host_metrics_(metrics_.group()),
      common_{log, metrics_},
      slots_(loop::Loop::kSlots),
      journal_(log),
      listeners_(log),
      generations_(common_, journal_),
      loop_hosts_(threads) {}

Result<std::unique_ptr<Host>> Host::start(epoch::Plan plan, const Options& options,
                                          const epoch::Builtins& builtins, observe::Log& log) {
  std::unique_ptr<Host> host(new Host(options, builtins, log, thread_count(*plan.config)));
  auto status = host->launch(std::move(plan));
  if (status) return host;
  host->end_if_held_up(status.error().message);
  return status.error();
}

// A loop that a plugin holds up cannot be joined, and every further step would wait for it: the process ends
// here.
void Host::give_up(std::string_view why) {
  logger_.error("{}", why);
  common_.log.flush();
  ::_exit(1);
}

void Host::end_if_held_up(std::string_view why) {
  if (!pool_ || pool_->run_everywhere([](loop::Loop&) {}, kLeastLastStop)) return;
  logger_.error("{}", why);
  give_up(kHeldUp);
}

Status Host::launch(epoch::Plan plan) {
  const auto threads = static_cast<std::uint32_t>(loop_hosts_.size());
  const std::uint64_t files = raise_file_limit();
  // Each connection has one, each loop and its plugins some more, and each loop up to 32 for long lists.
  if (files < plan.config->limits.connections + 64 + 48 * std::uint64_t{threads})
    logger_.warn("the limit of open files is {}, too low for limits.connections = {}: raise it (ulimit -n)",
                 files, plan.config->limits.connections);

  auto server_metrics = http::ServerMetrics::create(host_metrics_);
  if (!server_metrics) return server_metrics.error();
  common_.server_metrics = *server_metrics;

  // Each loop thread logs through a ring of its own, from its first to its last moment.
  auto rings = std::make_shared<std::vector<std::unique_ptr<observe::Log::ThreadRing>>>(threads);
  auto pool = loop::Pool::start(threads, {[this, rings](std::uint32_t i) {
                                            (*rings)[i] = std::make_unique<observe::Log::ThreadRing>(
                                                common_.log, static_cast<int>(i));
                                          },
                                          [rings](std::uint32_t i) { (*rings)[i].reset(); }});
  if (!pool) return pool.error();
  pool_ = std::move(*pool);
  common_.pool = pool_.get();
  if (Status status = watch_loops(); !status) return status;
  workers_ = std::make_unique<loop::Workers>(plan.config->work_threads, kWorkQueue);

  plugin::add_base_services(services_);
  epoch::add_request_services(services_);
  context_ = std::make_unique<plugin::HostContext>(
      plugin::HostContext{common_.log, metrics_, *pool_, *workers_, services_, slots_});
  auto vault = plugin::Vault::open();
  if (!vault) return vault.error();
  auto mailbox = loop::Mailbox::create(options_.control, nullptr);
  if (!mailbox) return mailbox.error();
  mailbox_ = std::move(*mailbox);
  timer_.reset(evtimer_new(
      options_.control, [](evutil_socket_t, short, void* self) { static_cast<Host*>(self)->tend(); }, this));
  builder_ = std::make_unique<Builder>(*context_, *vault, builtins_, journal_, options_.interrupt);
  listeners_.set_pool(*pool_);
  changes_ = std::make_unique<Changes>(common_, *builder_, generations_, journal_, listeners_, loop_hosts_,
                                       options_.source, options_.swaps, options_.interrupt);
  up_ = true;
  return changes_->start(std::move(plan));
}

// What holds a loop up all of its requests wait for: that is to be seen, and who it was.
Status Host::watch_loops() {
  std::vector<observe::Histogram> series;
  for (std::uint32_t i = 0; i < pool_->size(); ++i) {
    auto made = host_metrics_.histogram("evloom_loop_lag_seconds",
                                        "How late a loop comes to what is sent to it, asked once a second.",
                                        {{"loop", std::to_string(i)}});
    if (!made) return made.error();
    series.push_back(*made);
  }
  observe::Log& log = common_.log;
  watchdog_ = std::make_unique<loop::Watchdog>(
      *pool_, loop::Watchdog::Hooks{
                  [series = std::move(series)](std::uint32_t loop, std::int64_t ns) {
                    series[loop].observe_ns(loop, ns);
                  },
                  [&log](const loop::Held& held) {
                    const auto ms = held.ns / 1'000'000;
                    if (!held.one_call) {
                      const std::string in =
                          held.what ? std::string(held.what) + " of " + held.who : "no call of a plugin";
                      log.logger("loop").fault(
                          observe::Level::kWarn, held.ended ? "turned" : "stands",
                          "loop {} {} for {} ms, seen in {}: it has more to do than time, or an event that a "
                          "plugin has put on it takes long",
                          held.loop, held.ended ? "had not turned" : "has not turned", ms, in);
                      return;
                    }
                    log.logger(held.who).fault(
                        observe::Level::kWarn, held.ended ? "held" : "holds",
                        "{} {} loop {} for {} ms{}: all else there waits; hand what takes long to the "
                        "workers",
                        held.what, held.ended ? "held" : "has held", held.loop, ms,
                        held.ended ? "" : " and has not returned");
                  }});
  return {};
}

// ---- what operators ask ----------------------------------------------------------------------------------

HostReport Host::report() const {
  HostReport report;
  report.version = options_.version;
  std::error_code ignored;
  report.config = std::filesystem::absolute(options_.source.config, ignored).string();
  report.pid = static_cast<int>(::getpid());
  report.loops = pool_->size();
  report.started = started_;
  report.draining = common_.draining;
  report.listeners = listeners_.urls();
  generations_.report(report);
  report.change = journal_.current();
  report.changes = journal_.count();
  return report;
}

void Host::ask(Command command, std::string by, std::function<void(CommandAnswer)> answer) {
  if (stopping_) return answer(Status(Error{"the host is going down"}));
  if (asked_.fetch_add(1) >= kMostAsked) {
    --asked_;
    return answer(
        Status(Error{std::to_string(kMostAsked) + " commands are waiting already; try again later"}));
  }
  mailbox_->call([this, command = std::move(command), by = std::move(by), answer = std::move(answer)] {
    const bool ending = stopping_ || readable(options_.interrupt);
    answer(ending ? CommandAnswer(Status(Error{"the host is going down"})) : carry_out(command, by));
    --asked_;
    if (!stopping_) tend();
  });
}

CommandAnswer Host::carry_out(const Command& command, const std::string& by) {
  if (const auto* plan = std::get_if<PlanCommand>(&command)) return changes_->plan(*plan);
  if (const auto* reload = std::get_if<ReloadCommand>(&command)) return changes_->carry_out(*reload, by);
  if (const auto* swap = std::get_if<SwapCommand>(&command)) return changes_->carry_out(*swap, by);
  if (const auto* rollback = std::get_if<RollbackCommand>(&command))
    return changes_->carry_out(*rollback, by);
  const bool on = std::get<DrainCommand>(command).on;
  logger_.info("{}, asked by {}",
               on ? "draining: readiness says no, replies end their connections" : "not draining any more",
               by);
  common_.draining = on;
  if (!pool_->run_everywhere(
          [on](loop::Loop& loop) { epoch::LoopHost::of(loop).server().end_keep_alive(on); }, kLeastLastStop))
    return Status(Error{"a loop did not answer in time; it drains when it can"});
  return Status();
}

void Host::tend() {
  const auto next = changes_->tick();
  if (!next) return;
  const auto microseconds = std::chrono::ceil<std::chrono::microseconds>(*next).count();
  const timeval delay{microseconds / 1'000'000, static_cast<suseconds_t>(microseconds % 1'000'000)};
  evtimer_add(timer_.get(), &delay);
}

// ---- the end ---------------------------------------------------------------------------------------------

bool Host::drain(std::string_view why, Clock::time_point until) {
  common_.draining = true;
  if (!pool_->run_everywhere([](loop::Loop& loop) { epoch::LoopHost::of(loop).server().drain(); },
                             until - Clock::now()))
    return false;
  logger_.info("{}: answering what is in flight, then stopping", why);
  for (;;) {
    auto busy = std::make_shared<std::atomic<std::uint32_t>>(0);  // a loop that is held up adds to it later
    const bool answered = pool_->run_everywhere(
        [busy](loop::Loop& loop) {
          epoch::LoopHost& host = epoch::LoopHost::of(loop);
          if (!host.server().idle() || !host.idle()) ++*busy;
        },
        std::max<Clock::duration>(until - Clock::now(), milliseconds(100)));
    if (!answered) return false;
    if (*busy == 0) return true;
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(kIdlePoll);
  }
}

void Host::stop(std::string_view why) {
  stopping_ = true;
  const std::chrono::nanoseconds timeout = generations_.serving()->config().shutdown_timeout;
  const auto begin = Clock::now();
  if (!drain(why, begin + timeout * 9 / 10))
    logger_.warn("shutdown.timeout has passed: what is still in flight is cut off");
  const auto left = std::max<std::chrono::nanoseconds>(begin + timeout - Clock::now(), kLeastLastStop);
  take_down(left);
}

void Host::take_down(std::chrono::nanoseconds timeout) {
  if (!std::exchange(up_, false)) return;
  const auto everywhere = [&](auto function) {
    if (!pool_->run_everywhere(function, timeout)) give_up(kHeldUp);
  };
  everywhere([](loop::Loop& loop) {
    if (loop.context()) epoch::LoopHost::of(loop).server().close_all();
  });
  if (auto status = generations_.stop_all(timeout); !status) give_up(status.error().message);
  everywhere([this](loop::Loop& loop) { loop_hosts_[loop.index()].reset(); });
  generations_.clear();
}

Host::~Host() {
  stopping_ = true;
  if (pool_) take_down(kLeastLastStop);
  timer_.reset();
  mailbox_.reset();  // answers what still waits
  changes_.reset();
  listeners_.clear();
  builder_.reset();
  watchdog_.reset();
  workers_.reset();  // before the loops, to which the last pieces of work return
  pool_.reset();
}

}  // namespace evloom::change
