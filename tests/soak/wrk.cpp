#include "soak/wrk.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <sstream>

namespace evloom::soak {

bool Wrk::available() {
  std::istringstream path(getenv("PATH") ? getenv("PATH") : "");
  for (std::string folder; std::getline(path, folder, ':');)
    if (::access((folder + "/wrk").c_str(), X_OK) == 0) return true;
  return false;
}

Wrk::Wrk(const test::Address& address, const std::filesystem::path& folder)
    : process_(std::make_unique<test::Process>(test::Process::Options{
          .command = {"wrk", "-t1", "-c" + std::to_string(kConnections), "-d24h", "--latency",
                      "http://" + address.host + ':' + std::to_string(address.port) + '/'},
          .output = folder / "wrk.out",
          .errors = folder / "wrk.err"})) {}

WrkResult Wrk::stop() {
  process_->signal(SIGINT);  // it prints its result all the same
  const auto exit = process_->wait(test::milliseconds(10000));
  if (!exit || *exit != test::Exit{0, 0})
    return {0, 0, 0, {}, "wrk: " + (exit ? describe(*exit) : "does not end") + "\n" + process_->errors()};
  return parse_wrk(process_->output());
}

// A loop over words: GCC's <regex> cannot be compiled without warnings under the sanitizers.
WrkResult parse_wrk(const std::string& text) {
  WrkResult result;
  bool told = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first, word;
    words >> first;
    if (line.find(" requests in ") != std::string::npos) {
      result.requests = std::stoull(first);
      told = true;
    } else if (first == "99%") {
      words >> result.p99;
    } else if (first == "Non-2xx") {
      result.not_2xx = std::stoull(line.substr(line.rfind(' ') + 1));
    } else if (first == "Socket") {
      // "errors: connect 1, read 2, write 3, timeout 4"
      for (std::uint64_t count = 0; words >> word;)
        if ((std::istringstream(word) >> count)) result.socket_errors += count;
    }
  }
  if (!told) result.wrong = "wrk printed no result: " + text;
  return result;
}

}  // namespace evloom::soak
