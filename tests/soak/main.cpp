// soak: the long form of what hot swapping must show, for an operator's terminal (`./dev soak`): storms of
// changes under load over Redis and LMDB, then the latency of requests with and without them. Ends with
// status 1 when anything did not hold.
#include <stdio.h>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "soak/print.hpp"
#include "soak/storm.hpp"
#include "soak/windows.hpp"

namespace evloom::soak {
namespace {

struct Asked {
  std::vector<std::string> stores = {"redis", "lmdb"};
  StormOptions storm;
  WindowOptions windows;
  std::uint64_t minutes = 0;
  bool no_wrk = false;
  bool no_storm = false;
};

void add_options(CLI::App& app, Asked& asked) {
  app.add_option("--store", asked.stores, "The stores under it")
      ->check(CLI::IsMember({"redis", "lmdb"}))
      ->capture_default_str();
  app.add_option("--swaps", asked.storm.handlers, "Swaps of the handler")->capture_default_str();
  app.add_option("--store-swaps", asked.storm.stores, "Swaps of the store")->capture_default_str();
  app.add_option("--format-swaps", asked.storm.formats, "Swaps of the format")->capture_default_str();
  app.add_option("--reloads", asked.storm.reloads, "Reloads, half of them of an invalid file")
      ->capture_default_str();
  app.add_option("--minutes", asked.minutes,
                 "For each store: all of these again and again until so much time has passed");
  app.add_flag("--no-wrk", asked.no_wrk, "Without wrk beside the load of our own");
  app.add_flag("--no-storm", asked.no_storm, "The latencies alone");
  app.add_option("--pairs", asked.windows.pairs, "Windows of each kind for the latencies; 0: none")
      ->capture_default_str();
  app.add_option("--rate", asked.windows.rate, "Requests a second in these windows")->capture_default_str();
}

// Runs one part with its progress in the terminal's last line.
template <typename Part>
auto shown(const std::string& title, Part part) {
  const bool live = ::isatty(STDOUT_FILENO) == 1;
  printf("%s%s", title.c_str(), live ? "" : "\n");
  fflush(stdout);
  auto result = part([&](const std::string& text) {
    if (!live) return;
    printf("\r\033[K%s: %s", title.c_str(), text.c_str());
    fflush(stdout);
  });
  if (live) printf("\r\033[K%s\n", title.c_str());
  return result;
}

bool run_windows(WindowOptions options, const std::string& title, double limit) {
  const WindowResult result = shown(title, [&](auto progress) {
    options.progress = progress;
    return windows(options);
  });
  return print(result, limit);
}

// Judged is what the promise is about: 64 connections that ask as fast as they are answered. At a fixed rate
// far below that, a quiet p99 is a fraction of the time for which the kernel lets the trial process run at a
// stretch, and a hand-over holds requests by design: those windows are told.
bool all_windows(WindowOptions options) {
  if (options.pairs == 0) return true;
  const std::string over = "latency over " + options.store + ", ";
  const std::string paced = over + std::to_string(static_cast<int>(options.rate)) + " requests a second, ";
  const double rate = options.rate;
  options.kinds = {Kind::handler, Kind::format};
  options.rate = 0;
  const bool good =
      run_windows(options, over + "64 connections at full speed, swaps of handler and format", kMostRatio);
  options.rate = rate;
  run_windows(options, paced + "swaps of handler and format", 0);
  options.kinds = {Kind::store};
  run_windows(options, paced + "swaps of the store", 0);
  return good;
}

int run(int argc, char** argv) {
  CLI::App app{"Swaps and reloads a host under load, and says whether anybody noticed.", "./dev soak"};
  Asked asked;
  add_options(app, asked);
  CLI11_PARSE(app, argc, argv);
  asked.storm.time = std::chrono::minutes(asked.minutes);
  asked.storm.wrk = !asked.no_wrk;
  bool good = true;
  for (const std::string& store : asked.stores) {
    asked.storm.store = asked.windows.store = store;
    if (!asked.no_storm) {
      const StormResult result = shown("storm over " + store, [&](auto progress) {
        asked.storm.progress = progress;
        return storm(asked.storm);
      });
      good &= print(result);
    }
    good &= all_windows(asked.windows);
  }
  printf("%s\n", good ? "all held" : "NOT all held: see above");
  return good ? 0 : 1;
}

}  // namespace
}  // namespace evloom::soak

int main(int argc, char** argv) {
  try {
    return evloom::soak::run(argc, argv);
  } catch (const std::exception& error) {
    fprintf(stderr, "soak: %s\n", error.what());
    return 1;
  }
}
