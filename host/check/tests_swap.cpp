// The plugin in a whole host, under load: it is swapped in for its older build, and for itself again and
// again. No request fails, nothing is left of what went. The host runs in this process, on a unix socket in
// the scratch folder.
#include <event2/event.h>

#include <fstream>
#include <memory>

#include "admin/builtins.hpp"
#include "change/host.hpp"
#include "change/settings.hpp"
#include "check/load.hpp"
#include "check/test.hpp"

namespace evloom::check {

namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

constexpr int kSwaps = 4;
constexpr std::uint64_t kAnswers = 40;  // between two of them
constexpr std::chrono::seconds kPatience{8};
constexpr const char* kName = "checked";

struct FreeBase {
  void operator()(event_base* base) const { event_base_free(base); }
};
struct FreeEvent {
  void operator()(event* one) const { event_free(one); }
};

std::string indented(const std::string& yaml, std::size_t by) {
  std::string out;
  bool begins = true;
  for (const char c : yaml) {
    if (begins && c != '\n') out.append(by, ' ');
    out += c;
    begins = c == '\n';
  }
  return out;
}

// The host's configuration: the plugin as instance `checked`, by the options of the subject, and what it
// takes to reach it.
Result<std::string> configuration(const Subject& subject, const fs::path& folder) {
  auto options = subject.options();
  if (!options) return options.error();
  const std::string values = options->entries().empty() ? "" : config::dump(*options);
  const std::string plugin = "plugin: " + subject.facts().id + "\n";
  std::string yaml = "threads: 2\nlisten: [{ unix: \"" + (folder / "http").string() +
                     "\" }]\nplugins: { path: [\"" + (folder / "plugins").string() +
                     "\"] }\nlog: { level: \"off\" }\nepochs: { rollback_window: 0s, drain_timeout: 5s }\n";
  switch (subject.kind()) {
    case config::InstanceKind::handler:
      yaml += std::string("handlers:\n  ") + kName + ":\n    " + plugin + indented(values, 4);
      yaml +=
          "stores: { beside: { plugin: memory } }\nformats: [text]\nroutes:\n  - { path: \"/*\", handler: " +
          std::string(kName) + ", store: beside }\n";
      break;
    case config::InstanceKind::store:
      yaml += std::string("stores:\n  ") + kName + ":\n    " + plugin + indented(values, 4);
      yaml += "formats: [text]\nroutes:\n  - { path: \"/*\", handler: stats, store: " + std::string(kName) +
              " }\n";
      break;
    case config::InstanceKind::format:
      yaml += std::string("formats:\n  - name: ") + kName + "\n    " + plugin + indented(values, 4);
      yaml +=
          "stores: { beside: { plugin: memory } }\nroutes:\n  - { path: \"/*\", handler: stats, store: "
          "beside }\n";
      break;
  }
  return yaml;
}

// Copies of what the configuration names. The name of the missing one, or "".
std::string gather(const Subject& subject, const fs::path& folder) {
  fs::create_directories(folder);
  for (const char* id : {"stats", "memory", "text"}) {
    const std::string file = std::string(id) + ".so";
    std::error_code error;
    fs::copy_file(subject.asked().plugins / file, folder / file, error);
    if (error && subject.facts().id != id) return (subject.asked().plugins / file).string();
  }
  const fs::path& first = subject.asked().from.empty() ? subject.asked().file : subject.asked().from;
  fs::copy_file(first, folder / (subject.facts().id + ".so"), fs::copy_options::overwrite_existing);
  return {};
}

// The same code under another checksum, or it would be no change. What lies behind an ELF file's end nobody
// reads.
fs::path variant(const fs::path& file, const fs::path& folder, int serial) {
  const fs::path copy = folder / ("build-" + std::to_string(serial) + ".so");
  fs::copy_file(file, copy);
  std::ofstream(copy, std::ios::app | std::ios::binary) << "build " << serial;
  return copy;
}

class Stand {
 public:
  Stand(Run& run, fs::path folder)
      : run_(run),
        folder_(std::move(folder)),
        base_(event_base_new()),
        tick_(event_new(
            base_.get(), -1, EV_PERSIST, [](evutil_socket_t, short, void*) {}, nullptr)) {
    const timeval often{0, 2000};
    event_add(tick_.get(), &often);
  }
  ~Stand() {
    load_.reset();
    host_.reset();
  }

  Status begin() {
    run_.step("the start of a host");
    const epoch::PlanSource source{folder_ / "evloom.yaml", run_.subject.asked().plugins};
    epoch::PlanSource::Loaded loaded = source.load();
    if (!loaded.plan) return Error{config::render(loaded.diagnostics, false)};
    auto log = observe::Log::create(change::log_options_of(*loaded.plan->config));
    if (!log) return log.error();
    log_ = std::move(*log);
    auto host = change::Host::start(std::move(*loaded.plan), {source, base_.get(), -1, "check"},
                                    admin::builtins(), *log_);
    if (!host) return host.error();
    host_ = std::move(*host);
    load_ = std::make_unique<Load>((folder_ / "http").string(), "GET / HTTP/1.1\r\nHost: check\r\n\r\n");
    return more_answers();
  }

  // Whether the plugin works here at all: a store whose server is down answers nothing but 503.
  bool in_order() const { return load_->errors() == 0; }

