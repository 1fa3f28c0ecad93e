// AdminServer: the admin API on a thread and a listener of its own, so that a host whose loops are all busy
// still tells what it does. Made and destroyed on the control thread; Control and the sources outlive it. It
// may end at any time: whoever waits for a change is told so, and the change's answer goes nowhere.
#pragma once

#include <memory>
#include <string>

#include "admin/service.hpp"
#include "base/result.hpp"
#include "change/control.hpp"
#include "http/listener.hpp"
#include "http/server.hpp"
#include "loop/pool.hpp"
#include "observe/log.hpp"

namespace evloom::admin {

struct AdminOptions {
  http::ListenerSpec listen;  // a unix socket with its mode, or TCP
  std::string token;          // TCP needs one; with one every request has to bear it
};

class AdminServer {
 public:
  // Serves when it returns; the error says what is wrong with the address.
  static Result<std::unique_ptr<AdminServer>> start(const AdminOptions& options, change::Control& control,
                                                    Sources sources, observe::Log& log);
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  // "unix:/run/evloom.sock", "http://127.0.0.1:9091": with the port that was chosen.
  std::string url() const { return listener_.spec().url(); }

 private:
  AdminServer(http::BoundListener listener, Sources sources, observe::Log& log);
  Status launch(std::string token, change::Control& control);
  void on_loop(const std::function<void(loop::Loop&)>& function);

  const Sources sources_;
  observe::Log& log_;
  observe::Logger logger_;
  http::BoundListener listener_;
  http::Shared shared_;
  const http::ServerMetrics metrics_;  // counts nowhere: the host's own figures are those of its requests
  std::unique_ptr<loop::Pool> pool_;
  std::shared_ptr<Home> home_;
  std::unique_ptr<AdminService> service_;  // both made and destroyed on the admin loop
  std::unique_ptr<http::Server> server_;
};

}  // namespace evloom::admin
