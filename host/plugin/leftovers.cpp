#include "plugin/leftovers.hpp"

#include <dirent.h>
#include <event2/event.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <optional>
#include <string_view>

namespace evloom::plugin {

namespace {

// Calls `use` with each line of /proc/self/maps that is a mapping of the file; until it gives false.
template <typename Use>
void each_mapping(const std::filesystem::path& file, Use use) {
  std::ifstream maps("/proc/self/maps");
  for (std::string line; std::getline(maps, line);)
    if (line.find(file.native()) != std::string::npos && !use(line)) return;
}

// The thread as /proc tells it: "ID (NAME) STATE ..."; the start is field 22. None when it has gone.
std::optional<Task> read_task(pid_t id) {
  std::ifstream in("/proc/self/task/" + std::to_string(id) + "/stat");
  std::string line;
  if (!std::getline(in, line)) return std::nullopt;
  const std::size_t open = line.find('(');
  const std::size_t close = line.rfind(')');
  if (open == std::string::npos || close == std::string::npos || close < open) return std::nullopt;
  std::size_t at = close + 1;
  for (int field = 3; field < 22 && at != std::string::npos; ++field) at = line.find(' ', at + 1);
  if (at == std::string::npos) return std::nullopt;
  const char state = line[std::min(close + 2, line.size() - 1)];
  if (state == 'Z' || state == 'X') return std::nullopt;
  Task task{id, 0, line.substr(open + 1, close - open - 1)};
  const char* const digits = line.data() + at + 1;
  std::from_chars(digits, line.data() + line.size(), task.start);
  return task;
}

}  // namespace

bool is_mapped(const std::filesystem::path& file) {
  bool found = false;
  each_mapping(file, [&](const std::string&) {
    found = true;
    return false;
  });
  return found;
}

Code Code::of(const std::filesystem::path& file) {
  Code code;
  each_mapping(file, [&](const std::string& line) {
    // "BEGIN-END rwxp ..."
    char* end = nullptr;
    Range range{};
    range.begin = std::strtoull(line.c_str(), &end, 16);
    range.end = std::strtoull(end + 1, &end, 16);
    if (std::string_view(end).substr(0, 5).find('x') != std::string_view::npos) code.ranges_.push_back(range);
    return true;
  });
  return code;
}

bool Code::contains(const void* address) const {
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  return std::any_of(ranges_.begin(), ranges_.end(),
                     [at](const Range& range) { return at >= range.begin && at < range.end; });
}

std::uint32_t take_events(event_base* base, const Code& code) {
  struct Search {
    const Code& code;
    std::vector<event*> found;
  } search{code, {}};
  // The base must not change while it is gone through.
  event_base_foreach_event(
      base,
      [](const event_base*, const event* one, void* context) {
        auto& self = *static_cast<Search*>(context);
        if (self.code.contains(reinterpret_cast<const void*>(event_get_callback(one))))
          self.found.push_back(const_cast<event*>(one));  // NOLINT: libevent shows const what event_del takes
        return 0;
      },
      &search);
  for (event* one : search.found) event_del(one);
  return static_cast<std::uint32_t>(search.found.size());
}

std::vector<Task> tasks() { return tasks_since({}); }

std::vector<Task> tasks_since(const std::vector<Task>& before) {
  std::vector<Task> found;
  const std::unique_ptr<DIR, int (*)(DIR*)> folder(::opendir("/proc/self/task"), &::closedir);
  if (!folder) return found;
  while (const dirent* entry = ::readdir(folder.get())) {
    const pid_t id = std::atoi(entry->d_name);
    if (id == 0) continue;
    const auto task = read_task(id);
    if (task && std::find(before.begin(), before.end(), *task) == before.end()) found.push_back(*task);
  }
  return found;
}

bool is_alive(const Task& task) {
  const auto now = read_task(task.id);
  return now && *now == task;
}

}  // namespace evloom::plugin
