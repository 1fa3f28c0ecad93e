// Line: the way from requests to one store of the configuration, over all loops and over the instances that
// follow each other as its backend. Shared by the epochs that have the store; made and destroyed on the
// control thread, its batchers on their loops.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "loop/loop.hpp"
#include "store/batcher.hpp"

namespace evloom::store {

class Line {
 public:
  Line(std::string name, std::uint32_t loops) : name_(std::move(name)), batchers_(loops) {}
  Line(const Line&) = delete;
  Line& operator=(const Line&) = delete;

  const std::string& name() const { return name_; }

  // The way of one loop; null unless it is open there. [loop]
  Batcher* on(const loop::Loop& loop) const { return batchers_[loop.index()].get(); }

  // Makes the way of a loop, or gives the one that is there other limits. [loop]
  Batcher& open(loop::Loop& loop, const Batcher::Limits& limits) {
    auto& batcher = batchers_[loop.index()];
    if (batcher) {
      batcher->set_limits(limits);
    } else {
      batcher = std::make_unique<Batcher>(loop, limits);
    }
    return *batcher;
  }
  // Its backend has been stopped and nobody submits any more. To be called on every loop. [loop]
  void close(const loop::Loop& loop) { batchers_[loop.index()].reset(); }

 private:
  const std::string name_;
  std::vector<std::unique_ptr<Batcher>> batchers_;
};

}  // namespace evloom::store
