// Reports: what a running host tells of itself and of its changes, as plain values: made on the control
// thread, then read by anyone. The admin API turns them into JSON, the command line into tables.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace evloom::change {

// What a change does to one thing. '+' comes, '-' goes, '~' changes; both values as text, the absent one
// empty.
struct Difference {
  char sign = '~';
  std::string kind;  // "listener", "instance", "route", "setting"
  std::string name;  // "http://127.0.0.1:9090", "stats", "/", "limits.idle_timeout"
  std::string before;
  std::string after;
};

// One step of a change: "plan", "admit", "preflight", "load", "warm", "listen", "hold", "hand over", "flip",
// "canary", "drain", "retire", "unload".
struct StepReport {
  std::string name;
  std::chrono::nanoseconds took{0};
  std::string text;  // what there is to say of it; may be empty
};

// What became of a plugin file's code once nobody used it any more.
struct CodeReport {
  std::string plugin;
  std::string build_id;
  std::string file;  // the original
  bool unmapped = false;
  std::string reason;  // why it is kept; empty when it is unmapped
};

// An instance that a change has built.
struct BuiltReport {
  std::string instance;
  std::string plugin;
  std::string build_id;
  std::string file;
};

enum class ChangeKind : std::uint8_t { start, reload, swap, rollback };
std::string_view to_string(ChangeKind kind);

// running: under way. serving: done. unchanged: there was nothing to do. refused: nothing was begun. failed:
// the epoch before serves on; after a start, this process does not serve.
enum class Outcome : std::uint8_t { running, serving, unchanged, refused, failed };
std::string_view to_string(Outcome outcome);

struct ChangeReport {
  std::uint64_t number = 0;
  ChangeKind kind = ChangeKind::reload;
  std::string subject;  // of a swap: "stats /path/stats.so"; else empty
  std::string by;       // "start", "SIGHUP", "admin"
  WallTime began;
  std::chrono::nanoseconds took{0};  // until it served, or failed
  Outcome outcome = Outcome::running;
  // Of a failure: the whole text (errors of a YAML file: one line each), the step and, if known, the
  // instance.
  std::string error;
  std::string failed_step;
  std::string failed_instance;
  std::vector<StepReport> steps;
  std::vector<Difference> differences;
  std::vector<BuiltReport> built;
  std::uint64_t epoch = 0;  // that serves now

  // The epoch that it replaced. Filled in later by what happens to it.
  struct Before {
    std::uint64_t epoch = 0;
    std::uint64_t pinned = 0;                         // its requests under way at the flip
    std::optional<std::chrono::nanoseconds> drained;  // after the flip
    std::optional<std::chrono::nanoseconds> retired;  // after the flip
    std::uint64_t cut_off = 0;                        // requests answered with 503 at epochs.drain_timeout
    std::vector<CodeReport> code;
  };
  std::optional<Before> before;
};

// serving, draining (requests are under way in it), standby (warm, for a roll-back), retiring (its instances
// are being stopped).
enum class EpochState : std::uint8_t { serving, draining, standby, retiring };
std::string_view to_string(EpochState state);

struct EpochReport {
  std::uint64_t number = 0;
  EpochState state = EpochState::serving;
  WallTime since;              // of this state
  std::uint64_t requests = 0;  // under way
  std::vector<std::string> instances;
};

struct InstanceReport {
  std::string name;
  std::string kind;  // "handler", "store", "format"
  std::string plugin;
  std::string version;
  std::string build_id;
  std::string file;
  std::string sha256;
  bool swapped = false;               // its file was named by a swap, not found by plugins.path
  std::vector<std::uint64_t> epochs;  // that use it
  std::uint64_t in_flight = 0;        // requests, messages, batches, pieces of work
  std::uint64_t misbehaviours = 0;
  std::string blame;  // what they were, the first of each kind; empty when there was none
  WallTime started;
};

struct HostReport {
  std::string version;
  std::string config;  // the file
  int pid = 0;
  std::uint32_t loops = 0;
  WallTime started;
  bool draining = false;
  std::vector<std::string> listeners;  // urls
  std::vector<EpochReport> epochs;     // the serving one first
  std::vector<InstanceReport> instances;
  std::optional<ChangeReport> change;  // under way
  std::uint64_t changes = 0;           // so far
};

}  // namespace evloom::change
