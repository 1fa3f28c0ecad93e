// Process: a child of the test, its output in files, ended by its own pid when the object goes.
// unused_port and wait_until are what nearly every such test needs besides. Used by the test's
// thread; failures are thrown as std::runtime_error with what happened, which GoogleTest reports.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "support/temp_dir.hpp"

namespace evloom::test {

using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

// Asks `condition` every few milliseconds until it holds; false when `limit` has passed without.
bool wait_until(milliseconds limit, const std::function<bool()>& condition);

// A port of 127.0.0.1 that was free a moment ago. What can bind port 0 itself should rather do that.
std::uint16_t unused_port();

// All of a file, "" when it cannot be read.
std::string read_file(const std::filesystem::path& file);
void write_file(const std::filesystem::path& file, std::string_view text);

// How a process ended: by `code`, or by `signal` when that is not 0.
struct Exit {
  int code = 0;
  int signal = 0;
  bool operator==(const Exit&) const = default;
};
std::string describe(const Exit& exit);

class Process {
 public:
  struct Options {
    std::vector<std::string> command = {};  // the program's path or name, then its arguments
    std::vector<std::pair<std::string, std::string>> environment = {};  // set besides the test's own
    std::filesystem::path folder = {};                                  // to run in; empty: the test's own
    std::filesystem::path output = {};  // files that get stdout and stderr, appended
    std::filesystem::path errors = {};
    std::uint64_t descriptors = 0;  // RLIMIT_NOFILE; 0: as it is
  };

  // Starts it. The child dies with the test, whatever becomes of that.
  explicit Process(Options options);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();  // SIGKILL if it still runs

  pid_t pid() const { return pid_; }
  bool running();
  void signal(int number);
  // How it ended, or nothing when it still runs after `limit`.
  std::optional<Exit> wait(milliseconds limit);
  // SIGKILL, and gone when this returns.
  Exit kill();

  std::string output() const { return read_file(options_.output); }
  std::string errors() const { return read_file(options_.errors); }

 private:
  Options options_;
  pid_t pid_ = -1;
  std::optional<Exit> exit_;
};

// Runs a command to its end; throws when it takes longer than `limit`.
struct Outcome {
  Exit exit;
  std::string output;
  std::string errors;
};
Outcome run(std::vector<std::string> command, milliseconds limit = milliseconds(10000));

}  // namespace evloom::test
