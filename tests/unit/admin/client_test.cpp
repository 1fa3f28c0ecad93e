// The commands that ask a running host: the real program against an AdminServer with a FakeControl behind it:
// what it prints, what it ends with, where it looks for the API.
#include <fcntl.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>

#include "admin_fixture.hpp"
#include "support/evloom_process.hpp"
#include "support/scripted_server.hpp"

namespace evloom::test {
namespace {

using Environment = std::vector<std::pair<std::string, std::string>>;

// A terminal: what is written to `path` can be read here.
class Terminal {
 public:
  Terminal() : master_(::posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC)) {
    if (!master_ || ::grantpt(master_.get()) != 0 || ::unlockpt(master_.get()) != 0)
      throw std::runtime_error("no pseudo-terminal");
    path_ = ::ptsname(master_.get());
    kept_ = Fd(::open(path_.c_str(), O_RDWR | O_NOCTTY | O_CLOEXEC));  // so that it never hangs up
  }
  const std::string& path() const { return path_; }
  // Reads until `text` has been written; false when it has not come in time.
  bool shows(std::string_view text) {
    const auto until = Clock::now() + std::chrono::seconds(20);
    while (seen_.find(text) == std::string::npos) {
      const auto left = std::chrono::duration_cast<milliseconds>(until - Clock::now()).count();
      pollfd ready{master_.get(), POLLIN, 0};
      if (left <= 0 || ::poll(&ready, 1, static_cast<int>(left)) <= 0) return false;
      char bytes[4096];
      const ssize_t n = ::read(master_.get(), bytes, sizeof bytes);
      if (n <= 0) return false;
      seen_.append(bytes, static_cast<std::size_t>(n));
    }
    return true;
  }
  const std::string& seen() const { return seen_; }

 private:
  Fd master_, kept_;
  std::string path_, seen_;
};

class AdminClient : public AdminTest {
 protected:
  Process::Options command(std::vector<std::string> arguments, Environment environment = {}) {
    arguments.insert(arguments.begin(), evloom_binary());
    Process::Options options;
    options.command = std::move(arguments);
    options.environment = {{"EVLOOM_ADMIN", ""}, {"EVLOOM_ADMIN_TOKEN", ""}, {"NO_COLOR", ""}};
    // What a proxy would do to it must not matter.
    options.environment.emplace_back("http_proxy", "http://127.0.0.1:1");
    for (auto& entry : environment) {
      std::erase_if(options.environment, [&](const auto& old) { return old.first == entry.first; });
      options.environment.push_back(entry);
    }
    options.folder = folder_.path();
    options.output = folder_ / ("out" + std::to_string(++runs_));
    options.errors = folder_ / ("err" + std::to_string(runs_));
    return options;
  }
  Outcome run_options(Process::Options options) {
    Process process(std::move(options));
    const auto exit = process.wait(widened(milliseconds(20000)));
    return {exit.value_or(Exit{-1, 0}), process.output(), process.errors()};
  }
  // `evloom ARGUMENTS --admin unix:...`
  Outcome ask(std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--admin", "unix:" + socket()});
    return run_options(command(std::move(arguments)));
  }
  Outcome run(std::vector<std::string> arguments, Environment environment = {}) {
    return run_options(command(std::move(arguments), std::move(environment)));
  }

