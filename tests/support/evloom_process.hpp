// Evloom: the real program in a process of its own, from a YAML text to its exit status. The test's thread
// only. The program's path comes from the build (EVLOOM_BINARY), the environment variable of that name
// overrides it.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/http_client.hpp"
#include "support/process.hpp"

namespace evloom::test {

std::string evloom_binary();
// Folder of the plugins that only tests use; EVLOOM_TEST_PLUGINS overrides it.
std::string test_plugins();
// Whether this build is slowed down by a sanitizer; limits in time are then wider.
bool sanitized();
// A time limit as it is in an unsanitized build, widened when need be.
milliseconds widened(milliseconds limit);

// What most tests configure, as YAML: free ports, two threads, the routes / (stats), /hello, /echo,
// /echo/{id}, /files/* (all echo), /livez, /readyz and /metrics. Each text is YAML of one line, in flow
// style.
struct Settings {
  std::string listen = R"([{ http: "127.0.0.1:0" }])";
  std::string counters = "{ plugin: memory }";  // the store
  std::string limits = "{}";
  std::string log = "{}";
  std::string shutdown = "{}";
  std::string epochs = "{}";
  std::string more = "";         // further sections, each line ending in a newline
  std::string more_routes = "";  // further lines below `routes:`, each with two blanks in front
  int threads = 2;
};
std::string yaml(const Settings& settings);

class Evloom {
 public:
  struct Options {
    std::vector<std::pair<std::string, std::string>> environment = {};
    std::uint64_t descriptors = 0;  // RLIMIT_NOFILE
    bool wait = true;               // until it listens
    milliseconds start_limit{10000};
  };

  // Writes `yaml` to a file in its folder and starts `evloom run -c` with it there; throws, with its log,
  // when it does not listen in time.
  explicit Evloom(std::string_view yaml, Options options);
  explicit Evloom(std::string_view yaml) : Evloom(yaml, Options{}) {}
  ~Evloom();

  // The first listener, and all of them in order of the log.
  Address address() const { return addresses_.at(0); }
  const std::vector<Address>& addresses() const { return addresses_; }
  const std::filesystem::path& folder() const { return folder_.path(); }

  Client connect(int receive_buffer = 0) const { return Client(address(), receive_buffer); }
  Response get(std::string_view target, HeaderList headers = {}) const {
    return fetch(address(), test::get(target, headers));
  }
  // GET /readyz answers 200 within `limit`.
  bool wait_ready(milliseconds limit = milliseconds(5000)) const;

  // Starts it once more with the same YAML, in the same folder; the one before must have ended.
  void start_again();
  // SIGKILL.
  void kill();
  // SIGTERM and the wait for the end; what is wrong with that, "" when it ended by itself with status 0 in
  // time and no sanitizer said a word.
  std::string stop(milliseconds limit = milliseconds(15000));

  Process& process() { return *process_; }
  std::string log() const;
  bool log_has(std::string_view text) const { return log().find(text) != std::string::npos; }
  // Waits for a line of the log that holds `text`.
  bool wait_log(std::string_view text, milliseconds limit = milliseconds(5000)) const;

  int descriptors() const;          // open now
  int descriptors_at_rest() const;  // once their number has not changed for 100 ms
  // Waits for `expected`; how many there are in the end.
  int descriptors_settled(int expected, milliseconds limit = milliseconds(5000)) const;
  std::uint64_t resident_bytes() const;
  std::uint64_t resident_peak_bytes() const;
  int threads() const;
  double cpu_seconds() const;  // user and system time so far

 private:
  void start();

  TempDir folder_;
  Options options_;
  std::unique_ptr<Process> process_;
  std::size_t log_start_ = 0;
  std::vector<Address> addresses_;
};

// The report of a sanitizer in a log, "" when there is none.
std::string sanitizer_report(std::string_view log);

}  // namespace evloom::test
