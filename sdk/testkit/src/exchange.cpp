#include "exchange.hpp"

#include <algorithm>
#include <cctype>

#include "evloom/base.hpp"

#include "epoch/failure.hpp"
#include "epoch/list.hpp"
#include "http/negotiate.hpp"
#include "http/reply.hpp"
#include "http/target.hpp"
#include "plain_format.hpp"
#include "store.hpp"

namespace evl::testkit {

bool same_name(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
}

std::string_view Answer::header(std::string_view name) const {
  for (const auto& [key, value] : headers)
    if (same_name(key, name)) return value;
  return {};
}

const Answer& Exchange::answer() const {
  if (!answered_) {
    throw Refused(message_.method + " " + message_.target +
                  (finished_ ? " was never answered: its client went away" : " has not been answered yet"));
  }
  return answer_;
}

ExchangeImpl::ExchangeImpl(Core& core, Message message)
    : core_(core), loop_(core.scheduler.at(message.loop)), arena_(4096, core.options.arena_bytes) {
  message_ = std::move(message);
  deadline_.exchange = this;
  deadline_.fire = &ExchangeImpl::on_deadline;
  send();
}

void ExchangeImpl::again() {
  if (!finished_) throw Refused(message_.method + " " + message_.target + " is under way still");
  answer_.body.clear();
  answer_.headers.clear();
  answered_ = finished_ = started_ = cancelled_ = unsettled_ = false;
  user = nullptr;
  handler_ = nullptr;
  format_ = nullptr;
  send();
}

// ---- from the client to the handler ----------------------------------------------------------------------

void ExchangeImpl::send() {
  take_route();
  if (finished_) return;
  core_.scheduler.arm(deadline_, loop_, core_.options.reply_timeout.count());
  ++beginnings_;
  core_.scheduler.queue(loop_, &ExchangeImpl::on_begin, this);
}

void ExchangeImpl::take_route() {
  namespace http = evloom::http;
  const http::Method method = http::method_from(message_.method);
  if (method == http::Method::trace || method == http::Method::connect)
    return refuse(501, "this host does neither trace nor tunnel");
  const http::Target target = http::split_target(message_.target);
  const http::PathResult path = http::normalize_path(target.path, arena_);
  if (path.refusal) return refuse(path.refusal.status, path.refusal.reason);
  path_ = path.path;
  query_ = target.query;
  match_ = core_.router.match(method, path_);
  switch (match_.outcome) {
    case http::MatchOutcome::matched:
      break;
    case http::MatchOutcome::not_found:
      return refuse(404, "there is nothing at this path");
    case http::MatchOutcome::method_not_allowed:
      return refuse(405, "this path does not take this method", match_.allow);
    default:
      return refuse(501, "this method is unknown here");
  }
  route_ = core_.routes[match_.value].get();
  const auto* const table = route_->handler->interface<evl_handler>(EVL_HANDLER);
  renders_ = (table->flags & EVL_HANDLER_RENDERS) != 0;
  format_ = renders_ && !route_->formats.empty() ? route_->formats.front() : nullptr;
  if (renders_) choose_format();
}

void ExchangeImpl::choose_format() {
  namespace http = evloom::http;
  if (route_->formats.empty()) return;
  std::string offered = "this resource is offered as";
  std::vector<std::string_view> media_types;
  for (const InstanceImpl* format : route_->formats) {
    if (!format->runs_on(loop_)) return refuse(503, "its format does not run at the moment", {}, true);
    media_types.push_back(format->interface<evl_format>(EVL_FORMAT)->media_type);
    offered += (media_types.size() == 1 ? " " : ", ") + std::string(media_types.back()) +
               " (?format=" + format->name() + ")";
  }
  http::QueryReader reader(query_, arena_);
  std::string_view name, value;
  while (reader.next(name, value)) {
    if (name != "format") continue;
    for (InstanceImpl* format : route_->formats)
      if (format->name() == value) format_ = format;
    if (format_->name() != value) refuse(406, offered);
    return;
  }
  if (reader.refusal()) return refuse(reader.refusal().status, reader.refusal().reason);
  std::vector<std::string_view> accept;
  for (const auto& [key, text] : message_.headers)
    if (same_name(key, "accept")) accept.push_back(text);
  const auto index = http::negotiate(accept, media_types);
  if (!index) return refuse(406, offered);
  format_ = route_->formats[*index];
}

void ExchangeImpl::refuse(std::uint32_t status, std::string_view why, std::string_view allow, bool retry) {
  char text[512];
  const std::size_t size = evloom::http::write_error_body(static_cast<std::uint16_t>(status), why, text);
  answer_.status = status;
  answer_.media_type = evloom::http::kErrorType;
  answer_.headers.clear();
  if (!allow.empty()) answer_.headers.emplace_back("Allow", allow);
  if (retry) answer_.headers.emplace_back("Retry-After", "1");
  answer_.body.assign(text, size);
  answered_ = true;
  if (!started_) finished_ = true;
}

void ExchangeImpl::on_begin(void* self) {
  auto* const exchange = static_cast<ExchangeImpl*>(self);
  if (--exchange->beginnings_ == 0 && !exchange->finished_) exchange->begin();
}

void ExchangeImpl::begin() {
  handler_ = route_->handler;
  const bool handled = handler_->runs_on(loop_);
  if (!handled || (format_ && !format_->runs_on(loop_))) {
    core_.scheduler.disarm(deadline_);
    return refuse(
        503, handled ? "its format does not run at the moment" : "its handler cannot be made at the moment",
        {}, true);
  }
  table_ = handler_->interface<evl_handler>(EVL_HANDLER);
  started_ = true;
  take_up(*handler_);
  if (format_) take_up(*format_);
  call("on_request",
       [&] { return table_->on_request(handler_->object(), handler_->slot(loop_.index), self()); });
}

void ExchangeImpl::take_up(InstanceImpl& instance) {
  instance.pin();
  ++instance.requests;
}

void ExchangeImpl::give_up(InstanceImpl& instance) {
  --instance.requests;
  instance.unpin();
}

// ---- from the handler to the client ----------------------------------------------------------------------

void ExchangeImpl::answer(const evl_response& response, std::span<const evloom::http::Header> headers) {
  answer_.status = response.status;
  answer_.media_type.assign(view(response.media_type));
  answer_.headers.clear();
  for (const auto& [name, value] : headers) answer_.headers.emplace_back(name, value);
  answer_.body.assign(view(response.body));
  answered_ = true;
  if (depth_ == 0) settle_soon();
}

void ExchangeImpl::fail(evl_status why, std::string_view text) {
  if (!open()) return;
  const std::uint32_t status = evloom::epoch::http_status(why);
  refuse(status, text, {}, status == 503);
  if (depth_ == 0) settle_soon();
}

evl_ticket ExchangeImpl::suspend() {
  if (!open()) return 0;
  if (ticket_ == 0) ticket_ = core_.tickets[loop_.index].issue(*this);
  return ticket_;
}

void ExchangeImpl::resumed() {
  core_.tickets[loop_.index].retire(std::exchange(ticket_, 0));
  settle_soon();
}

void ExchangeImpl::hold(CallImpl& call) {
  call.before = nullptr;
  call.next = calls_;
  if (calls_) calls_->before = &call;
  calls_ = &call;
}

void ExchangeImpl::release(CallImpl& call) {
  (call.before ? call.before->next : calls_) = call.next;
  if (call.next) call.next->before = call.before;
}

void* ExchangeImpl::allocate(std::size_t size, std::size_t alignment) {
  void* const memory = arena_.allocate(size, alignment);
  if (memory) used_ += size;
  return memory;
}

void ExchangeImpl::settle_soon() {
  if (!std::exchange(unsettled_, true)) core_.settle_later(*this);
}

void ExchangeImpl::settle() {
  if (depth_ != 0) return;
  if (open()) {
    if (ticket_ != 0 || calls_) return;
    handler_->misbehaved(Breach::wrong_state,
                         "neither answered a request nor held it (suspend, or submit to a store)");
    refuse(500, "the handler gave no answer");
  }
  finish();
}

void ExchangeImpl::on_deadline(Alarm& alarm) {
  static_cast<Deadline&>(alarm).exchange->abandon(EVL_E_TIMEOUT);
}

void ExchangeImpl::abandon(evl_status why) {
  if (finished_ || answered_) return;
  core_.scheduler.enter(loop_, [&] {
    const bool waits_for_store = calls_ != nullptr;
    const bool late = why == EVL_E_TIMEOUT;
    cancelled_ = true;
    detach();
    if (started_ && table_->on_cancel) {
      handler_->call("on_cancel", [&] {
        table_->on_cancel(handler_->object(), handler_->slot(loop_.index), self(), why);
      });
    }
    if (late) {
      if (started_) {
        core_.note(EVL_LOG_WARN, "epoch", "limits.reply_timeout",
                   handler_->label() + " did not answer within limits.reply_timeout");
      }
      refuse(503, waits_for_store ? "no answer in time; outcome: unknown" : "no answer in time", {}, true);
    }
    finish();
  });
}

// Takes its tickets and its store calls from it: neither will reach it any more.
void ExchangeImpl::detach() {
  if (ticket_ != 0) core_.tickets[loop_.index].retire(std::exchange(ticket_, 0));
  for (CallImpl* call = std::exchange(calls_, nullptr); call; call = call->next) call->cancel();
}

void ExchangeImpl::finish() {
  detach();
  core_.scheduler.disarm(deadline_);
  rendering_ = false;
  if (started_) {
    if (table_->on_finish) {
      handler_->call("on_finish",
                     [&] { table_->on_finish(handler_->object(), handler_->slot(loop_.index), self()); });
    }
    give_up(*handler_);
    if (format_) give_up(*format_);
  }
  unsettled_ = false;
  finished_ = true;
  used_ = 0;
  arena_.reset();
}

// ---- rendering -------------------------------------------------------------------------------------------

evl_status ExchangeImpl::begin_rendering(std::uint32_t status, evl_rendering& rendering) {
  rendering_ = true;
  rendered_status_ = status;
  buffer_.clear();
  rendering.format = format_ ? format_->interface<evl_format>(EVL_FORMAT) : &kPlainFormat;
  rendering.instance = format_ ? format_->object() : nullptr;
  rendering.slot = format_ ? format_->slot(loop_.index) : nullptr;
  rendering.writer = &buffer_;
  evl_status begun = EVL_OK;
  const auto begin = [&] {
    return rendering.format->begin(rendering.instance, rendering.slot, rendering.writer);
  };
  begun = format_ ? format_->call("begin", begin) : begin();
  if (begun != EVL_OK) buffer_.failed = true;
  return begun;
}

evl_status ExchangeImpl::render_list(const evl_rendering& rendering, std::span<const evl_bytes> items,
                                     evl_value_kind kind) {
  const auto write = [&] { return evloom::epoch::write_list(rendering, items, kind); };
  return format_ ? format_->call("items", write) : write();
}

evl_status ExchangeImpl::finish_rendering() {
  rendering_ = false;
  const evl_format* const format = format_ ? format_->interface<evl_format>(EVL_FORMAT) : &kPlainFormat;
  const auto end = [&] {
    return format->end(format_ ? format_->object() : nullptr, format_ ? format_->slot(loop_.index) : nullptr,
                       &buffer_);
  };
  const evl_status status = format_ ? format_->call("end", end) : end();
  if (status != EVL_OK || buffer_.failed) {
    fail(EVL_E_INTERNAL, "the answer could not be rendered");
    return status != EVL_OK ? status : EVL_E_LIMIT;
  }
  answer_.status = rendered_status_;
  answer_.media_type = format->media_type;
  answer_.headers.clear();
  if (route_->formats.size() > 1) answer_.headers.emplace_back("Vary", "Accept");
  answer_.body.assign(buffer_.written());
  answered_ = true;
  if (depth_ == 0) settle_soon();
  return EVL_OK;
}

// ---- Core ------------------------------------------------------------------------------------------------

ExchangeImpl& Core::exchange(Message message) {
  if (message.loop >= scheduler.loops()) throw Refused("there is no loop " + std::to_string(message.loop));
  exchanges.push_back(std::make_unique<ExchangeImpl>(*this, std::move(message)));
  return *exchanges.back();
}

void Core::settle_all() {
  // on_finish may take other requests from their tickets meanwhile.
  while (!unsettled.empty()) {
    ExchangeImpl* const exchange = unsettled.back();
    unsettled.pop_back();
    if (!exchange->take_unsettled()) continue;
    scheduler.enter(exchange->loop(), [&] { exchange->settle(); });
  }
}

}  // namespace evl::testkit
