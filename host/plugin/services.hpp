// Services: the interfaces that the host offers to plugins, by id. Filled on the control thread before the
// first instance is made, then read by all. The tables are constants of the program; the folder services/ has
// one file each.
#pragma once

#include <string_view>
#include <vector>

namespace evloom::plugin {

class Services {
 public:
  // `id` and `table` must live as long as the process. [control]
  void add(const char* id, const void* table) { entries_.push_back({id, table}); }

  // Null for an unknown id. [any]
  const void* find(std::string_view id) const {
    for (const Entry& entry : entries_)
      if (entry.id == id) return entry.table;
    return nullptr;
  }

 private:
  struct Entry {
    std::string_view id;
    const void* table;
  };
  std::vector<Entry> entries_;
};

// log, config, loop, timer, work, metrics. (request, store and render come from the layers above.)
void add_base_services(Services& services);

}  // namespace evloom::plugin