  int runs_ = 0;
};

change::HostReport some_report() {
  const auto since = std::chrono::system_clock::now() - std::chrono::seconds(7983);
  change::HostReport report;
  report.version = "0.3.0";
  report.config = "/etc/evloom.yaml";
  report.pid = 4711;
  report.loops = 4;
  report.started = since;
  report.listeners = {"http://127.0.0.1:9090", "unix:/run/http.sock"};
  report.epochs = {{7, change::EpochState::serving, since, 31, {"stats", "text"}},
                   {6, change::EpochState::draining, since, 2, {"stats"}}};
  change::InstanceReport instance;
  instance.name = "stats";
  instance.kind = "handler";
  instance.plugin = "stats";
  instance.version = "1.1.0";
  instance.build_id = "3fa9c1d2a0b1c4d5e6f7";
  instance.file = "/opt/stats.so";
  instance.swapped = true;
  instance.epochs = {7};
  instance.in_flight = 31;
  instance.started = since;
  report.instances = {instance};
  return report;
}

TEST_F(AdminClient, ShowsTheStatus) {
  start_unix();
  control_.set_report(some_report());
  const Outcome outcome = ask({"status"});
  EXPECT_EQ(outcome.exit, (Exit{0, 0})) << outcome.errors;
  EXPECT_EQ(outcome.output,
            "evloom 0.3.0   pid 4711   up 2h 13m   4 loops\n"
            "configuration  /etc/evloom.yaml\n"
            "listens on     http://127.0.0.1:9090 unix:/run/http.sock\n"
            "\n"
            "EPOCH  STATE        FOR  REQUESTS  INSTANCES\n"
            "    7  serving   2h 13m        31  stats text\n"
            "    6  draining  2h 13m         2  stats\n"
            "\n"
            "INSTANCE  KIND     PLUGIN       BUILD         EPOCHS  IN FLIGHT  MISBEHAVED      UP  FILE\n"
            "stats     handler  stats 1.1.0  3fa9c1d2a0b1  7              31           0  2h 13m  "
            "/opt/stats.so (swapped)\n");
}

TEST_F(AdminClient, ShowsASwapWithItsSteps) {
  start_unix();
  write_file(folder_ / "stats.so", "");
  const Outcome outcome = ask({"swap", "stats", "./stats.so"});
  EXPECT_EQ(outcome.exit, (Exit{0, 0})) << outcome.errors;
  EXPECT_EQ(outcome.output,
            "change 7  swap stats /opt/stats.so   serving in 143 ms   epoch 6 -> 7\n"
            "  plan        2 ms\n"
            "  admit       9 ms  stats 1.1.0 build 3fa9c1d2a0b1\n"
            "  preflight  61 ms\n"
            "  flip        1 ms  31 requests pinned to epoch 6\n"
            "stats  build 81c0aa01bb02 -> 3fa9c1d2a0b1  serving\n"
            "epoch 6: 31 requests pinned, drained after 12 ms, not retired yet\n"
            "  code of stats build 81c0aa01bb02 stays mapped: a thread of its own still runs\n");
  const auto asked = control_.asked(1);
  const auto& swap = std::get<change::SwapCommand>(asked.at(0).first);
  EXPECT_EQ(swap.instance, "stats");
  EXPECT_EQ(swap.file, (std::filesystem::canonical(folder_.path()) / "stats.so").string());
}

TEST_F(AdminClient, SaysWhyAChangeFailed) {
  start_unix();
  control_.set_answer(failed());
  const Outcome outcome = ask({"reload"});
  EXPECT_EQ(outcome.exit, (Exit{1, 0}));
  EXPECT_EQ(outcome.output, "change 8  reload   failed at plan after 5 ms   epoch 7 serves on\n");
  EXPECT_EQ(outcome.errors,
            "evloom: error: evloom.yaml:3:5: error: unknown key 'treads'\n"
            "evloom.yaml:9:1: error: no handler 'x'\n");

  change::ChangeReport refused = failed();
  refused.outcome = change::Outcome::refused;
  refused.failed_step.clear();
  refused.error = "four epochs live already: wait until one has retired";
  control_.set_answer(refused);
  const Outcome again = ask({"rollback"});
  EXPECT_EQ(again.exit, (Exit{1, 0}));
  EXPECT_EQ(again.output, "change 8  reload   refused   epoch 7 serves on\n");
  EXPECT_EQ(again.errors, "evloom: error: four epochs live already: wait until one has retired\n");

  change::ChangeReport nothing = failed();
  nothing.outcome = change::Outcome::unchanged;
  nothing.error.clear();
  control_.set_answer(nothing);
  const Outcome unchanged = ask({"reload", "--discard-swaps"});
  EXPECT_EQ(unchanged.exit, (Exit{0, 0}));
  EXPECT_EQ(unchanged.output, "change 8  reload   nothing to change   epoch 7 serves on\n");
  EXPECT_TRUE(std::get<change::ReloadCommand>(control_.asked(3).at(2).first).discard_swaps);
}

TEST_F(AdminClient, ShowsAPlan) {
  start_unix();
  control_.set_answer(Result<change::PlanReport>(planned()));
  const Outcome outcome = ask({"plan"});
  EXPECT_EQ(outcome.exit, (Exit{0, 0})) << outcome.errors;
  EXPECT_EQ(outcome.output,
            "+  listener  http://127.0.0.1:9091  backlog 1024\n"
            "-  route     /old                   stats\n"
            "~  setting   limits.idle_timeout    60s -> 30s\n"
            "warning: log.output cannot be written by others\n");
  control_.set_answer(Result<change::PlanReport>(change::PlanReport{}));
  EXPECT_EQ(ask({"plan"}).output, "nothing would change\n");
  control_.set_answer(Result<change::PlanReport>(Error{"evloom.yaml:3:5: error: unknown key 'treads'"}));
  const Outcome wrong = ask({"plan"});
  EXPECT_EQ(wrong.exit, (Exit{2, 0}));
  EXPECT_EQ(wrong.errors, "evloom: error: evloom.yaml:3:5: error: unknown key 'treads'\n");
}

TEST_F(AdminClient, ShowsTheHistory) {
  start_unix();
  control_.set_history({failed(), swapped()});
  EXPECT_EQ(ask({"history"}).output,
            "CHANGE  BEGAN                 WHAT                      BY      OUTCOME    TOOK  EPOCH  WHY\n"
            "     8  2026-11-23 07:04:43Z  reload                    SIGHUP  failed     5 ms      7  "
            "evloom.yaml:3:5: error: unknown key 'treads'\n"
            "     7  2026-11-23 07:04:43Z  swap stats /opt/stats.so  admin   serving  143 ms      7\n");
  const Outcome one = ask({"history", "8"});
  EXPECT_EQ(one.exit, (Exit{0, 0}));
  EXPECT_EQ(one.output,
            "change 8  reload   failed at plan after 5 ms   epoch 7 serves on\n"
            "evloom.yaml:3:5: error: unknown key 'treads'\nevloom.yaml:9:1: error: no handler 'x'\n");
  const Outcome none = ask({"history", "9"});
  EXPECT_EQ(none.exit, (Exit{2, 0}));
  EXPECT_EQ(none.errors, "evloom: error: no change 9 is remembered: `evloom history` lists them\n");
}

TEST_F(AdminClient, Drains) {
  start_unix();
  control_.set_answer(Status());
  EXPECT_TRUE(ask({"drain"}).output.starts_with("draining: ")) << "says what it means";
  EXPECT_TRUE(ask({"drain", "--off"}).output.starts_with("not draining: "));
  EXPECT_TRUE(std::get<change::DrainCommand>(control_.asked(2).at(0).first).on);
  EXPECT_FALSE(std::get<change::DrainCommand>(control_.asked(2).at(1).first).on);
  control_.set_answer(Status(Error{"the host is going down"}));
  const Outcome refused = ask({"drain"});
  EXPECT_EQ(refused.exit, (Exit{1, 0}));
  EXPECT_EQ(refused.errors, "evloom: error: the host is going down\n");
}

TEST_F(AdminClient, PrintsWhatTheApiSaysWithJson) {
  start_unix();
  control_.set_history({failed(), swapped()});
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"status"}, {"history"}, {"history", "7"}, {"reload"}, {"rollback"}}) {
    std::vector<std::string> with = arguments;
    with.emplace_back("--json");
    const Outcome outcome = ask(with);
    EXPECT_EQ(outcome.exit, (Exit{0, 0})) << arguments[0];
    EXPECT_TRUE(Json::parse(outcome.output, nullptr, false).is_object()) << outcome.output;
  }
  control_.set_answer(failed());
  const Outcome outcome = ask({"reload", "--json"});
  EXPECT_EQ(outcome.exit, (Exit{1, 0}));
  EXPECT_EQ(Json::parse(outcome.output)["failed_step"], "plan");
  control_.set_answer(Result<change::PlanReport>(planned()));
  EXPECT_EQ(Json::parse(ask({"plan", "--json"}).output)["differences"].size(), 3u);
  control_.set_answer(Status());
  EXPECT_EQ(Json::parse(ask({"drain", "--json"}).output), Json({{"draining", true}}));
}

