// Exchange: one request as its client sees it, from the moment it is sent to its answer. Owned by the Host
// and valid as long as that; what it tells is valid until again().
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "evloom/abi/request.h"

namespace evl::testkit {

// Where a request comes from: what evl_request_access::peer tells the handler.
struct Peer {
  evl_peer_family family = EVL_PEER_IPV4;  // or EVL_PEER_IPV6, EVL_PEER_UNIX
  std::string address = "192.0.2.1";       // or "2001:db8::1", "unix:<uid>"
  std::uint32_t port = 40000;              // of a unix peer its process id
};

// A request on its way to the host.
struct Message {
  std::string method = "GET";                                     // case counts
  std::string target = "/";                                       // as sent: "/a%20b?x=1"
  std::vector<std::pair<std::string, std::string>> headers = {};  // name and value, in their order
  std::string body = {};                                          // all of it
  Peer peer = {};                                                 // who sends it
  std::uint32_t loop = 0;                                         // the loop whose connection it comes by
};

// What the client got: from the handler, or from the host where that answers for it.
struct Answer {
  std::uint32_t status = 0;                                  // 200 to 599
  std::string media_type;                                    // empty: none was given
  std::vector<std::pair<std::string, std::string>> headers;  // further ones
  std::string body;                                          // also where HTTP would not send it, as to HEAD

  // The first further header of that name (case does not count); empty when there is none.
  std::string_view header(std::string_view name) const;
};

// A request and what became of it; see Host::send.
class Exchange {
 public:
  virtual ~Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // What was sent.
  const Message& message() const { return message_; }
  // An answer was given, by the handler or by the host.
  bool answered() const { return answered_; }
  // Throws Refused when there is none.
  const Answer& answer() const;
  // Nothing more comes for it: on_finish was called, or it never reached a handler.
  bool finished() const { return finished_; }

  // The client goes away, now: on_cancel and on_finish are called before this returns. Nothing when it is
  // finished. To be called between two turns of the host.
  virtual void hang_up() = 0;
  // Its reply deadline passes, now: on_cancel with EVL_E_TIMEOUT, and 503.
  virtual void expire() = 0;
  // The same client sends the same request once more. Memory of the first one is used again, so that a
  // benchmark measures the plugin. Throws Refused unless it is finished.
  virtual void again() = 0;
  // What the handler was given; null when it is finished.
  virtual evl_request* raw() = 0;

 protected:
  Exchange() = default;
  Message message_;
  Answer answer_;
  bool answered_ = false;
  bool finished_ = false;
};

}  // namespace evl::testkit
