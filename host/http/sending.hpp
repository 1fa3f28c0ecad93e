// Sending a reply: straight to the socket, which nearly always takes all of it, and what it does not take by
// the bufferevent's output. One loop's thread.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <string_view>

#include "http/body.hpp"

struct evbuffer;

namespace evloom::http {

// As much of the reply as the socket takes now: how many bytes, or -1 when the connection is lost.
ssize_t send_now(int socket, std::string_view head, const Body& body);

// Appends what is left after the first `sent` bytes; body.release is called when its last byte has gone, or
// with the output. `sent` is less than there is.
void send_later(evbuffer* output, std::string_view head, const Body& body, std::size_t sent);

}  // namespace evloom::http
