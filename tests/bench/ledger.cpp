// bench_ledger: full load on the stats route of a host that runs, every answer written into the ledger, and
// in the end whether all of them can be true together and agree with the store. One line of JSON; status 1
// when not.
//
//   bench_ledger --port 9090 --connections 256 --seconds 2
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <exception>
#include <map>
#include <string>
#include <string_view>
#include <thread>

#include <nlohmann/json.hpp>

#include "support/load.hpp"
#include "support/stats.hpp"

namespace {

using namespace evloom;

// Options with numbers alone; false when one is unknown or no number.
bool parse(int argc, char** argv, std::map<std::string_view, int>& options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view text = argv[i + 1];
    const auto option = options.find(argv[i]);
    int value = 0;
    const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
    if (option == options.end() || read.ec != std::errc() || read.ptr != text.data() + text.size())
      return false;
    option->second = value;
  }
  return argc % 2 == 1 && options["--port"] > 0 && options["--port"] < 65536;
}

int run(const std::map<std::string_view, int>& options) {
  test::Ledger ledger;
  test::LoadOptions asked;
  asked.address.port = static_cast<std::uint16_t>(options.at("--port"));
  asked.bytes = test::get("/");
  asked.connections = options.at("--connections");
  asked.ledger = &ledger;
  test::Load load(asked);
  std::this_thread::sleep_for(std::chrono::seconds(options.at("--seconds")));
  const test::LoadResult result = load.stop();

  // One more request tells what the store has counted before it.
  std::string why;
  const test::Response last = test::fetch(asked.address, asked.bytes);
  const auto stats = test::parse_stats(last.body, why);
  std::string wrong = stats ? ledger.violations(stats->total - 1) : "the last answer is no stats: " + why;
  if (result.answered() != result.with(200) || result.lost() != 0 || result.refused != 0)
    wrong += "not every request was answered with 200: " + result.summary();
  const nlohmann::json told = {{"acknowledged", ledger.acknowledged_count()},
                               {"unknown", ledger.unknown_count()},
                               {"stored", stats ? stats->total - 1 : -1},
                               {"wrong", wrong}};
  printf("%s\n", told.dump().c_str());
  return wrong.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string_view, int> options = {{"--port", 0}, {"--connections", 256}, {"--seconds", 2}};
  if (!parse(argc, argv, options)) {
    fprintf(stderr, "usage: bench_ledger --port N [--connections N] [--seconds N]\n");
    return 2;
  }
  try {
    return run(options);
  } catch (const std::exception& error) {
    fprintf(stderr, "bench_ledger: %s\n", error.what());
    return 1;
  }
}
