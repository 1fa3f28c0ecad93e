#include "admin/server.hpp"

#include <pthread.h>

#include <utility>

namespace evloom::admin {

namespace {

using std::chrono::seconds;

constexpr seconds kSlow{10};  // after which a wait for the admin loop is worth a line in the log

http::Limits limits() {
  http::Limits limits;
  limits.head.head_bytes = 8 * 1024;
  limits.head.target_bytes = 1024;
  limits.head.headers = 32;
  limits.head.body_bytes = std::uint64_t{64} << 10;
  limits.body_timeout = 10'000'000'000;
  limits.idle_timeout =
      10'000'000'000;  // a client has one request a connection; idle ones must not lock out others
  limits.reply_timeout = 600'000'000'000;  // a change with its canary
  limits.connections = 64;
  limits.body_memory = std::uint64_t{4} << 20;
  return limits;
}

}  // namespace

Result<std::unique_ptr<AdminServer>> AdminServer::start(const AdminOptions& options, change::Control& control,
                                                        Sources sources, observe::Log& log) {
  if (!options.listen.is_unix() && options.token.empty())
    return Error{"the admin API on " + options.listen.url() +
                 " needs a token: whoever reaches a TCP port may ask; set admin.token or use a unix socket"};
  auto bound = http::BoundListener::bind(options.listen, 1);
  if (!bound) return Error{"admin API: " + bound.error().message};
  std::unique_ptr<AdminServer> server(new AdminServer(std::move(*bound), std::move(sources), log));
  if (auto status = server->launch(options.token, control); !status) return status.error();
  return server;
}

AdminServer::AdminServer(http::BoundListener listener, Sources sources, observe::Log& log)
    : sources_(std::move(sources)), log_(log), logger_(log.logger("admin")), listener_(std::move(listener)) {}

Status AdminServer::launch(std::string token, change::Control& control) {
  auto pool = loop::Pool::start(
      1, {[](std::uint32_t) { ::pthread_setname_np(::pthread_self(), "evloom-admin"); }, {}});
  if (!pool) return Error{"admin API: " + pool.error().message};
  pool_ = std::move(*pool);
  home_ = std::make_shared<Home>(pool_->at(0).mailbox());
  Status status;
  on_loop([&](loop::Loop& loop) {
    service_ = std::make_unique<AdminService>(control, sources_, std::move(token), home_, logger_);
    server_ = std::make_unique<http::Server>(loop, *service_, limits(), shared_, metrics_, log_);
    status = server_->listen(listener_.spec(), listener_.take(0));
  });
  if (!status) return Error{"admin API: " + status.error().message};
  logger_.info("the admin API listens on {}", url());
  return {};
}

// Waits as long as it takes: what runs on this loop never blocks, and what it refers to must not go before.
void AdminServer::on_loop(const std::function<void(loop::Loop&)>& function) {
  if (pool_->run_on(0, function, kSlow)) return;
  logger_.warn("the admin loop is held up; waiting for it");
  while (!pool_->run_on(
      0, [](loop::Loop&) {}, kSlow)) {
  }
}

AdminServer::~AdminServer() {
  if (!pool_) return;
  if (service_) {
    on_loop([this](loop::Loop&) {
      service_->give_up();
      server_->close_all();
    });
    home_->close();
    // Comes after all that was posted before the door was closed.
    on_loop([this](loop::Loop&) {
      server_.reset();
      service_.reset();
    });
  }
  pool_.reset();
}

}  // namespace evloom::admin
