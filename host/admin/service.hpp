// AdminService: the admin API itself: who may ask, which endpoint it is, what it is asked, and the answer, at
// once or when a change is done. On the admin loop alone; answers of other threads come by Home.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "admin/home.hpp"
#include "base/result.hpp"
#include "change/control.hpp"
#include "http/exchange.hpp"
#include "observe/log.hpp"

namespace evloom::admin {

// What the API tells besides what Control does. Both are called on the admin loop and must not wait.
struct Sources {
  // Calls its argument once, on any thread, with why requests would not be served now; nothing: they would.
  std::function<void(std::function<void(std::vector<std::string>)>)> readiness;
  // The text format of Prometheus.
  std::function<std::string()> metrics;
};

class AdminService final : public http::Service {
 public:
  // With a token every request needs `Authorization: Bearer TOKEN`.
  AdminService(change::Control& control, const Sources& sources, std::string token,
               std::shared_ptr<Home> home, observe::Logger logger);

  // Answers whoever waits with 503: the host is going down.
  void give_up();

  void on_head(http::Exchange& exchange) override;
  void on_request(http::Exchange& exchange) override;
  void on_abandon(http::Exchange& exchange, http::Abandon why) override;

 private:
  struct Endpoint;
  using Read = Result<change::Command> (*)(std::string_view);
  static const std::vector<Endpoint>& endpoints();

  bool admits(const http::Exchange& exchange) const;
  void status(http::Exchange& exchange);
  void history(http::Exchange& exchange);
  void live(http::Exchange& exchange);
  void ready(http::Exchange& exchange);
  void metrics(http::Exchange& exchange);
  void command(http::Exchange& exchange);

  // Keeps the exchange until settle() finds it under this number.
  std::uint64_t hold(http::Exchange& exchange);
  void settle(std::uint64_t number, std::uint16_t status, const nlohmann::ordered_json& body);

  change::Control& control_;
  const Sources& sources_;
  const std::string token_;
  const std::shared_ptr<Home> home_;
  observe::Logger logger_;
  std::uint64_t held_so_far_ = 0;
  std::unordered_map<std::uint64_t, http::Exchange*> held_;  // a pin each; their clients wait
};

}  // namespace evloom::admin
