#include "plugin/misbehaviour.hpp"

namespace evloom::plugin {

const char* misbehaviour_name(Misbehaviour kind) {
  switch (kind) {
    case Misbehaviour::exception:
      return "exception";
    case Misbehaviour::bad_argument:
      return "bad_argument";
    case Misbehaviour::wrong_thread:
      return "wrong_thread";
    case Misbehaviour::wrong_state:
      return "wrong_state";
    case Misbehaviour::left_behind:
      return "left_behind";
    case Misbehaviour::count_:
      break;
  }
  return "unknown";
}

std::string blame_text(std::string_view what, std::string_view file) {
  return std::string(what).append(" [").append(file).append("]");
}

std::string threw_text(const char* function, const char* what) {
  return std::string(function) + " threw: " + what +
         "; catch it inside: no exception may leave a function of the ABI";
}

std::string timers_left_text(std::size_t count) {
  return "thread_stop left " + std::to_string(count) + " timers behind; they were cancelled";
}

std::string events_left_text(std::size_t count, std::uint32_t loop) {
  return std::to_string(count) + (count == 1 ? " event was" : " events were") + " left on loop " +
         std::to_string(loop) + "; taken off";
}

std::string thread_left_text(const Task& thread) {
  return "destroy left thread " + std::to_string(thread.id) + " ('" + thread.name + "') running";
}

}  // namespace evloom::plugin