TEST_F(AdminClient, FindsTheApiInTheEnvironment) {
  start_unix();
  EXPECT_EQ(run({"status"}, {{"EVLOOM_ADMIN", "unix:" + socket()}}).exit, (Exit{0, 0}));
  // What the command line says comes first.
  EXPECT_EQ(run({"status", "--admin", "unix:" + socket()}, {{"EVLOOM_ADMIN", "unix:/nowhere"}}).exit,
            (Exit{0, 0}));
  EXPECT_EQ(run({"status", "--admin", "unix:admin.sock"}).exit, (Exit{0, 0})) << "a relative path";
}

TEST_F(AdminClient, FindsTheApiInAConfiguration) {
  const std::string routes = "routes: [{ path: \"/\", handler: stats }]\n";
  write_file(folder_ / "unix.yaml", "admin: { unix: admin.sock }\n" + routes);
  start_unix();
  EXPECT_EQ(run({"status", "-c", "unix.yaml"}).exit, (Exit{0, 0}));

  start_tcp("a-token-of-the-file");
  const std::string address = server_->url().substr(7);
  write_file(folder_ / "tcp.yaml",
             "admin: { http: \"" + address + "\", token: a-token-of-the-file }\n" + routes);
  const Outcome outcome = run({"status", "-c", "tcp.yaml"});
  EXPECT_EQ(outcome.exit, (Exit{0, 0})) << outcome.errors;
  // The file's token is for the file's address alone.
  EXPECT_EQ(run({"status", "-c", "tcp.yaml", "--admin", "http://" + address}).exit, (Exit{2, 0}));

  write_file(folder_ / "none.yaml", routes);
  const Outcome off = run({"reload", "-c", "none.yaml"});
  EXPECT_EQ(off.exit, (Exit{2, 0}));
  EXPECT_NE(off.errors.find("none.yaml: `admin` is off"), std::string::npos) << off.errors;
  write_file(folder_ / "bad.yaml", "treads: 2\n" + routes);
  const Outcome bad = run({"plan", "-c", "bad.yaml"});
  EXPECT_EQ(bad.exit, (Exit{2, 0}));
  EXPECT_NE(bad.errors.find("bad.yaml:1:1: error:"), std::string::npos) << bad.errors;
}

