// Misbehaviour: what a plugin may do wrong without the host being any the worse for it, and the words for it.
// The host and the SDK's test kit have the same. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "plugin/leftovers.hpp"

namespace evloom::plugin {

// It is refused, counted and logged.
enum class Misbehaviour : std::uint8_t {
  exception,     // threw out of a C function
  bad_argument,  // a null pointer, a wrong size, a value out of range
  wrong_thread,  // called the host from a thread that the function's tag forbids
  wrong_state,   // called too early, too late, or twice
  left_behind,   // left timers or events on a loop when it was stopped, or a thread when it was destroyed
  count_
};

// The label of evloom_instance_misbehaviour_total, and the key of the log line.
const char* misbehaviour_name(Misbehaviour kind);

// The whole line: what the plugin did, and the file that it was made from.
std::string blame_text(std::string_view what, std::string_view file);

// What it did, where more than one place says so.
std::string threw_text(const char* function, const char* what);
std::string timers_left_text(std::size_t count);
std::string events_left_text(std::size_t count, std::uint32_t loop);
std::string thread_left_text(const Task& thread);

}  // namespace evloom::plugin
