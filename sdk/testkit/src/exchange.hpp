// ExchangeImpl: a request from its client to its handler and back, by the rules of host/epoch: answered once,
// held or not, cancelled at most once, finished last.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "evloom/abi/format.h"

#include "base/arena.hpp"
#include "core.hpp"
#include "epoch/answer.hpp"
#include "http/head.hpp"
#include "instance.hpp"

namespace evl::testkit {

class CallImpl;

// Whether two header names are the same: case does not count.
bool same_name(std::string_view a, std::string_view b);

class ExchangeImpl final : public Exchange {
 public:
  ExchangeImpl(Core& core, Message message);

  void hang_up() override { abandon(EVL_E_CANCELLED); }
  void expire() override { abandon(EVL_E_TIMEOUT); }
  void again() override;
  evl_request* raw() override { return finished_ ? nullptr : self(); }

  evl_request* self() { return reinterpret_cast<evl_request*>(this); }
  static ExchangeImpl& of(evl_request* raw) { return *reinterpret_cast<ExchangeImpl*>(raw); }
  static const ExchangeImpl& of(const evl_request* raw) {
    return *reinterpret_cast<const ExchangeImpl*>(raw);
  }

  Core& core() const { return core_; }
  Loop& loop() const { return loop_; }
  InstanceImpl& handler() const { return *handler_; }  // once it has begun
  const RouteImpl& route() const { return *route_; }
  std::string_view path() const { return path_; }
  std::string_view query() const { return query_; }
  std::span<const evloom::http::RouteParam> params() const { return match_.params(); }
  evloom::Arena& arena() const { return arena_; }
  bool unfinished() const { return !finished_; }
  std::size_t bytes() const { return used_; }

  void* user = nullptr;

  bool open() const { return !answered_ && !cancelled_; }
  using Exchange::answer;
  void answer(const evl_response& response, std::span<const evloom::http::Header> headers);
  // With the status code that fits `why`.
  void fail(evl_status why, std::string_view text);
  evl_ticket suspend();
  bool waits_for_store() const { return calls_ != nullptr; }
  bool suspended() const { return ticket_ != 0; }
  // Ends the hold of its ticket.
  void resumed();
  void hold(CallImpl& call);
  void release(CallImpl& call);
  void* allocate(std::size_t size, std::size_t alignment);

  // Calls the handler for this request, and judges what it did when the outermost such call has returned.
  template <typename Body>
  void call(const char* what, Body&& body) {
    ++depth_;
    const evl_status status = handler_->call(what, std::forward<Body>(body));
    --depth_;
    if (status != EVL_OK) fail(status, "the handler failed");
    settle();
  }
  // It was touched outside of such a call, and is looked at when the turn ends.
  void settle_soon();
  void settle();
  bool take_unsettled() { return std::exchange(unsettled_, false); }

  // Whether its handler may render, and does; and the steps of that.
  bool renders() const { return renders_; }
  bool rendering() const { return rendering_; }
  evl_status begin_rendering(std::uint32_t status, evl_rendering& rendering);
  evl_status render_list(const evl_rendering& rendering, std::span<const evl_bytes> items,
                         evl_value_kind kind);
  evl_status finish_rendering();

 private:
  static void on_begin(void* self);
  static void on_deadline(Alarm& alarm);
  void send();
  void take_route();
  void choose_format();
  void refuse(std::uint32_t status, std::string_view why, std::string_view allow = {}, bool retry = false);
  void begin();
  static void take_up(InstanceImpl& instance);
  static void give_up(InstanceImpl& instance);
  void abandon(evl_status why);
  void detach();
  void finish();

  struct Deadline : Alarm {
    ExchangeImpl* exchange = nullptr;
  };

  Core& core_;
  Loop& loop_;
  RouteImpl* route_ = nullptr;
  InstanceImpl* handler_ = nullptr;
  const evl_handler* table_ = nullptr;
  std::string_view path_;
  std::string_view query_;
  evloom::http::Match match_;
  InstanceImpl* format_ = nullptr;  // null: the plain one
  bool renders_ = false;
  mutable evloom::Arena arena_;
  std::size_t used_ = 0;  // of the arena, by the plugin
  Deadline deadline_;
  evl_ticket ticket_ = 0;
  CallImpl* calls_ = nullptr;
  bool started_ = false;
  bool cancelled_ = false;
  bool unsettled_ = false;
  unsigned depth_ = 0;
  unsigned beginnings_ = 0;  // turns that are to begin it
  evloom::epoch::Answer buffer_;
  bool rendering_ = false;
  std::uint32_t rendered_status_ = 0;
};

}  // namespace evl::testkit
