#include "admin/readiness.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include <nlohmann/json.hpp>

#include "epoch/loop_host.hpp"

namespace evloom::admin {

namespace {

// One question under way: a message to every loop, and one home from the last of them. Deletes itself there.
class Round {
 public:
  Round(http::Exchange& exchange, epoch::LoopHost& origin)
      : exchange_(exchange), origin_(origin), visits_(origin.common().pool->size()), left_(visits_.size()) {
    exchange_.pin();
  }

  void start() {
    for (std::uint32_t i = 0; i < visits_.size(); ++i) {
      visits_[i].round = this;
      visits_[i].run = [](evl_message* message, evl_loop* loop) {
        auto* visit = static_cast<Visit*>(message);
        visit->round->ask(*visit, *static_cast<loop::Loop*>(loop));
      };
      origin_.common().pool->at(i).mailbox().post(&visits_[i]);
    }
  }

 private:
  struct Visit : evl_message {
    Round* round = nullptr;
    std::vector<std::string> reasons;
  };

  // On each loop.
  void ask(Visit& visit, loop::Loop& loop) {
    if (!loop.context()) {
      visit.reasons.push_back("loop " + std::to_string(loop.index()) + " is not up");
    } else {
      epoch::LoopHost& host = epoch::LoopHost::of(loop);
      for (const epoch::Epoch::Store& store : host.epoch().stores) {
        std::array<char, 512> text{};
        evl_error why{sizeof(evl_error), static_cast<std::uint32_t>(text.size()), text.data()};
        const evl_status status = host.batcher(store.instance)->health(why);
        text.back() = '\0';  // whatever the plugin wrote
        if (status != EVL_OK)
          visit.reasons.push_back("store '" + store.instance->name() + "', loop " +
                                  std::to_string(loop.index()) + ": " +
                                  (text[0] ? text.data() : "not available"));
      }
    }
    if (left_.fetch_sub(1) != 1) return;
    home_.round = this;
    home_.run = [](evl_message* message, evl_loop*) { static_cast<Visit*>(message)->round->answer(); };
    origin_.loop().mailbox().post(&home_);
  }

  // On the loop that was asked.
  void answer() {
    std::unique_ptr<Round> self(this);
    auto reasons = nlohmann::ordered_json::array();
    if (origin_.common().draining) reasons.push_back("the host is going down");
    for (const Visit& visit : visits_)
      for (const std::string& reason : visit.reasons) reasons.push_back(reason);
    const bool ready = reasons.empty();
    const nlohmann::ordered_json body = {{"ready", ready}, {"reasons", std::move(reasons)}};
    const std::string text = body.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
    http::Reply reply;
    reply.status = ready ? 200 : 503;
    reply.content_type = "application/json";
    reply.retry_after = ready ? -1 : 1;
    reply.body.bytes = text;
    exchange_.reply(reply);  // nothing, when the client has gone
    exchange_.unpin();
  }

  http::Exchange& exchange_;
  epoch::LoopHost& origin_;
  std::vector<Visit> visits_;
  Visit home_;
  std::atomic<std::size_t> left_;
};

}  // namespace

void Readiness::on_request(http::Exchange& exchange, epoch::LoopHost& host) {
  (new Round(exchange, host))->start();
}

}  // namespace evloom::admin
