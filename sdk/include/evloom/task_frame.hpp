// What the coroutines of one request share: where their frames lie, what they wait for, and that it was
// cancelled. All of it is in the request's arena and on the request's loop. See task.hpp.
#pragma once

#include <coroutine>
#include <cstddef>
#include <exception>
#include <type_traits>

#include "evloom/handler.hpp"

namespace evl {

// Thrown at the co_await where a coroutine stands when its request is cancelled, and at every later one: the
// client has gone (EVL_E_CANCELLED) or the deadline passed (EVL_E_TIMEOUT). No std::exception, so that what
// is caught for failures does not catch it. Let it pass; destructors do the cleaning up.
struct Cancelled {
  evl_status why;  // EVL_E_CANCELLED or EVL_E_TIMEOUT
};

namespace detail {

// What a suspended coroutine waits for; a member of its awaiter.
struct Waiter {
  void (*detach)(Waiter& self) = nullptr;  // nothing of it may come back
  std::coroutine_handle<> coroutine;
};

// Of one request: made before its coroutine, gone with the arena.
struct alignas(16) Root : TaskAnchor {
  explicit Root(const Request& its_request) : request(&its_request.interfaces(), its_request.raw(), this) {}

  Request request;  // what on_request refers to
  std::coroutine_handle<> task;
  std::exception_ptr* error = nullptr;  // of the outermost coroutine
  Waiter* waiting = nullptr;
  evl_status cancelled = EVL_OK;
  struct Frame* spare = nullptr;  // frames that nested coroutines have left

  // Behind it lies memory for its first frames: one allocation for what most handlers need.
  static constexpr std::size_t kFirst = 1024;
  std::size_t left = kFirst;
};

// Stands before each frame.
struct alignas(16) Frame {
  Root* root;
  std::size_t size;  // of the frame behind it
  Frame* next;
};

inline void* allocate_frame(Request& request, std::size_t size) {
  Root* const root = static_cast<Root*>(request.anchor());
  if (root) {
    for (Frame** at = &root->spare; *at; at = &(*at)->next) {
      if ((*at)->size < size) continue;
      Frame* const found = *at;
      *at = found->next;
      return found + 1;
    }
  }
  const std::size_t needed = (sizeof(Frame) + size + alignof(Frame) - 1) & ~(alignof(Frame) - 1);
  void* memory = nullptr;
  if (root && root->left >= needed) {
    memory = reinterpret_cast<std::byte*>(root + 1) + (Root::kFirst - root->left);
    root->left -= needed;
  } else {
    memory = request.allocate(needed, alignof(Frame));
  }
  return new (memory) Frame{root, size, nullptr} + 1;
}

inline void free_frame(void* memory) {
  Frame* const frame = static_cast<Frame*>(memory) - 1;
  if (!frame->root) return;
  frame->next = frame->root->spare;
  frame->root->spare = frame;
}

template <typename T>
inline constexpr bool carries_request =
    std::is_same_v<std::remove_cv_t<T>, Request> || std::is_same_v<std::remove_cv_t<T>, Store>;

inline Request request_in() { return {nullptr, nullptr}; }
template <typename First, typename... Rest>
Request request_in(First& first, Rest&... rest) {
  if constexpr (std::is_same_v<std::remove_cv_t<First>, Request>) {
    return first;
  } else if constexpr (std::is_same_v<std::remove_cv_t<First>, Store>) {
    return first.request();
  } else {
    return request_in(rest...);
  }
}

// Goes on with a coroutine of the request, until it waits for something else or the outermost one has ended.
void go_on(Root& root, std::coroutine_handle<> coroutine) noexcept;

// The common part of all promises.
struct PromiseBase {
  Root* root = nullptr;
  std::coroutine_handle<> continuation;  // who awaits it
  std::exception_ptr error;

  // Inlined always: GCC takes a template and its operator delete for a mismatch where it sees a call to it.
  template <typename... Args>
  [[gnu::always_inline]] static void* operator new(std::size_t size, Args&... args) {
    static_assert(
        (carries_request<Args> || ...),
        "a coroutine takes an evl::Request& or an evl::Store&: its frame lies in the memory of that request");
    Request request = request_in(args...);
    return allocate_frame(request, size);
  }
  [[gnu::always_inline]] static void operator delete(void* memory, std::size_t) { free_frame(memory); }

  static std::suspend_always initial_suspend() noexcept { return {}; }

  struct Final {
    static bool await_ready() noexcept { return false; }
    template <typename Promise>
    static std::coroutine_handle<> await_suspend(std::coroutine_handle<Promise> ended) noexcept {
      const std::coroutine_handle<> next = ended.promise().continuation;
      return next ? next : std::noop_coroutine();
    }
    static void await_resume() noexcept {}
  };
  static Final final_suspend() noexcept { return {}; }
  void unhandled_exception() noexcept { error = std::current_exception(); }
};

// The outermost coroutine let an exception out.
[[gnu::noinline, gnu::cold]] inline void failed(Root& root) noexcept {
  const std::exception_ptr error = std::exchange(*root.error, nullptr);
  char text[512] = "";
  evl_error reason{sizeof reason, sizeof text, text};
  const evl_status status = guarded(&reason, [&] {
    try {
      std::rethrow_exception(error);
    } catch (const Cancelled& cancelled) {
      if (root.cancelled == EVL_OK) throw Failure(cancelled.why, "cancelled by itself");
    }
  });
  if (status != EVL_OK) handler_failed(root.request, "on_request", status, text, root.cancelled != EVL_OK);
}

inline void go_on(Root& root, std::coroutine_handle<> coroutine) noexcept {
  coroutine.resume();
  if (root.task.done() && *root.error) failed(root);
}

// What our awaiters have in common. `Derived::begin(Root&)` starts it and gives EVL_OK, or why it could not.
template <typename Derived>
struct Await : Waiter {
  static bool await_ready() noexcept { return false; }

  template <typename Promise>
  bool await_suspend(std::coroutine_handle<Promise> handle) {
    root = handle.promise().root;
    if (root->cancelled != EVL_OK) return false;
    coroutine = handle;
    status = static_cast<Derived*>(this)->begin();
    if (status != EVL_OK) return false;
    root->waiting = this;
    return true;
  }

  // What it waited for is there.
  void arrived() noexcept {
    root->waiting = nullptr;
    go_on(*root, coroutine);
  }
  void check_cancelled() const {
    if (root->cancelled != EVL_OK) throw Cancelled{root->cancelled};
  }

  Root* root = nullptr;
  evl_status status = EVL_OK;
};

}  // namespace detail
}  // namespace evl
