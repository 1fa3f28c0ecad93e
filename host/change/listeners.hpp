// Listeners: the addresses of the host, on the control thread's side. A change binds what is new before
// anything else has happened, so an address that cannot be had fails it; it is served, and what is not wanted
// any more is let go, when the loops have taken up the new epoch. [control]
#pragma once

#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "config/config.hpp"
#include "http/bound_listener.hpp"
#include "loop/pool.hpp"
#include "observe/log.hpp"

namespace evloom::change {

class Listeners {
 public:
  explicit Listeners(observe::Log& log) : logger_(log.logger("epoch")) {}

  // The loops that accept; before anything else.
  void set_pool(loop::Pool& pool) { pool_ = &pool; }

  // Binds the addresses of `config` that are not ours yet. Fails with the place in the file.
  Status prepare(const config::Config& config);
  // Accepts on what prepare() has bound, stops to on what the configuration does not name.
  Status commit();
  // Lets go of what prepare() has bound.
  void take_back();

  // "http://127.0.0.1:9090", in the order of the configuration. [any]
  std::vector<std::string> urls() const;
  void clear() { bound_.clear(), states_.clear(); }

 private:
  enum class Stage { coming, serving, leaving };
  struct State {
    std::string key;  // as the configuration names it: port 0 stays 0
    Stage stage = Stage::coming;
    std::size_t order = 0;           // in the configuration
    http::ListenerSpec wanted = {};  // mode and backlog of the configuration that comes
    bool kept = false;               // by the configuration that comes
  };

  Status bind(const config::Listener& from, std::size_t order);
  Status accept(http::BoundListener& bound);
  // No loop accepts on it any more.
  void let_go(std::size_t index);
  void erase(std::size_t index);
  // Forgets those that no loop has a socket of any more.
  void sweep();
  bool everywhere(std::function<void(loop::Loop&)> function);

  observe::Logger logger_;
  loop::Pool* pool_ = nullptr;
  std::vector<http::BoundListener> bound_;
  std::vector<State> states_;  // of each
  mutable std::mutex mutex_;   // guards urls_
  std::vector<std::string> urls_;
};

}  // namespace evloom::change
