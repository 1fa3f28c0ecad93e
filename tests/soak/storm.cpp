#include "soak/storm.hpp"

#include <algorithm>
#include <optional>
#include <random>

#include "support/ledger.hpp"

namespace evloom::soak {

namespace {

using test::Clock;
using test::milliseconds;

constexpr int kConnections = 64;
constexpr std::size_t kFailures = 5;  // of changes; more tell nothing new
constexpr int kWarmUp = 10;           // changes of each kind before anything is compared

// The changes in an order that is mixed but always the same.
std::vector<Kind> mixed(const StormOptions& options) {
  std::vector<Kind> order;
  const auto add = [&order](std::uint64_t count, Kind kind) { order.insert(order.end(), count, kind); };
  add(options.handlers, Kind::handler);
  add(options.stores, Kind::store);
  add(options.formats, Kind::format);
  add(options.reloads - options.reloads / 2, Kind::reload);
  add(options.reloads / 2, Kind::wrong_reload);
  std::mt19937 random(1);  // NOLINT: the same order each time
  std::shuffle(order.begin(), order.end(), random);
  return order;
}

// One run of it.
class Run {
 public:
  explicit Run(const StormOptions& options) : options_(options), host_(options.store) {}

  StormResult carry_out() {
    warm_up();
    result_.before = at_rest();
    changes();
    result_.after = settled(host_.evloom(), result_.before, test::widened(milliseconds(10000)));
    judge();
    return std::move(result_);
  }

 private:
  test::LoadOptions load_options() {
    return {.address = host_.evloom().address(),
            .bytes = test::get("/"),
            .connections = kConnections,
            .ledger = &ledger_,
            .latencies = &latencies_};
  }

  // Whatever is made once and kept (the allocator's arenas, the log's buffers, caches) is there before it is
  // counted.
  void warm_up() {
    options_.progress("warming up");
    test::Load load(load_options());
    for (int i = 0; i < kWarmUp; ++i)
      for (const Kind kind : kKinds) change(kind, load, false);
    finish(load);
  }

  Resources at_rest() {
    wrong(host_.to_rest());
    std::ignore = host_.evloom().descriptors_at_rest();
    return Resources::of(host_.evloom());
  }

  void changes() {
    const std::vector<Kind> order = mixed(options_);
    const auto began = Clock::now();
    const auto before = latencies_.counts();
    test::Load load(load_options());
    if (!load.wait_good(1000, test::widened(milliseconds(10000)))) wrong("the load does not get going");
    std::optional<Wrk> wrk;
    if (options_.wrk && Wrk::available()) wrk.emplace(host_.evloom().address(), host_.evloom().folder());

    std::size_t made = 0;
    auto told = began;
    do {
      for (const Kind kind : order) {
        change(kind, load, true);
        result_.memory.sample(host_.evloom().resident_bytes());
        ++made;
        if (result_.wrong.size() > kFailures) break;
        if (const auto now = Clock::now(); now - told > std::chrono::seconds(1)) {
          told = now;
          options_.progress(std::to_string(made) + " changes, " + std::to_string(load.good()) + " answers");
        }
      }
    } while (Clock::now() - began < options_.time && result_.wrong.size() <= kFailures);
    result_.lasted = std::chrono::duration_cast<std::chrono::seconds>(Clock::now() - began);
    for (auto& [kind, times] : result_.took) std::sort(times.begin(), times.end());

    if (wrk) result_.wrk = wrk->stop();
    finish(load);
    result_.p99 = test::Latencies::percentile(test::Latencies::between(before, latencies_.counts()), 0.99);
    wrong(host_.to_rest());
  }

  void change(Kind kind, test::Load& load, bool counts) {
    const Made made = host_.make(kind);
    wrong(made.wrong.empty() ? "" : std::string(name_of(kind)) + ": " + made.wrong);
    if (counts) result_.took[kind].push_back(made.took);
    // Between two changes some requests are served by what is new.
    if (!load.wait_good(kConnections, test::widened(milliseconds(10000)))) wrong("no more answers come");
  }

  void finish(test::Load& load) {
    const test::LoadResult result = load.stop();
    if (result.with(200) != result.answered() || result.lost() != 0 || result.refused != 0)
      wrong("load: " + result.summary());
    result_.load.merge(result);
  }

  void judge() {
    const WrkResult& wrk = result_.wrk;
    wrong(wrk.wrong);
    if (wrk.not_2xx != 0) wrong("wrk: " + std::to_string(wrk.not_2xx) + " answers that are not 2xx");
    if (wrk.socket_errors != 0) wrong("wrk: " + std::to_string(wrk.socket_errors) + " socket errors");
    wrong(violations(host_.stored_total(), wrk.requests - wrk.not_2xx, wrk.not_2xx));
    wrong(difference(result_.before, result_.after));
    if (options_.growth != 0 && result_.memory.growth() > static_cast<std::int64_t>(options_.growth))
      wrong("resident memory grew by " + std::to_string(result_.memory.growth() >> 10) + " KiB");
    wrong(host_.evloom().stop());
    if (result_.wrong.empty()) return;
    const auto log = std::filesystem::temp_directory_path() / ("evloom-soak-" + options_.store + ".log");
    test::write_file(log, host_.evloom().log());
    wrong("the host's log is kept: " + log.string());
  }

  // wrk's requests are in the store's totals, though not in the ledger; and what was under way when it went
  // may be.
  std::string violations(std::int64_t stored, std::uint64_t by_wrk, std::uint64_t refused) {
    if (by_wrk + refused == 0) return ledger_.violations(stored);
    std::string text = ledger_.violations();
    const auto rest = stored - static_cast<std::int64_t>(by_wrk);
    const auto least = static_cast<std::int64_t>(ledger_.acknowledged_count());
    const auto unknown = static_cast<std::int64_t>(ledger_.unknown_count() + refused) + Wrk::kConnections;
    if (rest < least || rest > least + unknown || stored < ledger_.highest_total())
      text += "the store holds " + std::to_string(stored) + "; acknowledged were " + std::to_string(least) +
              ", by wrk " + std::to_string(by_wrk) + '\n';
    return text;
  }

  void wrong(const std::string& what) {
    if (!what.empty()) result_.wrong.push_back(what);
  }

  const StormOptions& options_;
  Host host_;
  test::Ledger ledger_;
  test::Latencies latencies_;
  StormResult result_;
};

}  // namespace

std::uint64_t StormResult::changes() const {
  std::uint64_t sum = 0;
  for (const auto& [kind, times] : took) sum += times.size();
  return sum;
}

StormResult storm(const StormOptions& options) { return Run(options).carry_out(); }

}  // namespace evloom::soak
