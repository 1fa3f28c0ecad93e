// The limit of one line a second, and the bounded table behind it.
#include "observe/fault_table.hpp"

#include <algorithm>

namespace evloom::observe {

FaultTable::Entries::iterator FaultTable::find_or_add(const Fault& fault, std::int64_t now, bool& added) {
  added = false;
  auto found = entries_.find(KeyView{fault.module, fault.key});
  if (found != entries_.end()) return found;
  if (entries_.size() >= limit_) sweep(now);
  std::string name(fault.key);
  if (entries_.size() >= limit_) {
    // To drop an entry that is in use would let a flood of keys through as a flood of lines.
    found = entries_.find(KeyView{fault.module, {}});
    if (found != entries_.end()) return found;
    name.clear();
  }
  added = true;
  return entries_.emplace(Key{fault.module, std::move(name)}, Entry{}).first;
}

bool FaultTable::admit(Fault& fault, std::int64_t now) {
  bool added = false;
  Entry& entry = find_or_add(fault, now, added)->second;
  if (added || now - entry.written >= kWindowNs) {
    fault.suppressed = entry.held;
    entry.held = 0;
    entry.written = now;
    return true;
  }
  ++entry.held;
  entry.wall_ns = fault.wall_ns;
  entry.loop = fault.loop;
  entry.level = fault.level;
  entry.key.assign(fault.key);
  entry.text.assign(fault.text);
  next_due_ = std::min(next_due_, entry.written + kWindowNs);
  return false;
}

void FaultTable::expire(std::int64_t now, bool all, const std::function<void(const Fault&)>& write) {
  if (!all && now < next_due_) return;
  next_due_ = kNever;
  for (auto& [key, entry] : entries_) {
    if (entry.held == 0) continue;
    if (!all && now - entry.written < kWindowNs) {
      next_due_ = std::min(next_due_, entry.written + kWindowNs);
      continue;
    }
    const Fault last{entry.wall_ns, key.module, entry.loop,    entry.level,
                     entry.key,     entry.text, entry.held - 1};
    entry.held = 0;
    entry.written = now;
    write(last);
  }
}

// Forgets the keys that have been quiet for a second. At most ten times a second: it looks at every entry.
void FaultTable::sweep(std::int64_t now) {
  if (now < next_sweep_) return;
  next_sweep_ = now + kWindowNs / 10;
  std::erase_if(entries_, [now](const auto& item) {
    return item.second.held == 0 && now - item.second.written >= kWindowNs;
  });
}

}  // namespace evloom::observe
