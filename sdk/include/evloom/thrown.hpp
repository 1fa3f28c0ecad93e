// What becomes of an exception that an author's code lets out: a status and a text, a line in the log under
// the instance's name, and the request's failure. Used by the glue at every boundary; nothing here throws.
#pragma once

#include <cstdio>
#include <exception>
#include <new>
#include <string_view>

#include "evloom/request.hpp"

namespace evl {

// Thrown at a co_await whose operation failed: of a store, a sleep, work. It says what the server could not
// do, never what is wrong with the request: a handler that lets it pass answers 503 for what may pass, else
// 500.
class OperationFailed : public Failure {
 public:
  using Failure::Failure;
  // What the request fails with: its status, but for those that would blame the client.
  evl_status answer() const {
    return status() == EVL_E_INVALID || status() == EVL_E_NOT_FOUND ? EVL_E_INTERNAL : status();
  }
};

// Runs `body`, turning an exception into a status and a text.
template <typename Body>
evl_status guarded(evl_error* error, Body body) {
  try {
    body();
    return EVL_OK;
  } catch (const OperationFailed& failure) {
    evl_error_set(error, failure.what());
    return failure.answer() == EVL_OK ? EVL_E_INTERNAL : failure.answer();
  } catch (const Failure& failure) {
    evl_error_set(error, failure.what());
    return failure.status() == EVL_OK ? EVL_E_INTERNAL : failure.status();
  } catch (const std::bad_alloc&) {
    evl_error_set(error, "out of memory");
    return EVL_E_NO_SPACE;
  } catch (const std::exception& failure) {
    evl_error_set(error, failure.what());
    return EVL_E_INTERNAL;
  } catch (...) {
    evl_error_set(error, "an exception that is no std::exception");
    return EVL_E_INTERNAL;
  }
}

namespace detail {

// The exception that is being handled: its status, and its text in `text`.
template <std::size_t Size>
evl_status caught(char (&text)[Size]) noexcept {
  text[0] = '\0';
  evl_error error{sizeof error, Size, text};
  return guarded(&error, [] { throw; });
}

// A handler's function let an exception out, for a request that is to be answered by it. One that it had
// answered before stays so. Out of line: it happens never.
[[gnu::noinline, gnu::cold]] inline void handler_failed(Request& request, const char* what, evl_status status,
                                                        const char* text, bool cancelled = false) noexcept {
  // No ticket: nobody waits for an answer any more. Else the ticket ends with the answer.
  const bool open = !cancelled && request.suspend() != 0;
  char line[700];
  if (open) {
    snprintf(line, sizeof line, "%s threw: %s; the request fails (%s): catch it, or say it by fail()", what,
             text, status_name(status));
  } else {
    snprintf(line, sizeof line, "%s threw after %s: %s; catch it", what,
             cancelled ? "its request was cancelled" : "it had answered", text);
  }
  Host(&request.interfaces()).fault(EVL_LOG_ERROR, what, line);
  if (open) {
    request.fail(status,
                 status == EVL_E_UNKNOWN ? "the handler failed; outcome: unknown" : "the handler failed");
  }
}

// The same for the exception that is being handled.
[[gnu::noinline, gnu::cold]] inline void handler_threw(Request& request, const char* what) noexcept {
  char text[512];
  const evl_status status = caught(text);
  handler_failed(request, what, status, text);
}

// The same where nobody is to be told but the author: the exception that is being handled.
[[gnu::noinline, gnu::cold]] inline void log_thrown(const HostInterfaces& interfaces,
                                                    const char* what) noexcept {
  char text[512];
  caught(text);
  char line[700];
  snprintf(line, sizeof line, "%s threw: %s; catch it: nothing can be told by it", what, text);
  Host(&interfaces).fault(EVL_LOG_ERROR, what, line);
}

// Runs `body`; what it throws ends here, with a line in the log.
template <typename Body>
void contained(const HostInterfaces& interfaces, const char* what, Body body) noexcept {
  try {
    body();
  } catch (...) {
    log_thrown(interfaces, what);
  }
}

}  // namespace detail
}  // namespace evl