TEST_F(AdminClient, SaysThatItDoesNotKnowWhereTheApiIs) {
  const Outcome outcome = run({"status"});
  EXPECT_EQ(outcome.exit, (Exit{2, 0}));
  for (const char* way : {"--admin unix:PATH", "EVLOOM_ADMIN", "-c FILE"})
    EXPECT_NE(outcome.errors.find(way), std::string::npos) << outcome.errors;
  for (const char* wrong : {"unix:", "https://127.0.0.1:9091", "127.0.0.1:9091", "http://127.0.0.1",
                            "http://somewhere:80", "http://127.0.0.1:9091/v1"}) {
    const Outcome refused = run({"status", "--admin", wrong});
    EXPECT_EQ(refused.exit, (Exit{2, 0})) << wrong;
    EXPECT_NE(refused.errors.find("it must be unix:PATH or http://HOST:PORT"), std::string::npos)
        << refused.errors;
  }
}

TEST_F(AdminClient, SaysThatNobodyListens) {
  const Outcome outcome = ask({"status"});
  EXPECT_EQ(outcome.exit, (Exit{1, 0}));
  EXPECT_NE(outcome.errors.find("nobody listens on unix:" + socket() + " (from --admin)"), std::string::npos)
      << outcome.errors;
  EXPECT_NE(outcome.errors.find("is evloom running"), std::string::npos) << outcome.errors;
  const Outcome tcp = run({"reload", "--admin", "http://127.0.0.1:" + std::to_string(unused_port())});
  EXPECT_EQ(tcp.exit, (Exit{1, 0}));
  EXPECT_NE(tcp.errors.find("nobody listens on"), std::string::npos) << tcp.errors;
}

TEST_F(AdminClient, RefusesWrongInputByItself) {
  start_unix();
  const Outcome outcome = ask({"swap", "stats", "./no-such.so"});
  EXPECT_EQ(outcome.exit, (Exit{2, 0}));
  EXPECT_EQ(outcome.errors, "evloom: error: no such file: './no-such.so'\n");
  EXPECT_EQ(ask({"swap", "stats", "."}).exit, (Exit{2, 0})) << "a folder";
  EXPECT_EQ(ask({"swap", "stats"}).exit, (Exit{2, 0}));
  EXPECT_EQ(ask({"history", "last"}).exit, (Exit{2, 0}));
  EXPECT_TRUE(control_.asked(0).empty());
}

TEST_F(AdminClient, BringsTheToken) {
  start_tcp("secret");
  const std::string url = server_->url();
  const Outcome without = run({"status", "--admin", url});
  EXPECT_EQ(without.exit, (Exit{2, 0}));
  EXPECT_NE(without.errors.find("wants a token: --token-file FILE or EVLOOM_ADMIN_TOKEN"), std::string::npos)
      << without.errors;
  const Outcome wrong = run({"status", "--admin", url}, {{"EVLOOM_ADMIN_TOKEN", "guess"}});
  EXPECT_EQ(wrong.exit, (Exit{2, 0}));
  EXPECT_NE(wrong.errors.find("does not accept this token"), std::string::npos) << wrong.errors;
  EXPECT_EQ(run({"status", "--admin", url}, {{"EVLOOM_ADMIN_TOKEN", "secret"}}).exit, (Exit{0, 0}));

  write_file(folder_ / "token", "secret\n");
  EXPECT_EQ(run({"status", "--admin", url, "--token-file", "token"}, {{"EVLOOM_ADMIN_TOKEN", "guess"}}).exit,
            (Exit{0, 0}));
  const Outcome missing = run({"status", "--admin", url, "--token-file", "no-token"});
  EXPECT_EQ(missing.exit, (Exit{2, 0}));
  EXPECT_NE(missing.errors.find("cannot read a token from 'no-token'"), std::string::npos) << missing.errors;
}

