#include "admin/json.hpp"

#include <fmt/core.h>
#include <time.h>

#include <algorithm>
#include <optional>

#include <nlohmann/json.hpp>

namespace evloom::admin {

namespace {

using Json = nlohmann::ordered_json;
using std::chrono::duration_cast;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

std::int64_t us(nanoseconds time) { return duration_cast<microseconds>(time).count(); }

// The clock may have been set back in between.
std::int64_t age_us(WallTime since, WallTime now) { return std::max<std::int64_t>(0, us(now - since)); }

Json optional_us(const std::optional<nanoseconds>& time) { return time ? Json(us(*time)) : Json(nullptr); }

template <typename Item, typename Convert>
Json array_of(const std::vector<Item>& items, Convert convert) {
  Json array = Json::array();
  for (const Item& item : items) array.push_back(convert(item));
  return array;
}

Json difference_json(const change::Difference& from) {
  return {{"sign", std::string(1, from.sign)},
          {"kind", from.kind},
          {"name", from.name},
          {"before", from.before},
          {"after", from.after}};
}

Json step_json(const change::StepReport& from) {
  return {{"name", from.name}, {"took_us", us(from.took)}, {"text", from.text}};
}

Json built_json(const change::BuiltReport& from) {
  return {
      {"instance", from.instance}, {"plugin", from.plugin}, {"build_id", from.build_id}, {"file", from.file}};
}

Json code_json(const change::CodeReport& from) {
  return {{"plugin", from.plugin},
          {"build_id", from.build_id},
          {"file", from.file},
          {"unmapped", from.unmapped},
          {"reason", from.reason}};
}

Json before_json(const change::ChangeReport::Before& from) {
  return {{"epoch", from.epoch},
          {"pinned", from.pinned},
          {"drained_us", optional_us(from.drained)},
          {"retired_us", optional_us(from.retired)},
          {"cut_off", from.cut_off},
          {"code", array_of(from.code, code_json)}};
}

Json epoch_json(const change::EpochReport& from, WallTime now) {
  return {{"number", from.number},        {"state", to_string(from.state)},
          {"since", rfc3339(from.since)}, {"since_us", age_us(from.since, now)},
          {"requests", from.requests},    {"instances", from.instances}};
}

Json instance_json(const change::InstanceReport& from, WallTime now) {
  return {{"name", from.name},
          {"kind", from.kind},
          {"plugin", from.plugin},
          {"version", from.version},
          {"build_id", from.build_id},
          {"file", from.file},
          {"sha256", from.sha256},
          {"swapped", from.swapped},
          {"epochs", from.epochs},
          {"in_flight", from.in_flight},
          {"misbehaviours", from.misbehaviours},
          {"started", rfc3339(from.started)},
          {"uptime_us", age_us(from.started, now)}};
}

}  // namespace

std::string rfc3339(WallTime time) {
  const std::int64_t all = duration_cast<microseconds>(time.time_since_epoch()).count();
  const std::int64_t part = ((all % 1'000'000) + 1'000'000) % 1'000'000;
  const time_t seconds = static_cast<time_t>((all - part) / 1'000'000);
  tm parts{};
  ::gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:06}Z", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec, part);
}

Json json_of(const change::HostReport& from, WallTime now) {
  return {{"version", from.version},
          {"pid", from.pid},
          {"config", from.config},
          {"started", rfc3339(from.started)},
          {"uptime_us", age_us(from.started, now)},
          {"loops", from.loops},
          {"draining", from.draining},
          {"listeners", from.listeners},
          {"epochs", array_of(from.epochs, [&](const auto& item) { return epoch_json(item, now); })},
          {"instances", array_of(from.instances, [&](const auto& item) { return instance_json(item, now); })},
          {"change", from.change ? json_of(*from.change, now) : Json(nullptr)},
          {"changes", from.changes}};
}

Json json_of(const change::ChangeReport& from, WallTime now) {
  const bool running = from.outcome == change::Outcome::running;
  return {{"number", from.number},
          {"kind", to_string(from.kind)},
          {"subject", from.subject},
          {"by", from.by},
          {"began", rfc3339(from.began)},
          {"took_us", running ? age_us(from.began, now) : us(from.took)},
          {"outcome", to_string(from.outcome)},
          {"error", from.error},
          {"failed_step", from.failed_step},
          {"failed_instance", from.failed_instance},
          {"steps", array_of(from.steps, step_json)},
          {"differences", array_of(from.differences, difference_json)},
          {"built", array_of(from.built, built_json)},
          {"epoch", from.epoch},
          {"before", from.before ? before_json(*from.before) : Json(nullptr)}};
}

Json json_of(const std::vector<change::ChangeReport>& history, WallTime now) {
  Json json;
  json["changes"] = array_of(history, [&](const auto& item) { return json_of(item, now); });
  return json;
}

Json json_of(const change::PlanReport& plan) {
  return {{"differences", array_of(plan.differences, difference_json)}, {"warnings", plan.warnings}};
}

Json readiness_json(const std::vector<std::string>& reasons) {
  return {{"ready", reasons.empty()}, {"reasons", reasons}};
}

Json error_json(std::string_view text) { return Json{{"error", text}}; }

std::string line_of(const Json& json) {
  return json.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
}

}  // namespace evloom::admin
