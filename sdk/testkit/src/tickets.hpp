// Tickets: names of suspended requests that stay safe when the request is gone: a place in a table and the
// serial number of what stood there. One per loop, as in the real host.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "evloom/abi/request.h"

namespace evl::testkit {

class ExchangeImpl;

class Tickets {
 public:
  evl_ticket issue(ExchangeImpl& exchange) {
    if (free_.empty()) {
      free_.push_back(static_cast<std::uint32_t>(entries_.size()));
      entries_.push_back({});
    }
    const std::uint32_t place = free_.back();
    free_.pop_back();
    entries_[place].exchange = &exchange;
    return (std::uint64_t{entries_[place].serial} << 32) | place;
  }

  // Null when it is stale or was never given out.
  ExchangeImpl* find(evl_ticket ticket) const {
    const auto place = static_cast<std::uint32_t>(ticket);
    if (place >= entries_.size() || entries_[place].serial != ticket >> 32) return nullptr;
    return entries_[place].exchange;
  }

  void retire(evl_ticket ticket) {
    if (!find(ticket)) return;
    const auto place = static_cast<std::uint32_t>(ticket);
    entries_[place].exchange = nullptr;
    if (++entries_[place].serial == 0) entries_[place].serial = 1;
    free_.push_back(place);
  }

  std::size_t open() const { return entries_.size() - free_.size(); }

 private:
  struct Entry {
    ExchangeImpl* exchange = nullptr;
    std::uint32_t serial = 1;  // never 0, so no ticket is 0
  };
  std::vector<Entry> entries_;
  std::vector<std::uint32_t> free_;
};

}  // namespace evl::testkit
