// `evloom plugin check`: the conformance tests of a plugin file, as lines for people or as JSON; and `evloom
// plugin-trial`, the process of one of them. [control]
#include <unistd.h>

#include <iostream>
#include <random>

#include <nlohmann/json.hpp>

#include "check/conformance.hpp"
#include "cli/commands.hpp"
#include "cli/load.hpp"
#include "cli/terminal.hpp"
#include "cli/trial_process.hpp"
#include "plugin/elf_file.hpp"

namespace evloom::cli {

namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;
using Kind = check::Verdict::Kind;

const char* word(Kind kind) {
  switch (kind) {
    case Kind::passed:
      return "passed";
    case Kind::failed:
      return "failed";
    case Kind::skipped:
      return "skipped";
  }
  return "failed";
}

long milliseconds(std::chrono::nanoseconds duration) {
  return static_cast<long>(std::chrono::duration_cast<std::chrono::milliseconds>(duration).count());
}

struct Counts {
  int passed = 0, failed = 0, skipped = 0;
  void add(Kind kind) { ++(kind == Kind::passed ? passed : kind == Kind::failed ? failed : skipped); }
};

// Lines after the first are moved under it.
std::string indented(const std::string& text, const std::string& by) {
  std::string out;
  for (const char c : plain_lines(text)) {
    out += c;
    if (c == '\n') out += by;
  }
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  return out;
}

// The command that tries the same once more, for a shell.
std::string once_more(const check::ConformanceSpec& spec) {
  std::string command = "evloom plugin check " + shell_word(spec.asked.file.string());
  const auto add = [&command](const char* option, const std::string& value) {
    if (!value.empty()) command += std::string(" ") + option + " " + shell_word(value);
  };
  add("--from", spec.asked.from.string());
  add("--config", spec.asked.config.string());
  for (const std::string& name : spec.only) add("--only", name);
  if (const long timeout = milliseconds(spec.timeout); timeout != PluginCheckOptions().timeout.count())
    add("--timeout", std::to_string(timeout));
  add("--seed", std::to_string(spec.asked.seed));
  return command;
}

void print(const check::TestReport& report) {
  const bool colour = ::isatty(STDOUT_FILENO) == 1 && !std::getenv("NO_COLOR");
  const Kind kind = report.verdict.kind;
  const char* paint = kind == Kind::passed ? "\x1b[32m" : kind == Kind::failed ? "\x1b[31m" : "\x1b[2m";
  std::string line(report.test->name);
  line.resize(std::max<std::size_t>(line.size() + 1, 20), ' ');
  line += (colour ? paint : "") + std::string(word(kind)) + (colour ? "\x1b[0m" : "");
  line += std::string(9 - std::string(word(kind)).size(), ' ');
  if (kind != Kind::skipped) {
    const std::string took = std::to_string(milliseconds(report.took));
    line += std::string(took.size() < 6 ? 6 - took.size() : 0, ' ') + took + " ms";
  }
  std::cout << line << '\n';
  const std::string margin(4, ' ');
  if (!report.verdict.reason.empty()) std::cout << margin << indented(report.verdict.reason, margin) << '\n';
  for (const std::string& note : report.verdict.notes)
    std::cout << margin << "note: " << indented(note, margin) << '\n';
  std::cout << std::flush;
}

Json json_of(const check::TestReport& report) {
  return {{"name", report.test->name},
          {"proves", report.test->proves},
          {"outcome", word(report.verdict.kind)},
          {"reason", report.verdict.reason},
          {"notes", report.verdict.notes},
          {"milliseconds", milliseconds(report.took)}};
}

void list(bool json) {
  Json all = Json::array();
  for (const check::Test& test : check::tests()) {
    if (json) {
      all.push_back({{"name", test.name}, {"proves", test.proves}});
    } else {
      std::string name(test.name);
      name.resize(std::max<std::size_t>(name.size() + 1, 20), ' ');
      std::cout << name << test.proves << '\n';
    }
  }
  if (json) std::cout << all.dump(2) << '\n';
  std::cout << std::flush;
}

// The absolute path of a file that must be there; prints what is wrong with it.
bool find_file(fs::path& file, const char* what) {
  if (file.empty()) return true;
  std::error_code error;
  const fs::path absolute = fs::canonical(file, error);
  if (error || !fs::is_regular_file(absolute)) {
    print_error(std::string(what) + " '" + file.string() + "': " + (error ? error.message() : "is no file"));
    return false;
  }
  file = absolute;
  return true;
}

}  // namespace

