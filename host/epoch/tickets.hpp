// Tickets: names of suspended requests that stay safe when the request is gone. A ticket is a place in a
// table and the serial number of what stood there when it was given out, so a stale one is recognised. One
// per loop, its thread only; `Held` is the request of the host, or that of the SDK's test kit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "evloom/abi/request.h"

namespace evloom::epoch {

template <typename Held>
class Tickets {
 public:
  evl_ticket issue(Held& request) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(entries_.size()));
      entries_.push_back({});
    }
    const std::uint32_t place = free_.back();
    free_.pop_back();
    Entry& entry = entries_[place];
    entry.request = &request;
    return (std::uint64_t{entry.serial} << 32) | place;
  }

  // The request of a ticket; null when it is stale or was never given out.
  Held* find(evl_ticket ticket) const {
    const auto place = static_cast<std::uint32_t>(ticket);
    if (place >= entries_.size() || entries_[place].serial != ticket >> 32) return nullptr;
    return entries_[place].request;
  }

  // The ticket names nothing any more.
  void retire(evl_ticket ticket) {
    if (!find(ticket)) return;
    const auto place = static_cast<std::uint32_t>(ticket);
    Entry& entry = entries_[place];
    entry.request = nullptr;
    if (++entry.serial == 0) entry.serial = 1;
    free_.push_back(place);
  }

  // Those given out that still name something.
  std::size_t open() const { return entries_.size() - free_.size(); }

 private:
  struct Entry {
    Held* request = nullptr;
    std::uint32_t serial = 1;  // never 0, so no ticket is 0
  };
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
};

}  // namespace evloom::epoch
