// What a configuration says of connections, of addresses and of the log, in the words of those who need it.
// [any]
#pragma once

#include "config/config.hpp"
#include "http/listener.hpp"
#include "http/server.hpp"
#include "observe/log.hpp"

namespace evloom::change {

http::Limits limits_of(const config::Config& config);
Result<http::ListenerSpec> spec_of(const config::Listener& listener);
Result<http::ListenerSpec> spec_of(const config::Admin& admin);
observe::LogOptions log_options_of(const config::Config& config);

}  // namespace evloom::change
