#include "epoch/host.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <thread>
#include <utility>

#include "epoch/services.hpp"

namespace evloom::epoch {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kStartTimeout{30};  // of one instance on all loops, and of what the host does there itself
constexpr milliseconds kPoll{20};     // how often stop() looks whether the loops are idle
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

Result<http::ListenerSpec> spec_of(const config::Listener& from) {
  http::ListenerSpec spec;
  auto address = from.http ? http::parse_address(from.http->to_string()) : http::unix_address(from.unix_path);
  if (!address) return Error{from.position.to_string() + ": " + address.error().message};
  spec.address = *address;
  spec.mode = from.mode;
  spec.backlog = from.backlog;
  return spec;
}

}  // namespace

Host::Host(observe::Log& log, const Builtins& builtins, std::uint32_t threads)
    : logger_(log.logger("epoch")),
      builtins_(builtins),
      metrics_(threads),
      host_metrics_(metrics_.group()),
      common_{log, metrics_},
      slots_(loop::Loop::kSlots),
      loop_hosts_(threads) {}

Result<std::unique_ptr<Host>> Host::start(const Plan& plan, const Builtins& builtins, observe::Log& log) {
  std::unique_ptr<Host> host(new Host(log, builtins, thread_count(*plan.config)));
  auto status = host->launch(plan);
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

Status Host::launch(const Plan& plan) {
  const auto threads = static_cast<std::uint32_t>(loop_hosts_.size());
  const std::uint64_t files = raise_file_limit();
  // Each connection has one, each loop and its plugins some more.
  if (files < plan.config->limits.connections + 64 + 16 * std::uint64_t{threads})
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
  workers_ = std::make_unique<loop::Workers>(plan.config->work_threads, kWorkQueue);

  plugin::add_base_services(services_);
  add_request_services(services_);
  context_ = std::make_unique<plugin::HostContext>(
      plugin::HostContext{common_.log, metrics_, *pool_, *workers_, services_, slots_});
  auto vault = plugin::Vault::open();
  if (!vault) return vault.error();
  auto epoch = Builder(*context_, *vault, builtins_).build(1, plan, kStartTimeout);
  if (!epoch) return epoch.error();
  epoch_ = std::move(*epoch);
  up_ = true;
  for (const auto& instance : epoch_->instances)
    logger_.info("started {} (build {})", instance->label(),
                 instance->library().facts().build_id.substr(0, 12));

  if (!pool_->run_everywhere(
          [this](loop::Loop& loop) {
            loop_hosts_[loop.index()] = std::make_unique<LoopHost>(loop, *epoch_, common_);
          },
          kStartTimeout))
    return Error{"a loop did not take up the first epoch in time"};
  return listen();
}

Status Host::listen() {
  for (const config::Listener& from : epoch_->config->listen) {
    auto spec = spec_of(from);
    if (!spec) return spec.error();
    auto bound = http::BoundListener::bind(std::move(*spec), loops());
    if (!bound) return Error{from.position.to_string() + ": " + bound.error().message};
    listeners_.push_back(std::move(*bound));
  }
  // Every address is ours: only now does any of them accept.
  for (http::BoundListener& bound : listeners_) {
    auto results = std::make_shared<std::vector<Status>>(loops());
    if (!pool_->run_everywhere(
            [results, &bound](loop::Loop& loop) {
              (*results)[loop.index()] =
                  LoopHost::of(loop).server().listen(bound.spec(), bound.take(loop.index()));
            },
            kStartTimeout))
      return Error{"a loop did not begin to listen in time"};
    for (const Status& status : *results)
      if (!status) return status.error();
    logger_.info("listening on {}", bound.spec().url());
  }
  return {};
}

std::vector<std::string> Host::urls() const {
  std::vector<std::string> urls;
  for (const http::BoundListener& bound : listeners_) urls.push_back(bound.spec().url());
  return urls;
}

bool Host::drain(std::string_view why, Clock::time_point until) {
  common_.draining = true;
  if (!pool_->run_everywhere([](loop::Loop& loop) { LoopHost::of(loop).server().drain(); },
                             until - Clock::now()))
    return false;
  logger_.info("{}: answering what is in flight, then stopping", why);
  for (;;) {
    auto busy = std::make_shared<std::atomic<std::uint32_t>>(0);  // a loop that is held up adds to it later
    const bool answered = pool_->run_everywhere(
        [busy](loop::Loop& loop) {
          LoopHost& host = LoopHost::of(loop);
          if (!host.server().idle() || !host.idle()) ++*busy;
        },
        std::max<Clock::duration>(until - Clock::now(), milliseconds(100)));
    if (!answered) return false;
    if (*busy == 0) return true;
    if (Clock::now() >= until) return false;
    std::this_thread::sleep_for(kPoll);
  }
}

void Host::stop(std::string_view why, std::chrono::nanoseconds timeout) {
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
    if (loop.context()) LoopHost::of(loop).server().close_all();
  });
  everywhere([](loop::Loop& loop) {
    if (loop.context()) LoopHost::of(loop).close_stores();
  });
  if (auto status = retire(*epoch_, timeout); !status) give_up(status.error().message);
  everywhere([](loop::Loop&) {});  // whatever loops had still sent each other has arrived after this
  everywhere([this](loop::Loop& loop) { loop_hosts_[loop.index()].reset(); });
}

Host::~Host() {
  if (pool_) take_down(kLeastLastStop);
  listeners_.clear();
  epoch_.reset();
  workers_.reset();  // before the loops, to which the last pieces of work return
  pool_.reset();
}

}  // namespace evloom::epoch
