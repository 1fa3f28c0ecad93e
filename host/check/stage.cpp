#include "check/stage.hpp"

#include <utility>

#include "epoch/services.hpp"

namespace evloom::check {

namespace {

constexpr std::uint32_t kWorkers = 1;
constexpr std::uint32_t kWorkQueue = 4096;

}  // namespace

Stage::Stage(std::uint32_t loops) : metrics_(loops), workers_(kWorkers, kWorkQueue) {}

Result<std::unique_ptr<Stage>> Stage::set(std::uint32_t loops) {
  std::unique_ptr<Stage> stage(new Stage(loops));
  observe::LogOptions quiet;
  quiet.level = observe::Level::kOff;
  auto log = observe::Log::create(quiet);
  if (!log) return log.error();
  stage->log_ = std::move(*log);
  auto pool = loop::Pool::start(loops);
  if (!pool) return pool.error();
  stage->pool_ = std::move(*pool);
  plugin::add_base_services(stage->services_);
  epoch::add_request_services(stage->services_);
  stage->context_ = std::make_unique<plugin::HostContext>(plugin::HostContext{
      *stage->log_, stage->metrics_, *stage->pool_, stage->workers_, stage->services_, stage->slots_});
  return stage;
}

}  // namespace evloom::check
