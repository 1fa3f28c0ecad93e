// MemberCache: the members of the sets that were read last, as arrays that readers can hold. The writer
// thread is the only one that changes a set, so a cached list is exact: it appends there what it adds to the
// table. What is in a transaction that fails must be forgotten: clear(). The writer thread only.
#pragma once

#include <list>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "common/member_list.hpp"
#include "common/sip_hash.hpp"

namespace evloom::plugins {

class MemberCache {
 public:
  // The list of a set, or null. Valid until the next call of insert, erase or clear.
  MemberList* find(std::string_view key) {
    const auto at = lists_.find(key);
    if (at == lists_.end()) return nullptr;
    recent_.splice(recent_.begin(), recent_, at->second);
    return &at->second->list;
  }
  MemberList* insert(std::string_view key, MemberList list) {
    recent_.push_front({std::string(key), std::move(list), 0});
    recent_.front().list.set_version(++versions_);
    lists_[recent_.front().key] = recent_.begin();
    account(recent_.begin());
    while (bytes_ > kBytes && recent_.size() > 1) drop(std::prev(recent_.end()));
    return &recent_.front().list;
  }
  void append(std::string_view key, std::string_view member) {
    const auto at = lists_.find(key);
    if (at == lists_.end()) return;
    at->second->list.append(member);
    at->second->list.set_version(++versions_);
    account(at->second);
  }
  void erase(std::string_view key) {
    const auto at = lists_.find(key);
    if (at != lists_.end()) drop(at->second);
  }
  void clear() {
    lists_.clear();
    recent_.clear();
    bytes_ = 0;
  }

 private:
  static constexpr std::size_t kBytes = std::size_t{64} << 20;
  struct Node {
    std::string key;
    MemberList list;
    std::size_t bytes;
  };
  using Nodes = std::list<Node>;  // the last one used comes first

  void account(Nodes::iterator node) {
    const std::size_t now = sizeof(Node) + node->key.size() + node->list.memory();
    bytes_ += now - node->bytes;
    node->bytes = now;
  }
  void drop(Nodes::iterator node) {
    bytes_ -= node->bytes;
    lists_.erase(node->key);
    recent_.erase(node);
  }

  Nodes recent_;
  std::unordered_map<std::string_view, Nodes::iterator, SipHash> lists_;  // keys point into the nodes
  std::size_t bytes_ = 0;
  std::uint64_t versions_ =
      0;  // given to lists, one at each change; never again, also when a transaction fails
};

}  // namespace evloom::plugins
