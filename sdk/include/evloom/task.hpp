// evl::Task<>: handlers as coroutines. This header brings all of it:
//
//   evl::Task<> on_request(evl::Request& request) {
//     evl::Store store(request);
//     auto [total, ports] = co_await store.all(evl::incr("total"), evl::set_read("ports"));
//     if (total > 100) co_await evl::sleep(std::chrono::milliseconds(10));
//     request.text(200, co_await describe(request, total));
//   }
//   evl::Task<std::string> describe(evl::Request& request, std::int64_t total);  // a coroutine of its own
//
// Frames lie in the request's arena: no memory comes from the heap. `request` stays valid until the coroutine
// ends. When the request is cancelled, Cancelled is thrown at the co_await; destructors run, then on_finish.
// What else escapes becomes a 500 and a log line, as with any handler. [loop] throughout.
#pragma once

#include <coroutine>
#include <optional>
#include <type_traits>
#include <utility>

#include "evloom/handler.hpp"
#include "evloom/task_frame.hpp"
#include "evloom/task_store.hpp"
#include "evloom/task_time.hpp"
#include "evloom/task_work.hpp"

namespace evl {

template <typename T = void>
class [[nodiscard]] Task;

namespace detail {

template <typename T>
struct Promise : PromiseBase {
  Task<T> get_return_object();
  template <typename U>
  void return_value(U&& given) {
    value.emplace(std::forward<U>(given));
  }
  std::optional<T> value;
};
template <>
struct Promise<void> : PromiseBase {
  Task<void> get_return_object();
  static void return_void() noexcept {}
};

}  // namespace detail

// A coroutine that has not begun: it begins when it is awaited. It takes an evl::Request& or an evl::Store&
// among its arguments (a member function of anything, or a free one), in whose memory it lives.
template <typename T>
class [[nodiscard]] Task {
 public:
  using promise_type = detail::Promise<T>;  // for the compiler

  // Made by the coroutine that returns it; moved, never copied; one that was not awaited never runs.
  explicit Task(std::coroutine_handle<promise_type> handle) : handle_(handle) {}
  Task(Task&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Task& operator=(Task&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Task() {
    if (handle_) handle_.destroy();
  }

  // What co_await of one does.
  struct Await {
    std::coroutine_handle<promise_type> task;  // that is awaited

    // Never: it has yet to begin.
    static bool await_ready() noexcept { return false; }
    // Runs it at once, on top of the stack: what needs no waiting comes back without any.
    template <typename Promise>
    bool await_suspend(std::coroutine_handle<Promise> caller) {
      task.promise().root = caller.promise().root;
      task.resume();
      if (task.done()) return false;
      task.promise().continuation = caller;
      return true;
    }
    T await_resume() const {
      auto& promise = task.promise();
      if (promise.error) std::rethrow_exception(std::exchange(promise.error, nullptr));
      if constexpr (!std::is_void_v<T>) return std::move(*promise.value);
    }
  };
  Await operator co_await() && { return {handle_}; }

 private:
  friend struct Coroutine<Task>;
  std::coroutine_handle<promise_type> handle_;
};

template <typename T>
Task<T> detail::Promise<T>::get_return_object() {
  return Task<T>(std::coroutine_handle<Promise>::from_promise(*this));
}
inline Task<void> detail::Promise<void>::get_return_object() {
  return Task<void>(std::coroutine_handle<Promise>::from_promise(*this));
}

// How a handler's table runs on_request when it is a coroutine.
template <>
inline constexpr bool is_task<Task<>> = true;

// What handler.hpp calls when on_request is a coroutine.
template <>
struct Coroutine<Task<>> {
  // Begins it with its root in the request's arena.
  template <typename Call>
  static void start(Request& request, Call call) {
    void* const memory = request.allocate(sizeof(detail::Root) + detail::Root::kFirst, alignof(detail::Root));
    auto* const root = new (memory) detail::Root(request);
    request.set_user(root);
    Task<> task = call(root->request);
    const auto handle = std::exchange(task.handle_, nullptr);
    root->task = handle;
    root->error = &handle.promise().error;
    handle.promise().root = root;
    detail::go_on(*root, handle);
  }

  // It is resumed where it waits, and ends: every co_await throws Cancelled from now on.
  static void cancel(const Request& request, evl_status why) {
    detail::Root* const root = of(request);
    if (!root) return;
    root->cancelled = why;
    detail::Waiter* const waiter = std::exchange(root->waiting, nullptr);
    if (!waiter) return;
    waiter->detach(*waiter);
    detail::go_on(*root, waiter->coroutine);
  }

  // The request has ended: what is left of the coroutine goes.
  static void finish(const Request& request) {
    detail::Root* const root = of(request);
    if (!root) return;
    // It still waits only when somebody else has answered its request.
    if (detail::Waiter* const waiter = std::exchange(root->waiting, nullptr)) waiter->detach(*waiter);
    if (root->task) std::exchange(root->task, nullptr).destroy();
  }

  // The request as the coroutine has it.
  static Request begun(const Request& request) {
    detail::Root* const root = of(request);
    return root ? root->request : request;
  }

 private:
  // Null when on_request did not come as far as to make it.
  static detail::Root* of(const Request& request) { return static_cast<detail::Root*>(request.user()); }
};

}  // namespace evl
