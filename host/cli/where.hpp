// Where: which host's admin API a command talks to, and with which token: from the command line, the
// environment, or a configuration file. [control]
#pragma once

#include <filesystem>
#include <optional>
#include <string>

namespace evloom::cli {

// What every command that asks a running host takes.
struct RemoteOptions {
  std::string admin;  // "unix:PATH" or "http://HOST:PORT"; empty: not given
  std::filesystem::path config;
  std::filesystem::path token_file;
  bool json = false;
};

struct Where {
  std::string socket;  // path of a unix socket; empty: TCP
  std::string base;    // "http://127.0.0.1:9091"; without a "/" at its end
  std::string token;   // empty: none
  std::string text;    // for messages: "unix:/run/evloom.sock (from --admin)"
};

// --admin, else EVLOOM_ADMIN, else the `admin` of -c FILE. The token: --token-file, else EVLOOM_ADMIN_TOKEN,
// else that of FILE when the address is FILE's. Nothing when it is not said, or said wrongly: what is wrong
// is printed then.
std::optional<Where> find_admin(const RemoteOptions& options);

}  // namespace evloom::cli
