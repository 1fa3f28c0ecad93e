#include "epoch/request.hpp"

#include "epoch/answer.hpp"
#include "epoch/failure.hpp"
#include "epoch/loop_host.hpp"
#include "epoch/services.hpp"
#include "epoch/store_call.hpp"

namespace evloom::epoch {

void Request::answer(const http::Reply& reply) {
  answered_ = true;
  exchange_.reply(reply);
  if (depth_ == 0) host_.settle_later(*this);
}

void Request::fail(evl_status why, std::string_view text) {
  if (!open()) return;
  answered_ = true;
  const std::uint16_t status = http_status(why);
  exchange_.refuse(status, text, {}, status == 503 ? http::kRetryAfter : -1);
  if (depth_ == 0) host_.settle_later(*this);
}

evl_ticket Request::suspend() {
  if (!open()) return 0;
  if (ticket_ == 0) ticket_ = host_.tickets().issue(*this);
  return ticket_;
}

void Request::hold(StoreCall& call) {
  call.next = calls_;
  if (calls_) calls_->before = &call;
  calls_ = &call;
}

void Request::release(StoreCall& call) {
  (call.before ? call.before->next : calls_) = call.next;
  if (call.next) call.next->before = call.before;
}

}  // namespace evloom::epoch
