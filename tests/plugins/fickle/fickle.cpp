// fickle: a handler that counts its requests, hands the count over as its state, and opens a folder for
// itself alone. It fails where the file `fault` in that folder says, "BUILD STEP": BUILD is 1, 2 or any, STEP
// is create, start, load or accepts. A trial has another folder, and knows nothing of it.
//
// The query tells what a request does besides: `hold` is never answered, `sleep` is answered after 300 ms.
#include <atomic>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "evloom/handler.hpp"
#include "evloom/state.hpp"

namespace {

class Fickle {
 public:
  Fickle(evl::Host host, evl::Config options) : host_(host), folder_(options["path"].path()) {
    std::filesystem::create_directories(folder_);
    std::string build, step;
    if (std::ifstream fault(folder_ / "fault"); fault >> build >> step && (build == FICKLE || build == "any"))
      fault_ = step;
    if (std::filesystem::exists(lock())) throw evl::Failure(EVL_E_DENIED, "somebody else has the folder");
    if (fault_ == "create") throw evl::Failure(EVL_E_UNAVAILABLE, "create is in a bad mood");
    if (fault_ == "slow") std::this_thread::sleep_for(std::chrono::seconds(1));
    std::ofstream(lock()) << FICKLE;
  }
  Fickle(const Fickle&) = delete;
  Fickle& operator=(const Fickle&) = delete;
  ~Fickle() {
    std::error_code ignored;
    std::filesystem::remove(lock(), ignored);
  }

  static constexpr std::uint32_t state_version = 1;
  bool accepts(std::string_view plugin, std::string_view, std::uint32_t) const {
    return plugin == "fickle" && fault_ != "accepts";
  }
  void save(const evl::StateWriter& out) const {
    if (std::filesystem::exists(folder_ / "fault") && fault_ == "save")
      throw evl::Failure(EVL_E_UNAVAILABLE, "save is in a bad mood");
    out.put("count", std::to_string(count_.load()));
  }
  void load(std::uint32_t, const evl::Blobs& blobs) {
    if (fault_ == "load") throw evl::Failure(EVL_E_INVALID, "load is in a bad mood");
    for (std::size_t i = 0; i < blobs.size(); ++i)
      if (blobs[i].name == "count") count_ = std::stoll(std::string(blobs[i].data));
  }

  class PerLoop {
   public:
    PerLoop(Fickle& fickle, evl::Loop loop) : fickle_(fickle), loop_(loop) {
      if (fickle.fault_ == "start" && loop.index() != 0)
        throw evl::Failure(EVL_E_UNAVAILABLE, "start is in a bad mood");
    }

    void on_request(evl::Request& request) {
      if (request.query("hold")) return void(request.suspend());
      if (request.query("sleep")) return wait(request);
      fickle_.answer(request);
    }
    void on_cancel(evl::Request& request, evl_status) {
      if (auto* waiting = static_cast<Waiting*>(request.user()); waiting && waiting->timer)
        fickle_.host_.interfaces().timer->cancel(std::exchange(waiting->timer, nullptr));
    }

   private:
    struct Waiting {
      PerLoop* self;
      evl_ticket ticket;
      evl_timer* timer;
    };
    void wait(evl::Request& request) {
      auto* waiting = request.make<Waiting>(this, evl_ticket{}, nullptr);
      request.set_user(waiting);
      waiting->ticket = request.suspend();
      const evl::HostInterfaces& host = fickle_.host_.interfaces();
      waiting->timer = host.timer->start(host.host, loop_.raw(), 300'000'000, &PerLoop::woken, waiting);
    }
    static void woken(void* context) {
      auto* waiting = static_cast<Waiting*>(context);
      waiting->timer = nullptr;
      PerLoop& self = *waiting->self;
      const evl::HostInterfaces& host = self.fickle_.host_.interfaces();
      if (evl_request* raw = host.request->resume(host.host, self.loop_.raw(), waiting->ticket)) {
        evl::Request request(&host, raw);
        self.fickle_.answer(request);
      }
    }

    Fickle& fickle_;
    evl::Loop loop_;
  };

 private:
  // "12 of 2": the twelfth request, answered by build 2.
  void answer(evl::Request& request) {
    request.text(200, std::to_string(count_.fetch_add(1) + 1) + " of " FICKLE "\n");
  }
  std::filesystem::path lock() const { return folder_ / "lock"; }

  evl::Host host_;
  std::filesystem::path folder_;
  std::string fault_;
  std::atomic<std::int64_t> count_{0};
};

EVL_PLUGIN("fickle", FICKLE ".0.0", "Counts, and fails on demand", "MIT", EVL_HANDLER " " EVL_STATE, "",
           R"({"type":"object","required":["path"],"properties":{"path":{"type":"string","format":"path",)"
           R"("exclusive":true,"description":"Its folder."},)"
           R"("note":{"type":"string","default":"","description":"Makes another instance of it."}}})",
           (&evl::create<Fickle, evl_handler, evl_state>));

}  // namespace
