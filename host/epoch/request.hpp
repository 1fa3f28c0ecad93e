// Request: what a handler knows of one request, and the rules of its life: answered once, held or not,
// cancelled at most once, finished last. It lives in the arena of its Exchange and on the loop of that;
// LoopHost makes it.
//
//   running (a call of the handler is on the stack) -> answered, or held (by a ticket or by store
//   operations), or neither, which is a misbehaviour and a 500 -> finished: on_finish was called, the pointer
//   is not valid any more.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "evloom/abi/request.h"
#include "evloom/abi/store.h"

#include "epoch/epoch.hpp"
#include "http/exchange.hpp"
#include "http/router.hpp"

// The ABI's opaque request is the base of ours.
struct evl_request {
 protected:
  evl_request() = default;
  ~evl_request() = default;
};

namespace evloom::epoch {

class Answer;
class LoopHost;
struct StoreCall;

class Request final : public ::evl_request {
 public:
  static Request& of(evl_request* request) { return *static_cast<Request*>(request); }
  static const Request& of(const evl_request* request) { return *static_cast<const Request*>(request); }

  LoopHost& host() const { return host_; }
  http::Exchange& exchange() const { return exchange_; }
  const Route& route() const { return *route_; }
  plugin::Instance& handler() const { return *route_->handler; }

  std::string_view path() const { return path_; }
  std::span<const http::RouteParam> params() const { return {params_, param_count_}; }
  std::string_view query() const { return query_; }  // still encoded
  const Offer* offer() const { return offer_; }

  void* user = nullptr;

  // Whether an answer is still wanted.
  bool open() const { return !answered_ && !cancelled_; }
  bool answered() const { return answered_; }
  // Sends the answer; a completion. The reply was checked.
  void answer(const http::Reply& reply);
  // The same, with the status code that fits `why` and a line of text.
  void fail(evl_status why, std::string_view text);

  // Holds it by a ticket; 0 when it is not open. A second call gives the same ticket.
  evl_ticket suspend();
  // Holds it by a store call, which is linked until it has ended.
  void hold(StoreCall& call);
  void release(StoreCall& call);
  // The store call that it made last, of those under way; or null.
  const StoreCall* last_call() const { return calls_; }

  // Rendering: the buffer, from begin to finish.
  std::unique_ptr<Answer> rendering;
  std::uint32_t rendered_status = 0;

 private:
  friend class LoopHost;
  Request(LoopHost& host, http::Exchange& exchange, const Epoch& epoch, const Route& route)
      : host_(host), exchange_(exchange), epoch_(&epoch), route_(&route) {}
  ~Request() = default;

  bool held() const { return ticket_ != 0 || calls_ != nullptr; }

  LoopHost& host_;
  http::Exchange& exchange_;
  const Epoch* epoch_;
  const Route* route_;
  const Offer* offer_ = nullptr;
  std::string_view path_;
  std::string_view query_;
  const http::RouteParam* params_ = nullptr;
  std::size_t param_count_ = 0;
  evl_ticket ticket_ = 0;
  StoreCall* calls_ = nullptr;  // a list
  Request* before_ = nullptr;   // in the loop's list of all requests
  Request* after_ = nullptr;
  bool started_ = false;  // on_request has been called
  bool answered_ = false;
  bool cancelled_ = false;
  bool unsettled_ = false;  // in the loop's list of those to be looked at
  unsigned depth_ = 0;      // calls of the handler for it on the stack
};

}  // namespace evloom::epoch
