// co_await evl::work(function, arguments...): calls `function` with its own copies of the arguments on one of
// the host's worker threads and gives what it returns; what it throws is thrown at the co_await. The request
// may be cancelled, and its memory be gone, while the function runs: let it own all that it uses, and touch
// nothing of the request or the loop. One allocation, of all that.
#pragma once

#include <memory>
#include <optional>
#include <tuple>
#include <type_traits>
#include <utility>

#include "evloom/task_time.hpp"

namespace evl {
namespace detail {

template <typename... Parts>
struct WorkWait;

// A function under way, and its result. Its own master: deleted on the loop, by `done` or by who awaits it.
template <typename Function, typename... Args>
struct Job {
  using Value = std::invoke_result_t<Function&, Args...>;
  static constexpr bool is_void = std::is_void_v<Value>;

  template <typename... Given>
  explicit Job(const Function& its_function, Given&&... given)
      : function(its_function), args(std::forward<Given>(given)...) {}

  evl_work work{};  // first: its address is the job's
  Function function;
  std::tuple<Args...> args;
  std::optional<std::conditional_t<is_void, Done, Value>> value;
  std::exception_ptr error;
  WorkWait<Function, Args...>* waiter = nullptr;  // null: the request was cancelled

  static Job& of(evl_work* raw) { return *reinterpret_cast<Job*>(raw); }
  static void run(evl_work* raw) {
    Job& job = of(raw);
    try {
      if constexpr (is_void) {
        std::apply(job.function, std::move(job.args));
        job.value.emplace();
      } else {
        job.value.emplace(std::apply(job.function, std::move(job.args)));
      }
    } catch (...) {
      job.error = std::current_exception();
    }
  }
  static void done(evl_work* raw, evl_loop*) {
    Job& job = of(raw);
    if (job.waiter && job.waiter->take()) {
      job.waiter->arrived();  // who awaits it owns it from here on
    } else {
      delete &job;
    }
  }
};

template <typename... Parts>
struct WorkWait : TicketWait<WorkWait<Parts...>> {
  using Mine = Job<Parts...>;

  explicit WorkWait(std::unique_ptr<Mine> its_job) : made(std::move(its_job)) {}
  WorkWait(const WorkWait&) = delete;
  WorkWait& operator=(const WorkWait&) = delete;
  ~WorkWait() {
    if (arrived_job) delete job;
  }

  evl_status begin() {
    if (!this->hold()) return EVL_E_STATE;
    made->waiter = this;
    made->work.run = &Mine::run;
    made->work.done = &Mine::done;
    const Request& request = this->root->request;
    const HostInterfaces& host = request.interfaces();
    const evl_status given = host.work->submit(host.host, request.loop().raw(), &made->work);
    if (given != EVL_OK) {
      this->take();
      return given;
    }
    job = made.release();
    this->detach = [](Waiter& self) {
      auto& wait = static_cast<WorkWait&>(self);
      std::exchange(wait.job, nullptr)->waiter = nullptr;
    };
    return EVL_OK;
  }
  bool take() {
    const bool wanted = TicketWait<WorkWait>::take();
    arrived_job = wanted && job;
    return wanted;
  }
  typename Mine::Value await_resume() {
    this->check("the work was not taken: too much is waiting, or the request has been answered");
    if (job->error) std::rethrow_exception(std::exchange(job->error, nullptr));
    if constexpr (!Mine::is_void) return std::move(*job->value);
  }

  std::unique_ptr<Mine> made;  // until it is submitted
  Mine* job = nullptr;
  bool arrived_job = false;
};

}  // namespace detail

template <typename Function, typename... Args>
detail::WorkWait<std::decay_t<Function>, std::decay_t<Args>...> work(Function&& function, Args&&... args) {
  static_assert(std::is_lvalue_reference_v<Function> || std::is_trivially_copyable_v<Function>,
                "give what the function is to own as arguments: work([](std::string name) { ... }, "
                "std::string(name)). GCC 12 copies a lambda that owns something wrongly where it stands in a "
                "co_await expression");
  using Mine = detail::Job<std::decay_t<Function>, std::decay_t<Args>...>;
  return detail::WorkWait<std::decay_t<Function>, std::decay_t<Args>...>(
      std::make_unique<Mine>(function, std::forward<Args>(args)...));
}

}  // namespace evl
