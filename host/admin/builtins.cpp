#include "admin/builtins.hpp"

#include <string>

#include "admin/readiness.hpp"
#include "epoch/loop_host.hpp"
#include "observe/metrics.hpp"

namespace evloom::admin {

namespace {

// The process runs and this loop turns: that it answers says it all.
class Live final : public epoch::Builtin {
 public:
  void on_request(http::Exchange& exchange, epoch::LoopHost&) override {
    http::Reply reply;
    reply.content_type = "application/json";
    reply.body.bytes = "{\"live\":true}\n";
    exchange.reply(reply);
  }
};

class Metrics final : public epoch::Builtin {
 public:
  void on_request(http::Exchange& exchange, epoch::LoopHost& host) override {
    const std::string text = render_prometheus(host.common().metrics);
    http::Reply reply;
    reply.content_type = observe::kPrometheusContentType;
    reply.body.bytes = text;
    exchange.reply(reply);
  }
};

}  // namespace

const epoch::Builtins& builtins() {
  static Live live;
  static Readiness ready;
  static Metrics metrics;
  static const epoch::Builtins all = {
      {config::Builtin::live, &live}, {config::Builtin::ready, &ready}, {config::Builtin::metrics, &metrics}};
  return all;
}

}  // namespace evloom::admin