int plugin_check(const PluginCheckOptions& options) {
  if (options.list) {
    list(options.json);
    return kGood;
  }
  check::ConformanceSpec spec;
  spec.asked = {options.file, options.from, options.config, own_plugins(), options.seed};
  if (options.file.empty()) {
    print_error("which plugin? evloom plugin check FILE.so");
    return kWrongInput;
  }
  if (!find_file(spec.asked.file, "plugin file") || !find_file(spec.asked.from, "--from") ||
      !find_file(spec.asked.config, "--config"))
    return kWrongInput;
  if (auto file = plugin::ElfFile::open(spec.asked.file); !file) {
    print_error(file.error().message);
    return kWrongInput;
  }
  for (const std::string& name : options.only) {
    if (check::find_test(name)) continue;
    print_error("there is no test '" + name + "'; evloom plugin check --list names them all");
    return kWrongInput;
  }
  spec.only = options.only;
  spec.timeout = options.timeout;
  if (spec.asked.seed == 0) spec.asked.seed = std::random_device{}();

  Counts counts;
  Json tests = Json::array();
  if (!options.json)
    std::cout << "checking " << plain_lines(spec.asked.file.string()) << ", seed " << spec.asked.seed
              << std::endl;
  const auto reports = check::run_tests(spec, [&](const check::TestReport& report) {
    counts.add(report.verdict.kind);
    if (options.json) {
      tests.push_back(json_of(report));
    } else {
      print(report);
    }
  });
  if (!reports) {
    print_error(reports.error().message);
    return kFailed;
  }
  if (options.json) {
    const Json all = {
        {"file", spec.asked.file.string()}, {"seed", spec.asked.seed}, {"tests", tests},
        {"passed", counts.passed},          {"failed", counts.failed}, {"skipped", counts.skipped},
        {"good", counts.failed == 0}};
    std::cout << all.dump(2, ' ', false, Json::error_handler_t::replace) << std::endl;
  } else {
    std::cout << counts.passed << " passed, " << counts.failed << " failed, " << counts.skipped << " skipped";
    if (counts.failed != 0) std::cout << "; once more, the same way: " << once_more(spec);
    std::cout << std::endl;
  }
  return counts.failed == 0 ? kGood : kFailed;
}

int plugin_trial() {
  const auto request = nlohmann::json::parse(all_of_stdin(), nullptr, false);
  const check::Test* test = request.is_object() ? check::find_test(request.value("test", "")) : nullptr;
  if (!test) {
    print_error("`evloom plugin-trial` is for `evloom plugin check`: it reads a request from standard input");
    return kWrongInput;
  }
  prepare_trial(request.at("parent").get<pid_t>());
  const Reports reports;
  const check::Asked asked{request.at("file").get<std::string>(), request.at("from").get<std::string>(),
                           request.at("config").get<std::string>(), request.at("plugins").get<std::string>(),
                           request.at("seed").get<std::uint64_t>()};
  const check::Verdict verdict =
      check::run_here(*test, asked, request.at("scratch").get<std::string>(), [&](const std::string& step) {
        reports.say({{"step", step}});
      });
  reports.say({{"verdict", word(verdict.kind)}, {"reason", verdict.reason}, {"notes", verdict.notes}});
  // No destructor of a static object: what the plugin left in memory has done its part.
  ::_exit(kGood);
}

}  // namespace evloom::cli
