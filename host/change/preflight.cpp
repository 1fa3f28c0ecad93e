#include "change/preflight.hpp"

#include <unistd.h>

#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>

#include "base/child.hpp"
#include "change/child_reports.hpp"
#include "plugin/vault.hpp"

namespace evloom::change {

namespace {

// Reports of one trial: 1,024 instances have at most nine steps each.
constexpr std::size_t kMostLines = 10'000;

using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;

std::string to_text(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string request_of(const PreflightSpec& spec) {
  const config::Source& source = *spec.config->source;
  Json trials = Json::array();
  for (const PreflightSpec::Trial& trial : spec.trials)
    trials.push_back(
        {{"instance", trial.instance}, {"file", std::filesystem::absolute(trial.file).string()}});
  return to_text({{"name", source.name()},
                  {"folder", std::filesystem::absolute(source.base_dir()).string()},
                  {"text", source.text()},
                  {"vault", spec.vault.string()},
                  {"parent", ::getpid()},
                  {"trials", trials}});
}

// Takes up one report; true when it is the last one.
bool take(const std::string& line, PreflightResult& result) {
  const Json report = Json::parse(line, nullptr, false);
  if (!report.is_object()) return false;
  if (report.contains("step")) {
    result.instance = text_of(report, "instance");
    result.step = text_of(report, "step");
    return false;
  }
  for (std::string& warning : texts_of(report, "warnings")) result.warnings.push_back(std::move(warning));
  result.good = report.contains("good");
  result.reason = text_of(report, "error");
  return result.good || report.contains("error");
}

// Follows the other process to its end or ours; fills in all but the instance and step that are known.
void follow(Child& child, const PreflightSpec& spec, PreflightResult& result) {
  auto until = Clock::now() + spec.timeout;
  // A plugin may find the pipe and write to it: so many lines are told, and only a further step has further
  // time.
  std::size_t lines = 0;
  for (;;) {
    const auto woken = child.wait(until, spec.interrupt);
    if (!woken) {
      result.reason = woken.error().message;
      return;
    }
    while (const auto line = child.line()) {
      const std::string before = result.instance + '/' + result.step;
      if (take(*line, result)) return;
      if (result.instance + '/' + result.step != before) until = Clock::now() + spec.timeout;
      if (++lines > kMostLines) {
        result.reason = "wrote more than " + std::to_string(kMostLines) + " reports";
        return;
      }
    }
    if (woken->interrupted) {
      result.reason = "given up, because the host is going down";
      return;
    }
    if (woken->ended) {
      result.reason = how_it_ended(child.kill());
      return;
    }
    if (Clock::now() >= until) {
      result.reason = late_text(spec.timeout);
      return;
    }
  }
}

void replace_all(std::string& text, const std::string& from, const std::string& to) {
  if (from.empty() || from == to) return;
  for (std::size_t at = 0; (at = text.find(from, at)) != std::string::npos; at += to.size())
    text.replace(at, from.size(), to);
}

}  // namespace

PreflightResult preflight(const PreflightSpec& spec) {
  PreflightResult result;
  result.good = spec.trials.empty();
  if (result.good) return result;
  result.instance = spec.trials.front().instance;
  result.step = "load";
  {
    auto child = Child::spawn(spec.program, {"evloom", "preflight"}, request_of(spec));
    if (!child) {
      result.reason = "it cannot be tried: " + child.error().message;
      return result;
    }
    follow(*child, spec, result);
  }
  if (!result.good) plugin::Vault::sweep(spec.vault);  // it may have had no time to remove its own
  for (const PreflightSpec::Trial& trial : spec.trials) {
    if (trial.original.empty()) continue;
    replace_all(result.reason, std::filesystem::absolute(trial.file).string(), trial.original.string());
  }
  return result;
}

}  // namespace evloom::change
