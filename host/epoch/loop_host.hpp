// LoopHost: what answers requests on one loop: it finds the route in the loop's epoch, chooses the format,
// calls the handler and sees to it that every request is answered, cancelled or failed, and then finished.
// Its loop's thread only; made by Host, reached through Loop::context().
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "epoch/answer.hpp"
#include "epoch/epoch.hpp"
#include "epoch/request.hpp"
#include "epoch/tickets.hpp"
#include "http/server.hpp"
#include "loop/loop.hpp"
#include "loop/pool.hpp"
#include "store/batcher.hpp"

struct event;

namespace evloom::epoch {

// What the loops of one host share.
struct Common {
  observe::Log& log;
  observe::Registry& metrics;
  http::ServerMetrics server_metrics = {};
  http::Shared connections = {};
  loop::Pool* pool = nullptr;
  std::atomic<bool> draining = false;  // the host is going down
};

class LoopHost final : public http::Service {
 public:
  LoopHost(loop::Loop& loop, const Epoch& epoch, Common& common);
  ~LoopHost() override;

  static LoopHost& of(loop::Loop& loop) { return *static_cast<LoopHost*>(loop.context()); }

  loop::Loop& loop() { return loop_; }
  http::Server& server() { return server_; }
  Tickets& tickets() { return tickets_; }
  AnswerPool& answers() { return answers_; }
  const Epoch& epoch() const { return *epoch_; }
  Common& common() { return common_; }

  // The way to a store of the loop's epoch. Null when `instance` is none of its stores.
  store::Batcher* batcher(const plugin::Instance* instance);

  // Nothing is submitted to a store any more: they are about to be stopped.
  void close_stores();

  // Every request is finished and nothing waits for a store.
  bool idle() const;
  // Requests that are not finished.
  std::size_t requests() const { return requests_; }
  // Calls the handler for a request: what it does is judged when `body` has returned.
  template <typename Body>
  void call(Request& request, const char* what, Body&& body);
  // The request of a ticket of that handler, which has to answer it, or hold it again, in this turn of the
  // loop; null when the ticket is stale.
  Request* resume(plugin::Instance& handler, evl_ticket ticket);
  // Has the request looked at in this turn of the loop: it was taken from a ticket outside of such a call.
  void settle_later(Request& request);
  // Answered, held, or neither?
  void settle(Request& request);

  void on_head(http::Exchange& exchange) override;
  void on_request(http::Exchange& exchange) override;
  void on_abandon(http::Exchange& exchange, http::Abandon why) override;

 private:
  struct EventDeleter {
    void operator()(event* e) const;
  };
  static void on_settle(evutil_socket_t, short, void* self);
  bool choose_offer(Request& request);
  void finish(Request& request);
  // Takes its tickets and its store calls from a request: neither will reach it any more.
  void detach(Request& request);

  loop::Loop& loop_;
  const Epoch* epoch_;
  Common& common_;
  observe::Logger logger_;
  Tickets tickets_;
  AnswerPool answers_;
  std::size_t requests_ = 0;
  std::vector<std::unique_ptr<store::Batcher>> batchers_;  // by slot number of the store's instance
  std::vector<Request*> unsettled_;
  std::unique_ptr<event, EventDeleter> settle_event_;
  http::Server server_;  // last made, first gone: its end abandons what is left
};

template <typename Body>
void LoopHost::call(Request& request, const char* what, Body&& body) {
  ++request.depth_;
  const evl_status status = request.handler().call(what, std::forward<Body>(body));
  --request.depth_;
  if (status != EVL_OK) request.fail(status, "the handler failed");
  settle(request);
}

}  // namespace evloom::epoch
