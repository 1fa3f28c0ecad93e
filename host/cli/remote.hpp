// Remote: a running host's admin API, asked over HTTP by libcurl: one request at a time, on the caller's
// thread; while one waits for its answer, the host's status can be watched. [control]
#pragma once

#include <functional>
#include <string>

#include "base/result.hpp"
#include "cli/where.hpp"

namespace evloom::cli {

struct RemoteReply {
  long status = 0;
  std::string body;
};

class Remote {
 public:
  // Called about three times a second with the body of GET /v1/status.
  using Watch = std::function<void(const std::string& status)>;

  explicit Remote(Where where);
  ~Remote();
  Remote(const Remote&) = delete;
  Remote& operator=(const Remote&) = delete;

  const Where& where() const { return where_; }

  // Any status is a reply; the error says that none came, why, and what to do.
  Result<RemoteReply> get(const std::string& path);
  Result<RemoteReply> post(const std::string& path, const std::string& body, const Watch& watch = {});

 private:
  class Transfer;
  Result<RemoteReply> perform(Transfer& transfer, const Watch& watch);
  Error unreachable(const Transfer& transfer, int code) const;

  const Where where_;
  void* multi_;  // CURLM
};

}  // namespace evloom::cli
