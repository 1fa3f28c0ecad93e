// Connection: one loop's way to the server. Connects, logs in, counts as usable once a PING is answered,
// sends submits and ends each one, keeps their deadlines, and connects again with back-off when it is lost.
// `done` is called from the loop alone, never inside submit, never inside hiredis.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "evloom/host.hpp"
#include "evloom/store_backend.hpp"

#include "redis/link.hpp"
#include "redis/options.hpp"
#include "redis/pending.hpp"
#include "redis/resolver.hpp"

struct event;

namespace evloom::plugins::redis {

// The series of an instance.
struct Metrics {
  evl_metric commands;
  evl_metric reconnects;
  evl_metric pending;
};

class Connection final : private LinkUser {
 public:
  // Begins to connect; a server that cannot be reached is no failure.
  Connection(evl::Host host, evl::Loop loop, const Options& options, const Metrics& metrics);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  // Ends what is pending: unknown what was sent, unavailable the rest.
  ~Connection();

  evl_status submit(const evl::Batch& batch);
  evl_status health(evl_error* why);

 private:
  enum class State : std::uint8_t {
    kResolving,   // a worker looks the name up
    kConnecting,  // until the last reply of the handshake
    kUsable,
    kRetiring,  // takes no new submit; closed when those under way have ended
    kWaiting,   // for the next attempt
    kStopped
  };

  // LinkUser
  Expected expected(Role role) override;
  void replied(Role role, const Reply& reply) override;
  void lost(Role role) override;
  void turned() override;

  void attempt();                         // by a timer: resolves or connects
  void connect(const std::string& host);  // to an address
  void shake_hands();
  void usable();
  void wait(evl_status status, std::string reason);  // for the next attempt
  void wanted();                                     // somebody asks: do not wait for long
  void give_up(std::string_view reason);             // closes the link: the server does not answer
  void lose_all();
  void tick();
  void check_deadlines();
  void later();  // has turned() called when nothing else would
  void send(std::unique_ptr<Pending> pending);
  void complete_all();
  void finish_all();
  void arm(std::chrono::nanoseconds delay);
  void fault(evl_log_level level, const char* key, std::string_view text);
  void log_error(const ErrorRule& rule, std::string_view error);
  std::unique_ptr<Pending> take_spare();

  evl::Host host_;
  evl::Loop loop_;
  const Options& options_;
  const Metrics& metrics_;
  const std::string name_;
  Link link_;
  Resolver resolver_;
  evl::Timer timer_;  // the next attempt, the limit of the handshake, the deadlines: one at a time
  event* later_event_ = nullptr;
  CommandWriter writer_;

  State state_ = State::kWaiting;
  evl_status status_ = EVL_E_UNAVAILABLE;  // health, while it is not usable
  std::string reason_ = "not connected yet";
  std::vector<std::string_view> handshake_;  // the replies that are still to come
  bool refused_ = false;                     // a reply of the handshake was an error

  Session session_;

  std::deque<std::unique_ptr<Pending>> waiting_;   // sent, in order
  std::deque<std::unique_ptr<Pending>> answered_;  // to be sent on, or to be finished
  std::deque<std::unique_ptr<Pending>> finished_;  // `done` is to be called
  std::vector<std::unique_ptr<Pending>> spare_;

  bool pinging_ = false;
  bool heard_ = false;  // a reply, in this turn
  std::chrono::nanoseconds ping_deadline_{};
  std::chrono::nanoseconds last_reply_{};  // or the moment it became usable
  std::chrono::nanoseconds last_attempt_{};
  std::chrono::nanoseconds retry_at_{};
  std::chrono::nanoseconds last_retirement_{};
  std::size_t next_address_ = 0;
  unsigned failures_ = 0;  // attempts in a row that came to nothing
  bool was_usable_ = false;
  const ErrorRule* logged_ = nullptr;  // in this turn
  std::minstd_rand random_;
};

}  // namespace evloom::plugins::redis
