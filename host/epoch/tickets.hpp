// Tickets: names of suspended requests that stay safe when the request is gone. A ticket is a place in a
// table and the serial number of what stood there when it was given out, so a stale one is recognised. One
// per loop, its thread only.
#pragma once

#include <cstdint>
#include <vector>

#include "evloom/abi/request.h"

namespace evloom::epoch {

class Request;

class Tickets {
 public:
  evl_ticket issue(Request& request) {
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
  Request* find(evl_ticket ticket) const {
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

 private:
  struct Entry {
    Request* request = nullptr;
    std::uint32_t serial = 1;  // never 0, so no ticket is 0
  };
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
};

}  // namespace evloom::epoch
