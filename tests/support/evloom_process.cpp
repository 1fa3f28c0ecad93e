#include "support/evloom_process.hpp"

#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <stdexcept>

namespace evloom::test {

namespace {

constexpr std::string_view kListening = "listening on ";

std::string from_environment(const char* name, const char* built) {
  const char* value = getenv(name);
  return value && *value ? value : built;
}

// "http://127.0.0.1:9090", "http://[::1]:9090" or "unix:/path"
Address parse_listener(std::string_view text) {
  text = text.substr(0, text.find_first_of(" \r\n\"\t"));
  if (text.starts_with("unix:")) return {std::string(text.substr(5)), 0};
  if (!text.starts_with("http://")) throw std::runtime_error("unknown listener '" + std::string(text) + "'");
  text.remove_prefix(7);
  const std::size_t colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  return {std::string(host), static_cast<std::uint16_t>(std::stoi(std::string(text.substr(colon + 1))))};
}

std::vector<Address> listeners_in(std::string_view log) {
  std::vector<Address> found;
  for (std::size_t at = log.find(kListening); at != std::string_view::npos;
       at = log.find(kListening, at + 1)) {
    if (log.find('\n', at) == std::string_view::npos) break;  // the line is not whole yet
    found.push_back(parse_listener(log.substr(at + kListening.size())));
  }
  return found;
}

std::string status_field(pid_t pid, std::string_view name) {
  std::ifstream status("/proc/" + std::to_string(pid) + "/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name)) return line.substr(name.size() + 1);
  return "0";
}

// How many listeners a YAML text asks for; one by default.
std::size_t count_listeners(std::string_view yaml) {
  yaml = yaml.substr(std::min(yaml.find("listen:"), yaml.size()));
  yaml = yaml.substr(0, yaml.find("\nplugins:"));
  std::size_t count = 0;
  for (const std::string_view key : {"{ http: ", "{ unix: "})
    for (std::size_t at = yaml.find(key); at != std::string_view::npos; at = yaml.find(key, at + 1)) ++count;
  return count ? count : 1;
}

}  // namespace

std::string evloom_binary() { return from_environment("EVLOOM_BINARY", EVLOOM_BINARY); }
std::string test_plugins() { return from_environment("EVLOOM_TEST_PLUGINS", EVLOOM_TEST_PLUGINS); }

bool sanitized() {
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
  return true;
#else
  return false;
#endif
}

milliseconds widened(milliseconds limit) { return sanitized() ? limit * 4 : limit; }

std::string sanitizer_report(std::string_view log) {
  for (const std::string_view sign :
       {"ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer",
        "runtime error: ", "ERROR: UndefinedBehaviorSanitizer"}) {
    const std::size_t at = log.find(sign);
    if (at != std::string_view::npos) return std::string(log.substr(at, 4000));
  }
  return "";
}

std::string yaml(const Settings& settings) {
  const std::filesystem::path plugins =
      std::filesystem::path(evloom_binary()).parent_path().parent_path() / "lib/evloom/plugins";
  const std::string methods = "methods: [GET, POST, PUT, PATCH, DELETE]";
  std::string text;
  text += "threads: " + std::to_string(settings.threads) + "\n";
  text += "listen: " + settings.listen + "\n";
  text += "plugins: { path: [\"" + plugins.string() + "\", \"" + test_plugins() + "\"] }\n";
  text += "stores: { counters: " + settings.counters + " }\n";
  text += "limits: " + settings.limits + "\n";
  text += "log: " + settings.log + "\n";
  text += "shutdown: " + settings.shutdown + "\n";
  text += "epochs: " + settings.epochs + "\n";
  text += settings.more;
  text += "routes:\n";
  text += "  - { path: \"/\", handler: stats, store: counters }\n";
  text += "  - { path: \"/hello\", handler: hello }\n";
  text += "  - { path: \"/echo\", handler: echo, " + methods + " }\n";
  text += "  - { path: \"/echo/{id}\", handler: echo, " + methods + " }\n";
  text += "  - { path: \"/files/*\", handler: echo, " + methods + " }\n";
  text += "  - { path: \"/livez\", builtin: live }\n";
  text += "  - { path: \"/readyz\", builtin: ready }\n";
  text += "  - { path: \"/metrics\", builtin: metrics }\n";
  return text + settings.more_routes;
}

Evloom::Evloom(std::string_view yaml, Options options) : options_(std::move(options)) {
  write_file(folder_ / "evloom.yaml", yaml);
  start();
}

// A test that forgot to stop it still hears of a sanitizer's report.
Evloom::~Evloom() {
  if (!process_) return;
  process_->kill();
  const std::string report = sanitizer_report(process_->errors());
  if (!report.empty()) fprintf(stderr, "%s\n", report.c_str());
}

void Evloom::start_again() {
  log_start_ = process_->errors().size();
  start();
}

void Evloom::start() {
  process_.reset();
  process_ = std::make_unique<Process>(
      Process::Options{.command = {evloom_binary(), "run", "-c", (folder_ / "evloom.yaml").string()},
                       .environment = options_.environment,
                       .folder = folder_.path(),
                       .output = folder_ / "out.log",
                       .errors = folder_ / "err.log",
                       .descriptors = options_.descriptors});
  if (!options_.wait) return;
  const std::size_t expected = count_listeners(read_file(folder_ / "evloom.yaml"));
  const bool up = wait_until(widened(options_.start_limit), [&] {
    addresses_ = listeners_in(log());
    return addresses_.size() >= expected || !process_->running();
  });
  if (!up || !process_->running() || addresses_.size() < expected) {
    const auto exit = process_->wait(milliseconds(0));
    throw std::runtime_error("evloom does not listen (" + (exit ? describe(*exit) : "still running") +
                             "); its log:\n" + log());
  }
}

bool Evloom::wait_ready(milliseconds limit) const {
  return wait_until(widened(limit), [&] { return get("/readyz").status == 200; });
}

void Evloom::kill() { process_->kill(); }

std::string Evloom::stop(milliseconds limit) {
  std::string wrong;
  process_->signal(SIGTERM);
  const auto exit = process_->wait(widened(limit));
  if (!exit)
    wrong = "still running " + std::to_string(widened(limit).count()) + " ms after SIGTERM";
  else if (*exit != Exit{0, 0})
    wrong = describe(*exit);
  const std::string report = sanitizer_report(log());
  if (!report.empty()) wrong += "\n" + report;
  if (!wrong.empty())
    wrong += "\nthe end of its log:\n" + log().substr(log().size() > 3000 ? log().size() - 3000 : 0);
  return wrong;
}

std::string Evloom::log() const { return process_->errors().substr(log_start_); }

bool Evloom::wait_log(std::string_view text, milliseconds limit) const {
  return wait_until(widened(limit), [&] { return log_has(text); });
}

int Evloom::descriptors() const {
  int count = 0;
  std::error_code gone;
  for (std::filesystem::directory_iterator entry("/proc/" + std::to_string(process_->pid()) + "/fd", gone),
       end;
       !gone && entry != end; entry.increment(gone))
    ++count;
  return count;
}

int Evloom::descriptors_at_rest() const {
  int count = descriptors();
  auto since = Clock::now();
  wait_until(milliseconds(5000), [&] {
    if (const int now = descriptors(); now != count) {
      count = now;
      since = Clock::now();
    }
    return Clock::now() - since > milliseconds(100);
  });
  return count;
}

int Evloom::descriptors_settled(int expected, milliseconds limit) const {
  wait_until(widened(limit), [&] { return descriptors() <= expected; });
  return descriptors();
}

std::uint64_t Evloom::resident_bytes() const {
  return std::stoull(status_field(process_->pid(), "VmRSS")) * 1024;
}
std::uint64_t Evloom::resident_peak_bytes() const {
  return std::stoull(status_field(process_->pid(), "VmHWM")) * 1024;
}
int Evloom::threads() const { return std::stoi(status_field(process_->pid(), "Threads")); }

double Evloom::cpu_seconds() const {
  std::istringstream line(read_file("/proc/" + std::to_string(process_->pid()) + "/stat"));
  std::string word;
  double ticks = 0;
  for (int field = 1; line >> word && field <= 15; ++field)
    if (field == 14 || field == 15) ticks += std::stod(word);
  return ticks / static_cast<double>(sysconf(_SC_CLK_TCK));
}

}  // namespace evloom::test