TEST_F(AdminClient, SaysWhenTheTokenIsNone) {
  const Outcome outcome =
      run({"status", "--admin", "unix:" + socket()}, {{"EVLOOM_ADMIN_TOKEN", "two words"}});
  EXPECT_EQ(outcome.exit, (Exit{2, 0}));
  EXPECT_NE(outcome.errors.find("the token holds blanks"), std::string::npos) << outcome.errors;
}

TEST_F(AdminClient, IsNotFooledByAnotherServer) {
  struct Case {
    std::string answer;  // empty: the connection ends
    const char* words;
  };
  const Case cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi", "does not answer as an admin API does (status 200)"},
      {"HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\n[{}]", "does not answer as an admin API does"},
      {"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 2\r\n\r\n{}", "status 302"},
      {"HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n{}", "broke off"},
      {"nonsense\r\n\r\n", "cannot ask"},
      {"", "broke off"},
  };
  for (const Case& c : cases) {
    ScriptedServer server([&](Peer& peer, unsigned) {
      peer.receive();
      peer.send(c.answer);
    });
    const Outcome outcome = run({"status", "--admin", "http://127.0.0.1:" + std::to_string(server.port())});
    EXPECT_EQ(outcome.exit, (Exit{1, 0})) << c.answer;
    EXPECT_EQ(outcome.output, "");
    EXPECT_NE(outcome.errors.find(c.words), std::string::npos) << c.answer << outcome.errors;
  }
}

TEST_F(AdminClient, SaysThatTheHostEndedMeanwhile) {
  start_unix();
  control_.hold();
  Process process(command({"reload", "--admin", "unix:" + socket()}));
  ASSERT_EQ(control_.asked(1).size(), 1u);
  server_.reset();
  const auto exit = process.wait(widened(milliseconds(20000)));
  EXPECT_EQ(exit, (Exit{1, 0}));
  EXPECT_EQ(process.errors(), "evloom: error: the host is going down\n");
}

TEST_F(AdminClient, ShowsTheStepUnderWayOnATerminal) {
  start_unix();
  control_.hold();
  change::HostReport report = some_report();
  report.change = swapped();
  report.change->outcome = change::Outcome::running;
  report.change->steps.push_back({"warm", {}, ""});
  control_.set_report(report);

  Terminal terminal;
  Process::Options options = command({"reload", "--admin", "unix:" + socket()});
  options.errors = terminal.path();
  Process process(std::move(options));
  EXPECT_TRUE(terminal.shows("change 7  swap stats /opt/stats.so   warm")) << terminal.seen();
  control_.release();
  EXPECT_EQ(process.wait(widened(milliseconds(20000))), (Exit{0, 0}));
  EXPECT_TRUE(terminal.shows("\r\x1b[K")) << "the line is taken away";
  EXPECT_TRUE(process.output().starts_with("change 7")) << process.output();
  EXPECT_EQ(process.output().find('\x1b'), std::string::npos) << "no colours in a file";
}

TEST_F(AdminClient, HasColoursOnATerminalUnlessToldNotTo) {
  start_unix();
  control_.set_answer(Result<change::PlanReport>(planned()));
  for (const bool wanted : {true, false}) {
    Terminal terminal;
    Process::Options options = command({"plan", "--admin", "unix:" + socket()});
    // NO_COLOR counts when it is there, whatever it holds.
    if (wanted) {
      std::erase_if(options.environment, [](const auto& entry) { return entry.first == "NO_COLOR"; });
      ::unsetenv("NO_COLOR");
    }
    options.output = terminal.path();
    Process process(std::move(options));
    EXPECT_EQ(process.wait(widened(milliseconds(20000))), (Exit{0, 0}));
    ASSERT_TRUE(terminal.shows("by others"));
    EXPECT_EQ(terminal.seen().find("\x1b[32m+\x1b[0m") != std::string::npos, wanted) << terminal.seen();
    EXPECT_EQ(terminal.seen().find('\x1b') != std::string::npos, wanted) << terminal.seen();
  }
}

}  // namespace
}  // namespace evloom::test
