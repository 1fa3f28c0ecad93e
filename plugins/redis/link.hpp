// Link: one hiredis connection on the event base of a loop: the two events, the order of replies, the checks.
// hiredis calls back from inside its own functions, where nothing may be freed and nobody else called; what
// it reports there is only noted, and LinkUser::turned comes once it has returned. The loop's thread.
#pragma once

#include <hiredis/async.h>
#include <hiredis/hiredis.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "redis/reply_reader.hpp"

struct event;
struct event_base;

namespace evloom::plugins::redis {

// Whose command a reply belongs to.
enum class Role : std::uintptr_t { kHandshake = 1, kPing, kOperation };

class LinkUser {
 public:
  // What the next reply must look like. Inside hiredis: look, call nobody.
  virtual Expected expected(Role role) = 0;
  // The reply to the oldest command of `role`. Inside hiredis: note it, call nobody.
  virtual void replied(Role role, const Reply& reply) = 0;
  // The link ends and the oldest command of `role` stays without a reply; `sent` still counts. As above.
  virtual void lost(Role role) = 0;
  // After each event of the link, outside hiredis. The link may be closed by then.
  virtual void turned() = 0;

 protected:
  ~LinkUser() = default;
};

class Link {
 public:
  Link(event_base* base, std::size_t max_reply, LinkUser& user);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;
  ~Link() { close(); }

  // Begins to connect, without blocking: `address` is an IPv4 or IPv6 literal. False: see reason().
  bool connect_tcp(const std::string& address, std::uint16_t port);
  bool connect_unix(const std::string& path);

  bool open() const { return context_ != nullptr; }
  // Why it is not open any more.
  const std::string& reason() const { return reason_; }

  // Queues one command in wire form, which must be followed by a NUL as a std::string's text is. It leaves
  // with flush, or when the socket is writable. False when the link is closed or ends.
  bool queue(std::string_view wire, Role role);
  // Writes what the socket takes now; the rest follows by itself. May close the link: then `turned` is not
  // called, the caller knows.
  void flush();

  // Bytes queued since connect, and those of them that the kernel has taken.
  std::uint64_t queued() const { return queued_; }
  std::uint64_t sent() const { return queued_ - unsent(); }
  std::size_t unsent() const;

  // Ends it: every command without a reply is `lost`. Nothing happens when it is not open. Not inside
  // hiredis.
  void close(std::string_view reason = "closed");

 private:
  bool begin(redisAsyncContext* context);
  static void replied(redisAsyncContext* context, void* reply, void* role);
  static void readable(int fd, short what, void* self);
  static void writable(int fd, short what, void* self);
  static Link& of(void* self) { return *static_cast<Link*>(self); }
  void want_write(bool on);
  void ended();  // by hiredis' cleanup hook: the context is about to go

  event_base* base_;
  LinkUser& user_;
  ReplyReader replies_;
  redisAsyncContext* context_ = nullptr;
  event* read_event_ = nullptr;
  event* write_event_ = nullptr;
  bool writing_ = false;  // write_event_ is pending
  bool holding_ = false;  // queue() is at work: flush will write
  std::uint64_t queued_ = 0;
  std::string reason_ = "not connected yet";
  std::string closing_;  // the reason that close() was given
};

}  // namespace evloom::plugins::redis
