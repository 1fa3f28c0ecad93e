#include "soak/wrk.hpp"

#include <signal.h>
#include <unistd.h>

#include <cstdlib>
#include <regex>
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

WrkResult parse_wrk(const std::string& text) {
  WrkResult result;
  std::smatch found;
  if (!std::regex_search(text, found, std::regex("(\\d+) requests in "))) {
    result.wrong = "wrk printed no result: " + text;
    return result;
  }
  result.requests = std::stoull(found[1]);
  if (std::regex_search(text, found, std::regex("Non-2xx or 3xx responses: (\\d+)")))
    result.not_2xx = std::stoull(found[1]);
  if (std::regex_search(
          text, found,
          std::regex("Socket errors: connect (\\d+), read (\\d+), write (\\d+), timeout (\\d+)")))
    for (std::size_t i = 1; i <= 4; ++i) result.socket_errors += std::stoull(found[i]);
  if (std::regex_search(text, found, std::regex("99%\\s+(\\S+)"))) result.p99 = found[1];
  return result;
}

}  // namespace evloom::soak
