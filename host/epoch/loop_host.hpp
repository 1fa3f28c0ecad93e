// LoopHost: what answers requests on one loop: it finds the route in the loop's epoch, chooses the format,
// calls the handler and sees to it that every request is answered, cancelled or failed, and then finished.
// Its loop's thread only; made by Host, reached through Loop::context().
//
// A request begins when its handler is called with it. What has come before that (its head, its body) belongs
// to no handler, so a request that meets a new epoch then, or a handler that is giving way to its successor,
// is routed once more.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "epoch/answer.hpp"
#include "epoch/epoch.hpp"
#include "epoch/request.hpp"
#include "epoch/tickets.hpp"
#include "http/server.hpp"
#include "loop/event.hpp"
#include "loop/loop.hpp"
#include "loop/pool.hpp"

struct event;

namespace evloom::epoch {

// What the loops of one host share.
struct Common {
  observe::Log& log;
  observe::Registry& metrics;
  http::ServerMetrics server_metrics = {};
  http::Shared connections = {};
  loop::Pool* pool = nullptr;
  std::atomic<bool> draining = false;  // the host is going down, or was told to drain
};

class Watch;

class LoopHost final : public http::Service {
 public:
  LoopHost(loop::Loop& loop, const Epoch& epoch, Common& common);
  ~LoopHost() override;

  static LoopHost& of(loop::Loop& loop) { return *static_cast<LoopHost*>(loop.context()); }

  loop::Loop& loop() { return loop_; }
  http::Server& server() { return server_; }
  Tickets<Request>& tickets() { return tickets_; }
  AnswerPool& answers() { return answers_; }
  Fragments& fragments() { return fragments_; }
  const Epoch& epoch() const { return *epoch_; }
  Common& common() { return common_; }

  // ---- changes of the epoch; each by a message of the control thread

  // From now on requests begin in `next`; the limits are its own. What was held goes on.
  void flip(const Epoch& next);
  // Requests for this handler wait from now on, until a flip or release().
  void hold(const plugin::Instance& handler) { on_hold_.push_back(&handler); }
  // The requests that were held go on, in the epoch of the loop.
  void release();
  // The handlers on hold have gone: what is held for them, and what comes, is answered with 503 until a flip.
  void refuse_held();
  // Answers the requests of an epoch with 503: their time is up. Gives the label of each. Those that have not
  // begun go over to the epoch of the loop.
  std::vector<std::string_view> expire(const Epoch& epoch);

  // Every request is finished.
  bool idle() const { return requests_ == 0; }

  // ---- the life of requests

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

  // Counts the answers of this loop while a canary is watched; null: nobody watches.
  void watch(std::shared_ptr<Watch> watch) { watch_ = std::move(watch); }

  void on_head(http::Exchange& exchange) override;
  void on_request(http::Exchange& exchange) override;
  void on_abandon(http::Exchange& exchange, http::Abandon why) override;

 private:
  static void on_settle(evutil_socket_t, short, void* self);
  // Finds the route of an exchange whose head is there; its context is the request then, unless it was
  // refused.
  void route(http::Exchange& exchange);
  bool choose_offer(Request& request);
  void refuse(Request& request, std::string_view why);
  // Routes a request that has not begun once more, and begins it.
  void restart(Request& request);
  // The request is forgotten, but for its exchange.
  http::Exchange& forget(Request& request);
  void finish(Request& request);
  // Takes its tickets and its store calls from a request: neither will reach it any more.
  void detach(Request& request);

  loop::Loop& loop_;
  const Epoch* epoch_;
  Common& common_;
  observe::Logger logger_;
  Tickets<Request> tickets_;
  AnswerPool answers_;
  Fragments fragments_;
  std::size_t requests_ = 0;
  Request* first_ = nullptr;  // of the list of all requests
  std::vector<const plugin::Instance*> on_hold_;
  std::vector<const plugin::Instance*> gone_;  // nobody is there any more: only to compare with
  std::vector<Request*> held_;                 // whole, and waiting for a handler that is on hold
  std::vector<Request*> unsettled_;
  std::shared_ptr<Watch> watch_;
  bool expiring_ = false;  // expire() is on the stack
  loop::EventPtr settle_event_;
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
