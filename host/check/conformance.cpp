#include "check/conformance.hpp"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <sstream>

#include <nlohmann/json.hpp>

#include "base/child.hpp"
#include "change/child_reports.hpp"

namespace evloom::check {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;
using Json = nlohmann::json;
using change::text_of;
using change::texts_of;

constexpr std::size_t kMostLines = 100'000;  // of one test

// What the process of a test has said so far.
struct Heard {
  std::string step;
  std::optional<Verdict> verdict;

  void take(const std::string& line) {
    const Json report = Json::parse(line, nullptr, false);
    if (!report.is_object()) return;
    if (report.contains("step")) step = text_of(report, "step");
    if (!report.contains("verdict")) return;
    const std::string kind = text_of(report, "verdict");
    Verdict said;
    said.kind = kind == "passed"    ? Verdict::Kind::passed
                : kind == "skipped" ? Verdict::Kind::skipped
                                    : Verdict::Kind::failed;
    said.reason = text_of(report, "reason");
    said.notes = texts_of(report, "notes");
    verdict = std::move(said);
  }
  std::string in_step() const { return step.empty() ? "" : " in " + step; }
};

// Follows the process to its end or the deadline.
Verdict follow(Child& child, std::chrono::nanoseconds timeout) {
  const auto until = Clock::now() + timeout;
  Heard heard;
  std::size_t lines = 0;
  for (;;) {
    const auto woken = child.wait(until);
    if (!woken) return failed(woken.error().message);
    while (const auto line = child.line()) {
      heard.take(*line);
      if (heard.verdict) return *heard.verdict;
      if (++lines > kMostLines)
        return failed("it wrote more than " + std::to_string(kMostLines) + " reports");
    }
    if (woken->ended) return failed(how_it_ended(child.kill()) + heard.in_step());
    if (Clock::now() >= until) return failed(change::late_text(timeout) + heard.in_step());
  }
}

Verdict run_apart(const Test& test, const ConformanceSpec& spec, const fs::path& scratch) {
  const Asked& asked = spec.asked;
  const Json request = {{"test", test.name},
                        {"file", asked.file.string()},
                        {"from", asked.from.string()},
                        {"config", asked.config.string()},
                        {"plugins", asked.plugins.string()},
                        {"seed", asked.seed},
                        {"scratch", scratch.string()},
                        {"parent", ::getpid()}};
  auto child = Child::spawn(spec.program, {"evloom", "plugin-trial"}, request.dump());
  if (!child) return failed("it cannot be tried: " + child.error().message);
  return follow(*child, spec.timeout);
}

// The first of those that a test comes after and that did not pass; empty: all did.
std::string held_up_by(const Test& test, const std::map<std::string, Verdict::Kind>& so_far) {
  std::istringstream before(test.after);
  for (std::string name; before >> name;) {
    const auto at = so_far.find(name);
    if (at != so_far.end() && at->second != Verdict::Kind::passed) return name;
  }
  return {};
}

}  // namespace

Result<std::vector<TestReport>> run_tests(const ConformanceSpec& spec,
                                          const std::function<void(const TestReport&)>& told) {
  auto vault = plugin::Vault::open();
  if (!vault) return vault.error();
  std::vector<TestReport> reports;
  std::map<std::string, Verdict::Kind> so_far;
  for (const Test& test : tests()) {
    if (!spec.only.empty() && std::find(spec.only.begin(), spec.only.end(), test.name) == spec.only.end())
      continue;
    TestReport report{&test, {}, {}};
    if (const std::string before = held_up_by(test, so_far); !before.empty()) {
      report.verdict = skipped("`" + before + "` did not pass");
    } else {
      const fs::path scratch = (*vault)->folder() / test.name;
      std::error_code error;
      fs::create_directory(scratch, error);
      if (error) return Error{"cannot make the folder '" + scratch.string() + "': " + error.message()};
      const auto begin = Clock::now();
      report.verdict = run_apart(test, spec, scratch);
      report.took = Clock::now() - begin;
      fs::remove_all(scratch, error);
    }
    // One that does not concern this plugin holds nothing up.
    if (report.verdict.kind != Verdict::Kind::skipped || !held_up_by(test, so_far).empty())
      so_far[test.name] = report.verdict.kind;
    told(report);
    reports.push_back(std::move(report));
  }
  return reports;
}

Verdict run_here(const Test& test, const Asked& asked, const fs::path& scratch,
                 const std::function<void(const std::string&)>& say_step) {
  auto subject = Subject::read(asked, scratch);
  if (!subject) return failed(subject.error().message);
  auto vault = plugin::Vault::open(scratch);
  if (!vault) return failed(vault.error().message);
  std::mt19937_64 random(asked.seed);
  Run run{*subject, *vault, random, say_step};
  return test.run(run);
}

}  // namespace evloom::check
