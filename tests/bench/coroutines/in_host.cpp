// The C handler and the coroutine of main.cpp in the real program, over HTTP, on one loop and the memory
// store: CPU time of the host per request, in paired rounds. Fails when an answer is not 200, or, with
// `--most PERCENT`, when the coroutine's median is more than that above the C handler's.
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "support/evloom_process.hpp"
#include "support/load.hpp"

namespace {

using namespace evloom::test;

std::size_t number_after(int count, char** words, const char* name, std::size_t otherwise) {
  for (int i = 1; i + 1 < count; ++i)
    if (std::strcmp(words[i], name) == 0) return std::strtoull(words[i + 1], nullptr, 10);
  return otherwise;
}

// Of another process, in nanoseconds.
double cpu_of(pid_t process) {
  clockid_t clock{};
  timespec time{};
  if (clock_getcpuclockid(process, &clock) != 0 || clock_gettime(clock, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

}  // namespace

int main(int count, char** words) {
  const std::size_t rounds = number_after(count, words, "--rounds", 5);
  const std::size_t requests = number_after(count, words, "--requests", 5000);
  const std::size_t most = number_after(count, words, "--most", 0);

  const std::filesystem::path plugins =
      std::filesystem::path(evloom_binary()).parent_path().parent_path() / "lib/evloom/plugins";
  Evloom host("threads: 1\nlisten: [{ http: \"127.0.0.1:0\" }]\nplugins: { path: [\"" + plugins.string() +
              "\", \"" + COROUTINE_PLUGINS + "\"] }\nstores: { counters: { plugin: memory } }\nroutes:\n" +
              "  - { path: \"/in_c\", handler: in_c, store: counters }\n" +
              "  - { path: \"/in_coroutine\", handler: in_coroutine, store: counters }\n");
  const std::vector<std::string> names = {"in_c", "in_coroutine"};
  std::vector<std::vector<double>> times(names.size());
  for (std::size_t round = 0; round <= rounds; ++round) {  // the first one warms up
    for (std::size_t i = 0; i < names.size(); ++i) {
      const std::size_t which = (i + round) % names.size();
      const double begin = cpu_of(host.process().pid());
      const LoadResult result = run_load({.address = host.address(),
                                          .bytes = get("/" + names[which]),
                                          .connections = 32,
                                          .threads = 1,
                                          .requests = requests});
      const double spent = cpu_of(host.process().pid()) - begin;
      if (result.with(200) != requests) {
        std::printf("%s: %s\n", names[which].c_str(), result.summary().c_str());
        return 1;
      }
      if (round != 0) times[which].push_back(spent / static_cast<double>(requests));
    }
  }
  std::vector<double> ratios;
  for (std::size_t i = 0; i < rounds; ++i) ratios.push_back(times[1][i] / times[0][i]);
  std::printf(
      "in the host: in_c %.0f ns, in_coroutine %.0f ns of CPU a request (medians of %zu rounds of %zu): "
      "%.3f\n",
      median(times[0]), median(times[1]), rounds, requests, median(ratios));
  const std::string end = host.stop();
  if (!end.empty()) {
    std::printf("%s\n", end.c_str());
    return 1;
  }
  return most != 0 && median(ratios) > 1 + static_cast<double>(most) / 100 ? 1 : 0;
}
