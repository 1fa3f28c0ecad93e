// How an instance starts, drains, stops, is replaced and destroyed: the steps of host/plugin/instance.cpp and
// of an epoch's end, between two turns of the test's host. The test's thread.
#include <chrono>
#include <filesystem>
#include <thread>
#include <vector>

#include "instance.hpp"
#include "plugin/reason.hpp"
#include "store.hpp"

namespace evl::testkit {

namespace {

// A thread that was joined is still seen for a moment.
constexpr std::chrono::seconds kThreadEnd{2};

}  // namespace

evl_status InstanceImpl::start_here(Loop& loop, std::string& why) {
  Cell& cell = cells_[loop.index];
  cell.on = true;
  ++code_->on_loop(loop.index);
  if (!plugin_.abi.thread_start) return EVL_OK;

  evloom::plugin::Reason reason;
  void* slot = nullptr;
  const evl_status status = evloom::plugin::call(
      [&] { return plugin_.abi.thread_start(plugin_.abi.instance, loop.raw(), &slot, reason.error()); },
      [&](const char* what) {
        misbehaved(Breach::exception, "thread_start threw");
        reason.threw("thread_start", what);
      });
  if (status == EVL_OK) {
    cell.slot = slot;
  } else {
    cell.on = false;
    --code_->on_loop(loop.index);
    sweep_here(loop);
    why = reason.text(status);
  }
  return status;
}

void InstanceImpl::start() {
  if (phase_ == Phase::started || phase_ == Phase::destroyed)
    throw Refused(label() + " cannot be started: it " +
                  (phase_ == Phase::started ? "runs already" : "was destroyed"));
  closed_ = false;
  std::string failed;
  const std::vector<evloom::plugin::Task> before = evloom::plugin::tasks();
  // Every loop gets the call, as from a real host, which tells all of them at once.
  for (std::uint32_t i = 0; i < core_.scheduler.loops(); ++i) {
    Loop& loop = core_.scheduler.at(i);
    std::string why;
    evl_status status = EVL_OK;
    core_.scheduler.enter(loop, [&] { status = start_here(loop, why); });
    if (status != EVL_OK && failed.empty())
      failed = label() + " failed to start on loop " + std::to_string(i) + ": " + why;
  }
  for (auto& thread : evloom::plugin::tasks_since(before)) threads_.push_back(std::move(thread));
  if (failed.empty()) {
    phase_ = Phase::started;
    return;
  }
  stop_loops();
  throw Refused(failed);
}

void InstanceImpl::drain() {
  if (!plugin_.abi.drain) return;
  for (std::uint32_t i = 0; i < core_.scheduler.loops(); ++i) {
    if (!cells_[i].on) continue;
    core_.scheduler.enter(core_.scheduler.at(i), [&] {
      call("drain", [&] { plugin_.abi.drain(plugin_.abi.instance, cells_[i].slot); });
    });
  }
}

void InstanceImpl::stop_here(Loop& loop) {
  Cell& cell = cells_[loop.index];
  if (!cell.on) return;
  if (plugin_.abi.thread_stop) {
    call("thread_stop", [&] { plugin_.abi.thread_stop(plugin_.abi.instance, cell.slot); });
  }
  cell.on = false;
  cell.slot = nullptr;
  --code_->on_loop(loop.index);
  sweep_here(loop);
}

// Of two instances of one plugin nobody can tell whose event it is; then the last one is blamed.
void InstanceImpl::sweep_here(Loop& loop) {
  std::size_t left = 0;
  for (TimerImpl*& first = cells_[loop.index].timers; first; ++left) cancel_timer(*first);
  left_.timers += left;
  if (left != 0) misbehaved(Breach::left_behind, evloom::plugin::timers_left_text(left));
  if (!loop.base || code_->on_loop(loop.index) != 0) return;
  const std::uint32_t events = evloom::plugin::take_events(loop.base, text_);
  if (events == 0) return;
  left_.events += events;
  misbehaved(Breach::left_behind, evloom::plugin::events_left_text(events, loop.index));
}

void InstanceImpl::stop_loops() {
  for (std::uint32_t i = core_.scheduler.loops(); i-- > 0;)
    core_.scheduler.enter(core_.scheduler.at(i), [&] { stop_here(core_.scheduler.at(i)); });
}

void InstanceImpl::check_idle(const char* what) const {
  Leftovers under_way;
  under_way.requests = requests;
  under_way.work = work;
  if (under_way.none()) return;
  throw Refused(label() + " could not be " + what + ": " + under_way.text() +
                " under way; let them end (advance, run_work, StoreCall::answer) or hang_up first");
}

void InstanceImpl::stop() {
  if (phase_ != Phase::started) return;
  core_.scheduler.run();
  check_idle("stopped");
  stop_now();
  if (in_flight() != 0) {
    throw Refused(label() + " could not be stopped: " + std::to_string(in_flight()) +
                  " of its requests, messages or pieces of work are under way");
  }
}

void InstanceImpl::stop_now() {
  std::erase(core_.replaced, this);  // whoever stops it goes on with it, not the next turn
  stop_loops();
  phase_ = Phase::stopped;
  core_.scheduler.run();  // whatever the loops had sent each other arrives
  end_batches();
  core_.scheduler.run();
  closed_ = true;
}

void InstanceImpl::end_batches() {
  for (const auto& store : core_.stores) store->forget(*this);
  for (const auto& batch : batches_) batch->unbind();
}

void InstanceImpl::destroy() {
  if (phase_ == Phase::destroyed) return;
  core_.scheduler.run();
  check_idle("destroyed");
  end();
}

void InstanceImpl::end() {
  if (phase_ == Phase::destroyed) return;
  if (phase_ == Phase::started) stop_now();
  destroy_now();
}

void InstanceImpl::replace() {
  replaced_ = true;
  core_.replaced.push_back(this);
  core_.end_replaced();
}

// Between two turns, without a run of the host: what thread_stop sends arrives in turns of its own.
bool InstanceImpl::end_if_idle() {
  if (phase_ == Phase::destroyed) return true;
  if (in_flight() != 0) return false;
  if (phase_ == Phase::started) {
    stop_loops();
    phase_ = Phase::stopped;
    end_batches();
    if (in_flight() != 0) return false;
  }
  destroy_now();
  return true;
}

void InstanceImpl::destroy_now() {
  closed_ = true;
  phase_ = Phase::destroyed;
  if (in_flight() != 0) {  // something would come back into it
    core_.note(
        EVL_LOG_ERROR, name_, {},
        label() + " could not be stopped: " + std::to_string(in_flight()) +
            " of its requests, messages or pieces of work are under way; it is kept in memory for good");
    if (code_) code_->keep();
    return;
  }
  for (std::uint32_t i = 0; i < core_.scheduler.loops(); ++i)
    core_.scheduler.enter(core_.scheduler.at(i), [&] { sweep_here(core_.scheduler.at(i)); });
  destroy_object();
  code_.reset();
}

// Also of one that could not be used: there is nothing else to be undone.
void InstanceImpl::destroy_object() {
  if (std::exchange(created_, false) && plugin_.abi.destroy) {
    call("destroy", [&] { plugin_.abi.destroy(plugin_.abi.instance); });
  }
  const auto until = std::chrono::steady_clock::now() + kThreadEnd;
  for (const evloom::plugin::Task& thread : threads_) {
    while (is_alive(thread) && std::chrono::steady_clock::now() < until)
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    if (!is_alive(thread)) continue;
    code_->keep();
    misbehaved(Breach::left_behind, evloom::plugin::thread_left_text(thread));
  }
}

}  // namespace evl::testkit
