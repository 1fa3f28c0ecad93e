// jsonl: a store whose keys are in memory and whose changes are in a file, one JSON object to a line. An
// answer is given when the disk has its line; so nothing that was answered is lost.
//
// The disk makes everybody wait, so no loop touches it: one thread owns the table and the file. Loops queue
// their batches for it, and get them back by a message. It takes all that has gathered, writes once, syncs
// once, and answers all. The file is never made smaller; that is left to the reader.
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "journal.hpp"
#include "table.hpp"

namespace {

using jsonl::Answer;
using jsonl::Journal;
using jsonl::Table;

class Store {
 public:
  static constexpr std::uint32_t store_flags = EVL_STORE_DURABLE | EVL_STORE_EXCLUSIVE;

  // [control] Opening may take its time here; a throw refuses the instance, with the reason.
  Store(evl::Host host, evl::Config options) : host_(host), journal_(std::string(options["path"].path())) {
    journal_.load(table_);
    for (std::uint32_t i = 0; i < host.loop_count(); ++i) lanes_.push_back(std::make_unique<Lane>(*this));
    writer_ = std::thread([this] { write(); });
  }
  // [control] Every loop has been stopped: nothing is under way.
  ~Store() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    awake_.notify_one();
    writer_.join();
  }

  class PerLoop;

 private:
  // A batch on its way to the writer and back.
  struct Job {
    explicit Job(const evl::Batch& from) : batch(from) {}
    evl::Batch batch;
    evl_status status = EVL_OK;
    std::vector<Answer> answers = {};
    std::vector<evl_result> results = {};
  };
  using Jobs = std::vector<std::unique_ptr<Job>>;

  // What there is between one loop and the writer. A message may still be on its way when its loop has been
  // stopped, so it lives as long as the store. All of it, but for the message, under mutex_.
  struct Lane : evl_message {
    explicit Lane(Store& its_store) : evl_message{}, store(its_store) {
      run = [](evl_message* message, evl_loop*) {
        auto& lane = *static_cast<Lane*>(message);
        Store& owner = lane.store;
        owner.deliver(lane, true);
      };
    }
    Store& store;
    Jobs waiting;
    Jobs written;
    std::size_t at_writer = 0;  // how many it has just now
    bool posted = false;
    evl_loop* loop = nullptr;
  };

  void write();  // the writer thread
  void carry_out(Job& job, std::string& lines);
  void deliver(Lane& lane, bool by_message);

  evl::Host host_;
  Journal journal_;  // both the writer's, once it runs
  Table table_;
  std::mutex mutex_;  // held to move jobs, never while the disk is waited for
  std::condition_variable awake_;
  std::condition_variable returned_;
  std::vector<std::unique_ptr<Lane>> lanes_;
  std::string broken_;  // why the file cannot be written any more
  bool ending_ = false;
  std::thread writer_;
};

// [loop]
class Store::PerLoop {
 public:
  PerLoop(Store& store, evl::Loop loop) : store_(store), lane_(*store.lanes_[loop.index()]) {
    const std::lock_guard lock(store_.mutex_);
    lane_.loop = loop.raw();
  }
  // thread_stop: what the writer has not begun ends undone, what it has begun is waited for. That is one
  // write.
  ~PerLoop() {
    stopping_ = true;
    Jobs undone;
    {
      std::unique_lock lock(store_.mutex_);
      undone.swap(lane_.waiting);
      store_.returned_.wait(lock, [this] { return lane_.at_writer == 0; });
    }
    store_.deliver(lane_, false);
    for (const auto& job : undone) job->batch.failed(EVL_E_UNAVAILABLE);
  }

  evl_status submit(const evl::Batch& batch) {
    if (stopping_) return EVL_E_UNAVAILABLE;
    {
      const std::lock_guard lock(store_.mutex_);
      if (!store_.broken_.empty()) return EVL_E_UNAVAILABLE;
      lane_.waiting.push_back(std::make_unique<Job>(batch));
    }
    store_.awake_.notify_one();
    return EVL_OK;
  }
  evl_status health(evl_error* why) const {
    const std::lock_guard lock(store_.mutex_);
    if (store_.broken_.empty()) return EVL_OK;
    evl_error_set(why, store_.broken_.c_str());
    return EVL_E_UNAVAILABLE;
  }

 private:
  Store& store_;
  Lane& lane_;
  bool stopping_ = false;
};

void Store::write() {
  std::unique_lock lock(mutex_);
  for (;;) {
    awake_.wait(lock, [this] {
      for (const auto& lane : lanes_)
        if (!lane->waiting.empty()) return true;
      return ending_;
    });
    if (ending_) return;
    std::vector<Jobs> taken(lanes_.size());
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      taken[i].swap(lanes_[i]->waiting);
      lanes_[i]->at_writer = taken[i].size();
    }
    const bool broken = !broken_.empty();
    lock.unlock();

    std::string lines, why;
    if (!broken) {
      for (Jobs& jobs : taken)
        for (auto& job : jobs) carry_out(*job, lines);
      if (!lines.empty()) why = journal_.append(lines);
    }

    lock.lock();
    if (!why.empty()) broken_ = why;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      Lane& lane = *lanes_[i];
      for (auto& job : taken[i]) {
        // Memory has changed and the file perhaps: nobody can know. The next instance reads what is there.
        if (broken) job->status = EVL_E_UNAVAILABLE;
        if (!why.empty()) job->status = EVL_E_UNKNOWN;
        lane.written.push_back(std::move(job));
      }
      lane.at_writer = 0;
      if (lane.written.empty() || lane.posted) continue;
      lane.posted = true;
      host_.interfaces().loop->post(host_.interfaces().host, lane.loop, &lane);
    }
    returned_.notify_all();
  }
}

void Store::carry_out(Job& job, std::string& lines) {
  using namespace std::chrono;
  const auto now = duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
  job.answers.resize(job.batch.count);
  for (std::size_t i = 0; i < job.batch.count; ++i)
    job.results.push_back(table_.apply(job.batch[i], now, job.answers[i], lines));
}

// [loop] Whoever is answered may submit again at once: so never under the mutex.
void Store::deliver(Lane& lane, bool by_message) {
  Jobs written;
  {
    const std::lock_guard lock(mutex_);
    if (by_message) lane.posted = false;
    written.swap(lane.written);
  }
  for (const auto& job : written) {
    if (job->status == EVL_OK) {
      job->batch.done(job->results.data());
    } else {
      job->batch.failed(job->status);
    }
  }
}

}  // namespace

EVL_STORE_PLUGIN(Store, "jsonl", "1.0.0", "A file of JSON lines", "MIT", R"({
  "type": "object", "required": ["path"],
  "properties": {
    "path": {
      "type": "string", "format": "path", "exclusive": true,
      "description": "The file; made when it is not there."
    }
  }
})");
