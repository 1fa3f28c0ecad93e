#include "admin/readiness.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <utility>

#include <nlohmann/json.hpp>

#include "admin/json.hpp"

namespace evloom::admin {

namespace {

// What stands against it on one loop. [loop]
Reasons reasons_of(loop::Loop& loop) {
  if (!loop.context()) return {"loop " + std::to_string(loop.index()) + " is not up"};
  Reasons reasons;
  epoch::LoopHost& host = epoch::LoopHost::of(loop);
  for (const epoch::Part& part : host.epoch().parts) {
    const store::Batcher* batcher = part.line ? part.line->on(loop) : nullptr;
    if (!batcher) continue;
    std::array<char, 512> text{};
    evl_error why{sizeof(evl_error), static_cast<std::uint32_t>(text.size()), text.data()};
    const evl_status status = batcher->health(why);
    text.back() = '\0';  // whatever the plugin wrote
    if (status != EVL_OK)
      reasons.push_back("store '" + part.planned->name() + "', loop " + std::to_string(loop.index()) + ": " +
                        (text[0] ? text.data() : "not available"));
  }
  return reasons;
}

// One question under way: a message to every loop. Deletes itself on the last of them.
class Round {
 public:
  Round(epoch::Common& common, std::function<void(Reasons)> done)
      : common_(common), done_(std::move(done)), visits_(common.pool->size()), left_(visits_.size()) {}

  void start() {
    // Kept here: the last of the loops may be done, and the round gone, before the last turn of this.
    loop::Pool& pool = *common_.pool;
    const std::uint32_t loops = pool.size();
    Visit* const visits = visits_.data();
    for (std::uint32_t i = 0; i < loops; ++i) {
      visits[i].round = this;
      visits[i].run = [](evl_message* message, evl_loop* loop) {
        auto* visit = static_cast<Visit*>(message);
        visit->round->ask(*visit, *static_cast<loop::Loop*>(loop));
      };
      pool.at(i).mailbox().post(&visits[i]);
    }
  }

 private:
  struct Visit : evl_message {
    Round* round = nullptr;
    Reasons reasons;
  };

  // On each loop.
  void ask(Visit& visit, loop::Loop& loop) {
    visit.reasons = reasons_of(loop);
    if (left_.fetch_sub(1) != 1) return;
    std::unique_ptr<Round> self(this);
    Reasons all;
    if (common_.draining) all.push_back("the host is draining");
    for (Visit& each : visits_)
      for (std::string& reason : each.reasons) all.push_back(std::move(reason));
    done_(std::move(all));
  }

  epoch::Common& common_;
  std::function<void(Reasons)> done_;
  std::vector<Visit> visits_;
  std::atomic<std::size_t> left_;
};

}  // namespace

void ask_readiness(epoch::Common& common, std::function<void(Reasons)> done) {
  if (!common.pool) return done({"the host is starting"});
  (new Round(common, std::move(done)))->start();
}

void Readiness::on_request(http::Exchange& exchange, epoch::LoopHost& host) {
  exchange.pin();
  loop::Mailbox& home = host.loop().mailbox();
  ask_readiness(host.common(), [&exchange, &home](Reasons reasons) {
    home.call([&exchange, reasons = std::move(reasons)] {
      const std::string text = line_of(readiness_json(reasons));
      http::Reply reply;
      reply.status = reasons.empty() ? 200 : 503;
      reply.content_type = "application/json";
      reply.retry_after = reasons.empty() ? -1 : 1;
      reply.body.bytes = text;
      exchange.reply(reply);  // nothing, when the client has gone
      exchange.unpin();
    });
  });
}

}  // namespace evloom::admin
