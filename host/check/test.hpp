// Test: one thing that a plugin must do, tried in a process of its own; and the table of all of them. The
// files tests_*.cpp hold them, one idea each.
#pragma once

#include <functional>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "check/stage.hpp"
#include "check/subject.hpp"

namespace evloom::check {

struct Verdict {
  enum class Kind : std::uint8_t { passed, failed, skipped };
  Kind kind = Kind::passed;
  std::string reason;              // of a failure; why it was skipped
  std::vector<std::string> notes;  // worth knowing, and no fault
};
inline Verdict passed(std::vector<std::string> notes = {}) {
  return {Verdict::Kind::passed, {}, std::move(notes)};
}
inline Verdict failed(std::string reason) { return {Verdict::Kind::failed, std::move(reason), {}}; }
inline Verdict skipped(std::string reason) { return {Verdict::Kind::skipped, std::move(reason), {}}; }

// What a test works with.
struct Run {
  const Subject& subject;
  const std::shared_ptr<plugin::Vault>& vault;
  std::mt19937_64& random;
  // Said before a step that may crash or hang, so that a failure names it.
  std::function<void(const std::string& step)> step;
};

struct Test {
  const char* name;
  const char* proves;  // one line, for --list and the page
  const char* after;   // tests that must have passed, separated by blanks; else it is skipped
  Verdict (*run)(Run& run);
};

// In the order in which they are run.
std::span<const Test> tests();
const Test* find_test(std::string_view name);

// tests_file.cpp: none of the plugin's code runs, but in the last.
Verdict test_note(Run& run);
Verdict test_exports(Run& run);
Verdict test_libraries(Run& run);
Verdict test_load(Run& run);

// tests_life.cpp: instances come and go.
Verdict test_create(Run& run);
Verdict test_life(Run& run);
Verdict test_unknown_ids(Run& run);
Verdict test_leftovers(Run& run);
Verdict test_loops(Run& run);
Verdict test_cycles(Run& run);

Verdict test_options(Run& run);  // tests_options.cpp
Verdict test_store(Run& run);    // tests_store.cpp
Verdict test_format(Run& run);   // tests_format.cpp
Verdict test_state(Run& run);    // tests_state.cpp
Verdict test_swap(Run& run);     // tests_swap.cpp

// tests_handler.cpp, in the SDK's testkit.
Verdict test_larger_structs(Run& run);
Verdict test_missing_interfaces(Run& run);
Verdict test_requests(Run& run);
Verdict test_cancel(Run& run);
Verdict test_stores(Run& run);

// The whole life of an instance on a stage, from the file on, with each step said; `meanwhile` between start
// and stop. Its library, which is to be unloaded, or the first failure. What thread_stop left on a loop is a
// failure with `meanwhile` only; `left` gets the words for it.
Result<std::shared_ptr<plugin::Library>> live(Run& run, Stage& stage,
                                              const std::function<Status(plugin::Instance&)>& meanwhile = {},
                                              std::string* left = nullptr);
// "exception 2 times, first: drain threw: ..."; empty when there was none.
std::string misbehaviours(const plugin::Instance& instance);

}  // namespace evloom::check
