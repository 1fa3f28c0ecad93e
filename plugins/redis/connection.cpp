#include "redis/connection.hpp"

#include <event2/event.h>

#include <algorithm>
#include <utility>

namespace evloom::plugins::redis {
namespace {

using std::chrono::nanoseconds;
using namespace std::chrono_literals;

constexpr std::size_t kMaxUnsent = 64 << 20;  // bytes that wait for a server that does not read
constexpr std::size_t kMaxSpare = 8;          // submits kept for re-use
constexpr auto kIdle = 5s;                    // without a reply for so long: ask whether it is still there
constexpr auto kWanted = 500ms;               // between two attempts, at most, while somebody asks
constexpr auto kRetirement = 5s;              // between two connections given up for an error, at least
constexpr unsigned kVersionBits = 48;         // of the versions of one loop's sets
constexpr auto kNameLimit = 5s;               // after which a slow look-up is said to be one

}  // namespace

Connection::Connection(evl::Host host, evl::Loop loop, const Options& options, const Metrics& metrics)
    : host_(host),
      loop_(loop),
      options_(options),
      metrics_(metrics),
      name_(options.name()),
      link_(loop.event_base(), options.max_reply, *this),
      resolver_(host, loop),
      timer_(host, loop),
      session_(std::uint64_t{loop.index()} << kVersionBits),
      random_(std::random_device{}()) {
  later_event_ = event_new(
      loop.event_base(), -1, 0, [](int, short, void* self) { static_cast<Connection*>(self)->turned(); },
      this);
  if (!later_event_) throw evl::Failure(EVL_E_NO_SPACE, "no memory for an event");
  try {
    attempt();
  } catch (...) {
    link_.close();  // while what it reports to is still there
    event_free(later_event_);
    throw;
  }
}

Connection::~Connection() {
  state_ = State::kStopped;
  timer_.cancel();
  link_.close("the store stops");
  complete_all();
  finish_all();
  event_free(later_event_);
}

// ---- Connecting ----

void Connection::attempt() {
  last_attempt_ = loop_.now();
  if (!options_.unix_path.empty() || is_numeric(options_.host)) return connect(options_.host);
  if (next_address_ < resolver_.addresses().size()) {
    const std::string address = resolver_.addresses()[next_address_++];
    return connect(address);
  }
  if (resolver_.busy()) return;
  const bool started = resolver_.start(
      options_.host,
      [](void* context) {
        auto* self = static_cast<Connection*>(context);
        evl::guarded(nullptr, [self] {
          self->next_address_ = 0;
          if (self->resolver_.addresses().empty())
            return self->wait(EVL_E_UNAVAILABLE, "cannot resolve its name: " + self->resolver_.error());
          self->attempt();
        });
      },
      this);
  if (!started) return wait(EVL_E_UNAVAILABLE, "cannot resolve its name: the host's workers are busy");
  state_ = State::kResolving;
  arm(kNameLimit);
}

void Connection::connect(const std::string& host) {
  refused_ = pinging_ = false;
  session_.reset(options_.plain);
  const bool begun = options_.unix_path.empty() ? link_.connect_tcp(host, options_.port)
                                                : link_.connect_unix(options_.unix_path);
  if (!begun) return wait(EVL_E_UNAVAILABLE, "cannot connect: " + link_.reason());
  state_ = State::kConnecting;
  shake_hands();
  arm(options_.connect_timeout);
}

void Connection::shake_hands() {
  // In one go: when the first is refused, so are the others, and nothing has been done.
  handshake_.clear();
  if (options_.login) {
    handshake_.push_back("OK");
    link_.queue(options_.user.empty() ? writer_.write({"AUTH", options_.password})
                                      : writer_.write({"AUTH", options_.user, options_.password}),
                Role::kHandshake);
  }
  if (options_.database != 0) {
    handshake_.push_back("OK");
    link_.queue(writer_.write({"SELECT", std::to_string(options_.database)}), Role::kHandshake);
  }
  handshake_.push_back("PONG");
  link_.queue(writer_.write({"PING"}), Role::kHandshake);
  std::reverse(handshake_.begin(), handshake_.end());
}

void Connection::usable() {
  state_ = State::kUsable;
  status_ = EVL_OK;
  reason_.clear();
  last_reply_ = loop_.now();
  next_address_ = 0;
  arm(options_.command_timeout);
  if (was_usable_) {
    host_.add(loop_, metrics_.reconnects, 1);
    fault(EVL_LOG_INFO, "usable", "usable again");
  } else {
    fault(EVL_LOG_INFO, "usable", "usable");
  }
  was_usable_ = true;
}

void Connection::wait(evl_status status, std::string reason) {
  state_ = State::kWaiting;
  status_ = status;
  reason_ = std::move(reason);
  // Full jitter: the loops, and the hosts of a fleet, come back one by one.
  auto most = options_.backoff_min;
  for (unsigned i = 0; i < failures_ && most < options_.backoff_max; ++i) most *= 2;
  most = std::min(most, options_.backoff_max);
  ++failures_;
  const auto delay = nanoseconds(std::uniform_int_distribution<std::int64_t>(0, most.count())(random_));
  retry_at_ = loop_.now() + delay;
  arm(delay);
  fault(EVL_LOG_WARN, "unusable", reason_ + "; will try again");
}

void Connection::wanted() {
  if (state_ != State::kWaiting) return;
  const auto soonest = last_attempt_ + kWanted;
  if (soonest >= retry_at_) return;
  retry_at_ = soonest;
  arm(std::max(nanoseconds(0), soonest - loop_.now()));
}

// ---- Submits ----

evl_status Connection::submit(const evl::Batch& batch) {
  // Closed and usable: an earlier submit of this turn met its end.
  if (state_ != State::kUsable || !link_.open()) {
    wanted();
    return EVL_E_UNAVAILABLE;
  }
  if (link_.unsent() > kMaxUnsent) return EVL_E_OVERLOADED;
  auto pending = take_spare();
  pending->begin(batch, loop_.now() + options_.command_timeout, options_.max_reply, session_);
  if (pending->answered()) {
    finished_.push_back(std::move(pending));
    later();
  } else {
    // From here on it ends by `done`, whatever happens.
    send(std::move(pending));
    if (!link_.open()) later();
  }
  return EVL_OK;
}

void Connection::send(std::unique_ptr<Pending> pending) {
  Pending& mine = *pending;
  waiting_.push_back(std::move(pending));
  host_.add(loop_, metrics_.commands, static_cast<std::int64_t>(mine.commands()));
  host_.add(loop_, metrics_.pending, static_cast<std::int64_t>(mine.commands()));
  if (evl::guarded(nullptr, [&] {
        if (!mine.send(link_, writer_)) throw evl::Failure(EVL_E_INTERNAL, "the link ends");
      }) == EVL_OK) {
    link_.flush();
  } else {
    link_.close("a command could not be queued");
  }
}

evl_status Connection::health(evl_error* why) {
  if (state_ == State::kUsable) return EVL_OK;
  wanted();
  evl_error_set(why, (name_ + ": " + reason_).c_str());
  return status_;
}

std::unique_ptr<Pending> Connection::take_spare() {
  if (spare_.empty()) return std::make_unique<Pending>();
  auto pending = std::move(spare_.back());
  spare_.pop_back();
  return pending;
}

// ---- What the link tells, inside hiredis ----

Expected Connection::expected(Role role) {
  switch (role) {
    case Role::kHandshake:
      return {handshake_.empty() ? Want::kNothing : Want::kStatus,
              handshake_.empty() ? "" : handshake_.back()};
    case Role::kPing:
      return {Want::kStatus, "PONG"};
    default:
      return waiting_.empty() ? Expected{} : waiting_.front()->expected();
  }
}

void Connection::replied(Role role, const Reply& reply) {
  heard_ = true;
  if (role == Role::kPing) {
    pinging_ = false;
    if (reply.error.empty()) failures_ = 0;
    return;
  }
  if (role == Role::kHandshake) {
    handshake_.pop_back();
    if (reply.error.empty() || refused_) return;
    refused_ = true;
    const ErrorRule& rule = rule_of(reply.error);
    status_ = rule.status;
    evl::guarded(nullptr, [&] {
      reason_ = "refused: " + std::string(reply.error) + (rule.remedy ? std::string(": ") + rule.remedy : "");
    });
    return;
  }
  Pending& first = *waiting_.front();
  if (const ErrorRule* rule = first.take(reply, session_)) {
    log_error(*rule, reply.error);
    if (rule->after == After::kReconnect && state_ == State::kUsable &&
        (last_retirement_ == 0ns || loop_.now() - last_retirement_ >= kRetirement)) {
      last_retirement_ = loop_.now();
      state_ = State::kRetiring;
      next_address_ = resolver_.addresses().size();  // the name may mean another server by now
      status_ = rule->status;
      evl::guarded(nullptr, [&] { reason_ = "refused: " + std::string(reply.error); });
    }
  } else {
    failures_ = 0;
    if (reply.too_large)
      fault(EVL_LOG_WARN, "max_reply", "a set or value is larger than max_reply; raise it");
  }
  if (!first.answered()) return;
  answered_.push_back(std::move(waiting_.front()));
  waiting_.pop_front();
}

void Connection::lost(Role) { lose_all(); }

void Connection::lose_all() {
  const std::uint64_t sent = link_.sent();
  for (; !waiting_.empty(); waiting_.pop_front()) {
    waiting_.front()->lose(sent);
    finished_.push_back(std::move(waiting_.front()));
  }
}

// ---- After an event, outside hiredis ----

void Connection::turned() {
  complete_all();
  evl::guarded(nullptr, [this] {
    logged_ = nullptr;
    if (std::exchange(heard_, false)) last_reply_ = loop_.now();
    if (state_ == State::kConnecting && handshake_.empty() && !refused_ && link_.open()) usable();
    if (state_ == State::kConnecting && (refused_ || !link_.open())) {
      const bool refused = refused_;
      link_.close();
      wait(refused ? status_ : EVL_E_UNAVAILABLE,
           refused ? reason_ : "cannot connect: " + std::string(link_.reason()));
    } else if (state_ == State::kRetiring && waiting_.empty()) {
      link_.close();
      wait(status_, reason_);
    } else if ((state_ == State::kUsable || state_ == State::kRetiring) && !link_.open()) {
      if (loop_.now() - last_reply_ > options_.backoff_max) failures_ = 0;
      wait(EVL_E_UNAVAILABLE, "connection lost: " + link_.reason());
    }
  });
  finish_all();
}

void Connection::complete_all() {
  for (; !answered_.empty(); answered_.pop_front()) {
    std::unique_ptr<Pending>& pending = answered_.front();
    if (pending->changed()) {
      const bool planned =
          link_.open() && evl::guarded(nullptr, [&] { pending->repeat(session_); }) == EVL_OK;
      if (planned) {
        send(std::move(pending));
        continue;
      }
      pending->lose(0);
    }
    finished_.push_back(std::move(pending));
  }
}

void Connection::finish_all() {
  while (!finished_.empty()) {
    auto pending = std::move(finished_.front());
    finished_.pop_front();
    host_.add(loop_, metrics_.pending, -static_cast<std::int64_t>(pending->all_commands()));
    pending->finish();
    if (spare_.size() >= kMaxSpare) continue;
    pending->clear();
    spare_.push_back(std::move(pending));
  }
}

void Connection::later() { event_active(later_event_, EV_TIMEOUT, 0); }

void Connection::give_up(std::string_view reason) {
  link_.close(reason);
  turned();
}

// ---- Time ----

void Connection::arm(nanoseconds delay) {
  timer_.start(
      delay, [](void* self) { evl::guarded(nullptr, [self] { static_cast<Connection*>(self)->tick(); }); },
      this);
}

void Connection::tick() {
  switch (state_) {
    case State::kWaiting:
      return attempt();
    case State::kResolving:
      reason_ = "the look-up of its name takes long";
      fault(EVL_LOG_WARN, "resolve", reason_ + "; look at the name servers of this machine");
      return arm(kNameLimit);
    case State::kConnecting:
      return give_up("no answer within connect_timeout");
    case State::kUsable:
    case State::kRetiring:
      return check_deadlines();
    case State::kStopped:
      return;
  }
}

void Connection::check_deadlines() {
  const auto now = loop_.now();
  // A late reply finds nobody: the link it would come by is closed.
  if (!waiting_.empty() && waiting_.front()->deadline() <= now)
    return give_up("no reply within command_timeout");
  if (pinging_ && ping_deadline_ <= now) return give_up("no reply to PING within command_timeout");
  if (waiting_.empty() && !pinging_ && now - last_reply_ >= kIdle) {
    pinging_ = true;
    ping_deadline_ = now + options_.command_timeout;
    link_.queue(writer_.write({"PING"}), Role::kPing);
    link_.flush();
    if (!link_.open()) return turned();
  }
  auto next = now + options_.command_timeout;  // no later submit's deadline is before that
  if (!waiting_.empty()) next = std::min(next, waiting_.front()->deadline());
  if (pinging_) next = std::min(next, ping_deadline_);
  arm(next - now);
}

// ---- The log ----

void Connection::fault(evl_log_level level, const char* key, std::string_view text) {
  evl::guarded(nullptr, [&] { host_.fault(level, key, name_ + ": " + std::string(text)); });
}

void Connection::log_error(const ErrorRule& rule, std::string_view error) {
  if (!rule.remedy || logged_ == &rule) return;
  logged_ = &rule;
  evl::guarded(nullptr,
               [&] { fault(EVL_LOG_WARN, rule.key, "\"" + std::string(error) + "\": " + rule.remedy); });
}

}  // namespace evloom::plugins::redis