  Status swap(const fs::path& file, const std::string& what) {
    run_.step("a swap " + what);
    std::optional<change::CommandAnswer> answer;
    host_->ask(change::SwapCommand{kName, file.string()}, "check",
               [&](change::CommandAnswer given) { answer = std::move(given); });
    if (!turn([&] { return answer.has_value(); }))
      return Error{"a swap " + what + " has no outcome after 8 s"};
    const auto* change = std::get_if<change::ChangeReport>(&*answer);
    if (!change || change->outcome != change::Outcome::serving) {
      const std::string why = change ? change->error : "the host does not take it";
      return Error{"a swap " + what + " under load " +
                   (change ? std::string(change::to_string(change->outcome)) : std::string("is refused")) +
                   ": " + why};
    }
    return more_answers();
  }

  // Everything that went has gone, and nobody noticed.
  Status end(bool was_in_order) {
    run_.step("the end under load");
    if (!turn([&] { return retired(); }))
      return Error{"8 s after the last swap a replaced build is still in use"};
    for (const change::InstanceReport& instance : host_->report().instances)
      if (instance.name == kName && instance.misbehaviours != 0)
        return Error{"it misbehaved while it served: " + instance.blame};
    for (const change::ChangeReport& change : host_->history())
      for (const change::CodeReport& code :
           change.before ? change.before->code : std::vector<change::CodeReport>())
        if (!code.unmapped)
          return Error{"the code of a build that was replaced stays in memory: " + code.reason};
    load_->stop();
    if (!load_->broken().empty()) return Error{"under load, while it was swapped, " + load_->broken()};
    if (was_in_order && load_->errors() != 0) {
      return Error{std::to_string(load_->errors()) + " of " + std::to_string(load_->answers()) +
                   " requests failed while it was swapped, first with " + load_->first_error()};
    }
    if (was_in_order && !load_->doubled().empty() && keeps_counts())
      return Error{"counts were lost when it was swapped: \"Total requests = " + load_->doubled() +
                   "\" came twice"};
    host_->stop("checked");
    return {};
  }
  std::uint64_t answers() const { return load_->answers(); }

 private:
  // Turns the control thread's loop until the condition holds.
  template <typename Condition>
  bool turn(Condition condition) {
    const auto until = Clock::now() + kPatience;
    while (!condition()) {
      if (Clock::now() >= until) return false;
      event_base_loop(base_.get(), EVLOOP_ONCE);
    }
    return true;
  }
  Status more_answers() {
    const std::uint64_t wanted = load_->answers() + kAnswers;
    if (turn([&] { return load_->answers() >= wanted; })) return {};
    load_->stop();
    return Error{load_->broken().empty() ? "requests are not answered under load"
                                         : "under load, " + load_->broken()};
  }
  bool retired() const {
    if (host_->report().epochs.size() != 1) return false;
    for (const change::ChangeReport& change : host_->history())
      if (change.before && !change.before->retired) return false;
    return true;
  }
  // A store that hands its state over or has it elsewhere. One that begins empty each time may do so.
  bool keeps_counts() const {
    return run_.subject.offers(EVL_STATE) || run_.subject.kind() != config::InstanceKind::store ||
           !config::exclusive_paths(run_.subject.schema(), run_.subject.options().value()).empty();
  }

  Run& run_;
  const fs::path folder_;
  std::unique_ptr<event_base, FreeBase> base_;
  std::unique_ptr<event, FreeEvent> tick_;
  std::unique_ptr<observe::Log> log_;
  std::unique_ptr<change::Host> host_;
  std::unique_ptr<Load> load_;
};

Verdict swap_in(Run& run, const fs::path& folder) {
  Stand stand(run, folder);
  if (Status status = stand.begin(); !status) return failed(status.error().message);
  const bool in_order = stand.in_order();
  if (!run.subject.asked().from.empty())
    if (Status status = stand.swap(run.subject.asked().file, "from the older build"); !status)
      return failed(status.error().message);
  // A host gives a store some seconds to be ready before it takes the old one's place: once, when it cannot
  // be.
  for (int i = 0; i < (in_order ? kSwaps : 1); ++i) {
    const fs::path build = variant(run.subject.asked().file, folder, i);
    if (Status status = stand.swap(build, "with itself"); !status) return failed(status.error().message);
  }
  if (Status status = stand.end(in_order); !status) return failed(status.error().message);
  std::vector<std::string> notes = {std::to_string(stand.answers()) + " requests were answered meanwhile"};
  if (!in_order)
    notes.push_back(
        "it answered with errors before the first swap already (is its server down?): their "
        "number was not judged");
  return passed(std::move(notes));
}

}  // namespace

Verdict test_swap(Run& run) {
  if (!run.subject.can_be_written()) return skipped("its options hold a secret of the environment");
  const fs::path folder = run.subject.scratch() / "host";
  const std::string missing = gather(run.subject, folder / "plugins");
  if (!missing.empty())
    return skipped("the host to swap it in needs a plugin that is not installed: " + missing);
  auto yaml = configuration(run.subject, folder);
  if (!yaml) return failed(yaml.error().message);
  std::ofstream(folder / "evloom.yaml") << *yaml;
  return swap_in(run, folder);
}

}  // namespace evloom::check
