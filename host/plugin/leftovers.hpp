// What a plugin may leave in the process when its instance is gone, and how it is found: code that is still
// mapped, events on a loop that lead into that code, threads of its own. Reads /proc; a file's mappings are
// known by its path, which admission has made unique.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

struct event_base;

namespace evloom::plugin {

// Whether a mapping of the file is in this process, also when the file has been removed. [any]
bool is_mapped(const std::filesystem::path& file);

// The executable mappings of a file. Immutable; any thread.
class Code {
 public:
  Code() = default;
  static Code of(const std::filesystem::path& file);
  bool contains(const void* address) const;

 private:
  struct Range {
    std::uintptr_t begin, end;
  };
  std::vector<Range> ranges_;
};

// Takes every event off the base whose callback lies in `code`; gives how many. They cannot fire any more;
// their memory is the plugin's. Not seen: what libevent calls on a plugin's behalf (event_base_once,
// bufferevents). [loop]
std::uint32_t take_events(event_base* base, const Code& code);

// A thread of this process. The time of its start tells it from a later one that got its number.
struct Task {
  pid_t id = 0;
  std::uint64_t start = 0;  // in clock ticks since the boot
  std::string name;
  bool operator==(const Task& other) const { return id == other.id && start == other.start; }
};

// Those that live now, and of those the ones that are not in `before`. [any]
std::vector<Task> tasks();
std::vector<Task> tasks_since(const std::vector<Task>& before);
bool is_alive(const Task& task);

}  // namespace evloom::plugin
