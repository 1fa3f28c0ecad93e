#include "soak/host.hpp"

#include <stdexcept>

#include "support/stats.hpp"

namespace evloom::soak {

namespace {

using test::Json;

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) throw std::runtime_error("not in the text: " + std::string(what));
  return text.replace(at, what.size(), by);
}

// The window is short so that epochs retire as fast as others come; that they stand by at all is part of it.
std::string config(const std::string& counters) {
  test::Settings settings;
  settings.counters = counters;
  settings.epochs = "{ rollback_window: 100ms }";
  settings.more = test::kAdminYaml;
  return test::yaml(settings);
}

}  // namespace

const char* name_of(Kind kind) {
  switch (kind) {
    case Kind::handler:
      return "swap of the handler";
    case Kind::format:
      return "swap of the format";
    case Kind::store:
      return "swap of the store";
    case Kind::reload:
      return "reload";
    case Kind::wrong_reload:
      return "invalid reload";
  }
  return "";
}

Host::Host(const std::string& store) : store_(store) {
  if (store == "redis") redis_ = std::make_unique<test::RedisServer>();
  const std::string first = config(redis_ ? "{ plugin: redis, port: " + std::to_string(redis_->port()) + " }"
                                          : "{ plugin: " + store + ", path: data, durability: interval }");
  good_ = {replaced(first, "path: \"/hello\"", "path: \"/hi\""), first};
  wrong_ = replaced(first, "handler: hello", "handler: helo");
  evloom_ = std::make_unique<test::Evloom>(first);
  admin_ = std::make_unique<test::Admin>(*evloom_);
  if (!evloom_->wait_ready()) throw std::runtime_error("the host is not ready:\n" + evloom_->log());
}

Made Host::make(Kind kind) {
  switch (kind) {
    case Kind::handler:
      return swap("stats", "stats");
    case Kind::format:
      return swap("text", "text");
    case Kind::store:
      return swap("counters", store_);
    case Kind::reload:
      return reload(false);
    case Kind::wrong_reload:
      return reload(true);
  }
  return {};
}

Made Host::swap(const std::string& instance, const std::string& plugin) {
  std::filesystem::path file = test::variant(test::plugin_file(plugin), evloom_->folder(), ++serial_);
  const Json change = admin_->swap(instance, file);
  Made made{std::chrono::microseconds(change["took_us"].get<std::int64_t>()), {}};
  if (change["outcome"] != "serving") made.wrong = change.dump();
  std::filesystem::path& runs = files_[instance];
  if (change["outcome"] == "serving") std::swap(runs, file);
  if (!file.empty()) std::filesystem::remove(file);
  return made;
}

Made Host::reload(bool wrong) {
  const std::string& text = wrong ? wrong_ : good_[serial_++ % good_.size()];
  test::write_file(evloom_->folder() / "evloom.yaml", text);
  const Json change = admin_->reload();
  Made made{std::chrono::microseconds(change["took_us"].get<std::int64_t>()), {}};
  const std::string outcome = change["outcome"].get<std::string>();
  const bool right =
      wrong ? outcome == "refused" && change["error"].get<std::string>().find("helo") != std::string::npos
            : outcome == "serving" || outcome == "unchanged";
  if (!right) made.wrong = change.dump();
  return made;
}

std::string Host::to_rest() {
  test::write_file(evloom_->folder() / "evloom.yaml", good_.back());
  const Json change = admin_->reload({{"discard_swaps", true}});
  if (change["outcome"] != "serving" && change["outcome"] != "unchanged") return change.dump();
  if (!admin_->settle()) return "more than one epoch lives: " + admin_->status()["epochs"].dump();
  for (const auto& [instance, file] : files_) std::filesystem::remove(file);
  files_.clear();
  return {};
}

std::vector<pid_t> Host::processes() const {
  std::vector<pid_t> all = {evloom_->process().pid()};
  if (redis_) all.push_back(redis_->pid());
  return all;
}

std::int64_t Host::stored_total() {
  std::string why;
  const test::Response response = evloom_->get("/");
  const auto stats = test::parse_stats(response.body, why);
  if (!stats) throw std::runtime_error("no stats: " + why + ": " + response.body);
  return stats->total - 1;
}

}  // namespace evloom::soak
