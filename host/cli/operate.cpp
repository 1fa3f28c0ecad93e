#include "cli/operate.hpp"

#include <unistd.h>

#include <iostream>

#include "cli/commands.hpp"
#include "cli/fields.hpp"
#include "cli/load.hpp"
#include "cli/remote.hpp"
#include "cli/render.hpp"

namespace evloom::cli {

namespace {

// The line that shows, on a terminal, what a change does just now.
class Progress {
 public:
  ~Progress() { clear(); }
  Remote::Watch watch() {
    if (::isatty(STDERR_FILENO) != 1) return {};
    return [this](const std::string& status) {
      const Json json = Json::parse(status, nullptr, false);
      clear();
      std::cerr << "  " << (json.is_object() ? render_progress(json) : "") << std::flush;
      shown_ = true;
    };
  }
  void clear() {
    if (std::exchange(shown_, false)) std::cerr << "\r\x1b[K" << std::flush;
  }

 private:
  bool shown_ = false;
};

// What came back, for the commands below. `json` is an object.
struct Told {
  long status = 0;
  Json json;
};

// Judges a reply as far as that is the same for all commands; what is wrong is printed, `exit_code` set. With
// --json the body is printed as it came, whatever it says.
std::optional<Told> judge(const Remote& remote, const Result<RemoteReply>& reply, bool json, int& exit_code) {
  exit_code = kFailed;
  if (!reply) {
    print_error(reply.error().message);
    return std::nullopt;
  }
  Told told{reply->status, Json::parse(reply->body, nullptr, false)};
  if (!told.json.is_object()) {
    print_error(remote.where().text + " does not answer as an admin API does (status " +
                std::to_string(reply->status) + "): is it the address of evloom's `admin`?");
    return std::nullopt;
  }
  if (json) std::cout << reply->body << std::flush;
  if (told.status == 401) {
    exit_code = kWrongInput;
    print_error(remote.where().text + (remote.where().token.empty()
                                           ? " wants a token: --token-file FILE or EVLOOM_ADMIN_TOKEN"
                                           : " does not accept this token"));
    return std::nullopt;
  }
  const std::string error = text_at(told.json, "error");
  const bool change = told.json.contains("outcome");
  if (told.status == 200 || change) {
    exit_code = told.status == 200 ? kGood : kFailed;
    return told;
  }
  if (told.status == 400 || told.status == 422) exit_code = kWrongInput;
  print_error(error.empty() ? "the host answered with status " + std::to_string(told.status) : error);
  return std::nullopt;
}

// Asks by GET and prints what `render` makes of the answer.
template <typename Render>
int get(const RemoteOptions& options, const std::string& path, Render render) {
  auto where = find_admin(options);
  if (!where) return kWrongInput;
  Remote remote(std::move(*where));
  int exit_code = kFailed;
  const auto told = judge(remote, remote.get(path), options.json, exit_code);
  if (told && !options.json) std::cout << render(told->json) << std::flush;
  return exit_code;
}

template <typename Render>
int post(const RemoteOptions& options, const std::string& path, const Json& body, Render render) {
  auto where = find_admin(options);
  if (!where) return kWrongInput;
  Remote remote(std::move(*where));
  Progress progress;
  const auto reply =
      remote.post(path, body.dump(-1, ' ', false, Json::error_handler_t::replace), progress.watch());
  progress.clear();
  int exit_code = kFailed;
  const auto told = judge(remote, reply, options.json, exit_code);
  if (!told) return exit_code;
  if (!options.json) std::cout << render(told->json) << std::flush;
  if (const std::string error = text_at(told->json, "error"); !error.empty()) print_error(error);
  return exit_code;
}

int change(const RemoteOptions& options, const std::string& path, const Json& body) {
  return post(options, path, body, [](const Json& json) { return render_change(json, output_style()); });
}

}  // namespace

int ask_status(const RemoteOptions& options) {
  return get(options, "/v1/status", [](const Json& json) { return render_status(json, output_style()); });
}

int ask_plan(const RemoteOptions& options, bool discard_swaps) {
  return get(options, discard_swaps ? "/v1/plan?discard_swaps=true" : "/v1/plan",
             [](const Json& json) { return render_plan(json, output_style()); });
}

int ask_reload(const RemoteOptions& options, bool discard_swaps) {
  return change(options, "/v1/reload", Json{{"discard_swaps", discard_swaps}});
}

int ask_swap(const RemoteOptions& options, const std::string& instance, const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) {
    print_error("no such file: '" + file.string() + "'");
    return kWrongInput;
  }
  // The host has another working folder.
  const std::filesystem::path absolute = std::filesystem::absolute(file).lexically_normal();
  return change(options, "/v1/swap", Json{{"instance", instance}, {"file", absolute.string()}});
}

int ask_rollback(const RemoteOptions& options) { return change(options, "/v1/rollback", Json::object()); }

int ask_drain(const RemoteOptions& options, bool on) {
  return post(options, "/v1/drain", Json{{"on", on}}, [](const Json& json) {
    return std::string(
        flag_at(json, "draining")
            ? "draining: readiness says no, requests are still served; `evloom drain --off` ends it\n"
            : "not draining: readiness says what it finds\n");
  });
}

int ask_history(const RemoteOptions& options, std::optional<std::uint64_t> number) {
  if (!number)
    return get(options, "/v1/history", [](const Json& json) { return render_history(json, output_style()); });

  auto where = find_admin(options);
  if (!where) return kWrongInput;
  Remote remote(std::move(*where));
  int exit_code = kFailed;
  const auto told = judge(remote, remote.get("/v1/history"), false, exit_code);
  if (!told) return exit_code;
  for (const Json& each : list_at(told->json, "changes")) {
    if (number_at(each, "number") != static_cast<std::int64_t>(*number)) continue;
    if (options.json) {
      std::cout << each.dump() << std::endl;
    } else {
      const std::string error = text_at(each, "error");
      std::cout << render_change(each, output_style()) << error << (error.empty() ? "" : "\n") << std::flush;
    }
    return kGood;
  }
  print_error("no change " + std::to_string(*number) + " is remembered: `evloom history` lists them");
  return kWrongInput;
}

}  // namespace evloom::cli
