#include "support/admin.hpp"

#include <set>
#include <sstream>
#include <stdexcept>

namespace evloom::test {

namespace {

// A change may start a process, load code and watch a canary.
constexpr milliseconds kChange{60000};

}  // namespace

Admin::Admin(const Evloom& evloom) : socket_(evloom.folder() / "run/admin.sock") {
  if (!evloom.wait_log("the admin API listens on "))
    throw std::runtime_error("no admin API:\n" + evloom.log());
}

Response Admin::send(std::string_view method, std::string_view path, const Json& body) const {
  Client client(Address{socket_, 0});
  client.send(body.is_null() ? request(method, path)
                             : request(method, path, {{"Content-Type", "application/json"}}, body.dump()));
  return client.read(method, widened(kChange));
}

Json Admin::get(std::string_view path) const {
  const Response response = send("GET", path);
  if (response.status != 200)
    throw std::runtime_error(std::string(path) + ": " + std::to_string(response.status) + ' ' +
                             response.body);
  return Json::parse(response.body);
}

Json Admin::change(std::string_view path, const Json& body) const {
  return Json::parse(send("POST", path, body).body);
}

Json Admin::swap(std::string_view instance, const std::filesystem::path& file) const {
  return change("/v1/swap", {{"instance", instance}, {"file", file.string()}});
}

Json Admin::entry(std::uint64_t number) const {
  const Json history = get("/v1/history");
  for (const Json& change : history["changes"])
    if (change["number"] == number) return change;
  return {};
}

bool Admin::settle(milliseconds limit) const {
  return wait_until(widened(limit), [this] { return status()["epochs"].size() == 1; });
}

std::filesystem::path plugin_file(std::string_view id) {
  const std::string name = std::string(id) + ".so";
  const std::filesystem::path own =
      std::filesystem::path(evloom_binary()).parent_path().parent_path() / "lib/evloom/plugins" / name;
  return std::filesystem::exists(own) ? own : std::filesystem::path(test_plugins()) / name;
}

std::filesystem::path variant(const std::filesystem::path& file, const std::filesystem::path& folder,
                              std::uint64_t serial) {
  const std::filesystem::path copy =
      folder / (file.stem().string() + "-" + std::to_string(serial) + file.extension().string());
  write_file(copy, read_file(file) + "variant " + std::to_string(serial));
  return copy;
}

std::string replaced(std::string text, std::string_view what, std::string_view by) {
  const std::size_t at = text.find(what);
  if (at == std::string::npos) throw std::runtime_error("not in the text: " + std::string(what));
  return text.replace(at, what.size(), by);
}

void rewrite(const Evloom& evloom, std::string_view yaml_text) {
  write_file(evloom.folder() / "evloom.yaml", yaml_text);
}

std::string outcome(const Json& change) {
  return change["outcome"].get<std::string>() + ' ' + change["error"].get<std::string>();
}

std::vector<std::string> mapped_plugins(const Evloom& evloom) {
  std::istringstream maps(
      read_file("/proc/" + std::to_string(const_cast<Evloom&>(evloom).process().pid()) + "/maps"));
  std::set<std::string> files;
  for (std::string line; std::getline(maps, line);)
    if (const std::size_t at = line.find("/evloom-plugins-"); at != std::string::npos)
      files.insert(line.substr(line.rfind('/') + 1));
  return {files.begin(), files.end()};
}

}  // namespace evloom::test
