#include "change/listeners.hpp"

#include <algorithm>
#include <memory>

#include "change/limits.hpp"
#include "change/settings.hpp"
#include "epoch/loop_host.hpp"

namespace evloom::change {

namespace {

std::string key_of(const config::Listener& listener) {
  return listener.http ? listener.http->to_string() : listener.unix_path;
}

}  // namespace

bool Listeners::everywhere(std::function<void(loop::Loop&)> function) {
  return pool_->run_everywhere(std::move(function), kMessage);
}

Status Listeners::prepare(const config::Config& config) {
  sweep();
  for (State& state : states_) state.kept = false;
  for (std::size_t i = 0; i < config.listen.size(); ++i) {
    if (Status status = bind(config.listen[i], i); !status) {
      take_back();
      return status;
    }
  }
  return {};
}

Status Listeners::bind(const config::Listener& from, std::size_t order) {
  auto spec = spec_of(from);
  if (!spec) return spec.error();
  const std::string key = key_of(from);
  for (State& state : states_) {
    if (state.key != key || state.stage != Stage::serving || state.kept) continue;
    state.kept = true;
    state.order = order;
    state.wanted = std::move(*spec);
    return {};
  }
  auto bound = http::BoundListener::bind(*spec, pool_->size(), bound_);
  if (!bound) return Error{from.position.to_string() + ": " + bound.error().message};
  bound_.push_back(std::move(*bound));
  states_.push_back({key, Stage::coming, order, std::move(*spec), true});
  return {};
}

Status Listeners::commit() {
  Status result;
  const auto keep_first = [&result](Status status) {
    if (!status && result) result = std::move(status);
  };
  for (std::size_t i = 0; i < bound_.size(); ++i) {
    State& state = states_[i];
    http::BoundListener& bound = bound_[i];
    if (state.stage == Stage::coming) {
      if (Status status = accept(bound); status) {
        state.stage = Stage::serving;
        logger_.info("listening on {}", bound.spec().url());
      } else {
        logger_.error("{}", status.error().message);
        keep_first(std::move(status));
        let_go(i);
      }
    } else if (state.stage == Stage::serving && state.kept) {
      state.wanted.address = bound.spec().address;  // a port that was chosen
      const bool other_backlog = state.wanted.backlog != bound.spec().backlog;
      keep_first(bound.adjust(state.wanted));
      if (other_backlog)
        everywhere([spec = bound.spec()](loop::Loop& loop) {
          std::ignore = epoch::LoopHost::of(loop).server().relisten(spec);
        });
    } else if (state.stage == Stage::serving) {
      logger_.info("no longer accepting on {}", bound.spec().url());
      let_go(i);
    }
  }
  std::vector<std::pair<std::size_t, std::string>> serving;
  for (std::size_t i = 0; i < bound_.size(); ++i)
    if (states_[i].stage == Stage::serving) serving.emplace_back(states_[i].order, bound_[i].spec().url());
  std::sort(serving.begin(), serving.end());
  std::lock_guard lock(mutex_);
  urls_.clear();
  for (auto& [order, url] : serving) urls_.push_back(std::move(url));
  return result;
}

void Listeners::let_go(std::size_t index) {
  states_[index].stage = Stage::leaving;
  bound_[index].withdraw();
  everywhere(
      [spec = bound_[index].spec()](loop::Loop& loop) { epoch::LoopHost::of(loop).server().unlisten(spec); });
}

Status Listeners::accept(http::BoundListener& bound) {
  // A loop that is held up comes to its socket later.
  struct Share {
    explicit Share(std::uint32_t loops) : sockets(loops), results(loops) {}
    std::vector<Fd> sockets;
    std::vector<Status> results;
  };
  auto share = std::make_shared<Share>(pool_->size());
  for (std::uint32_t i = 0; i < pool_->size(); ++i) share->sockets[i] = bound.take(i);
  if (!everywhere([share, spec = bound.spec()](loop::Loop& loop) {
        const std::uint32_t i = loop.index();
        share->results[i] = epoch::LoopHost::of(loop).server().listen(spec, std::move(share->sockets[i]));
      }))
    return Error{"a loop did not begin to listen on " + bound.spec().url() + " in time"};
  for (const Status& status : share->results)
    if (!status) return status;
  return {};
}

void Listeners::take_back() {
  for (std::size_t i = bound_.size(); i-- > 0;)
    if (states_[i].stage == Stage::coming) erase(i);
}

void Listeners::sweep() {
  for (std::size_t i = bound_.size(); i-- > 0;) {
    if (states_[i].stage != Stage::leaving) continue;
    auto open = std::make_shared<std::atomic<bool>>(false);
    const bool all = everywhere([open, spec = bound_[i].spec()](loop::Loop& loop) {
      if (epoch::LoopHost::of(loop).server().listens(spec)) *open = true;
    });
    if (all && !*open) erase(i);
  }
}

void Listeners::erase(std::size_t index) {
  bound_.erase(bound_.begin() + static_cast<std::ptrdiff_t>(index));
  states_.erase(states_.begin() + static_cast<std::ptrdiff_t>(index));
}

std::vector<std::string> Listeners::urls() const {
  std::lock_guard lock(mutex_);
  return urls_;
}

}  // namespace evloom::change
