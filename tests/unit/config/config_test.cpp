// From the file to the typed value, and the rules that the table cannot say.
#include "config/config.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "config/rules.hpp"
#include "config/validate.hpp"
#include "support.hpp"

namespace evloom::config {
namespace {

using std::chrono::seconds;

std::shared_ptr<const Config> good(const std::string& text) {
  LoadResult result = test::load(text);
  EXPECT_TRUE(result.ok()) << render(result.diagnostics, false);
  return result.config;
}

// The faults as "line:column message", one a line.
std::string faults(const std::string& text) {
  const LoadResult result = test::load(text);
  std::string out;
  for (const Diagnostic& found : result.diagnostics.list()) {
    out += std::to_string(found.position.line) + ":" + std::to_string(found.position.column()) + " " +
           found.message + "\n";
  }
  return out;
}

TEST(Config, HasDefaultsForAllButRoutes) {
  const auto config = good(test::kValid);
  ASSERT_TRUE(config);
  EXPECT_EQ(config->threads, 0U);
  ASSERT_EQ(config->listen.size(), 1U);
  EXPECT_EQ(config->listen[0].http->to_string(), "127.0.0.1:9090");
  EXPECT_EQ(config->listen[0].backlog, 1024);
  EXPECT_TRUE(config->plugin_path.empty());
  EXPECT_EQ(config->limits.head_timeout, seconds(10));
  EXPECT_EQ(config->limits.body_timeout, seconds(30));
  EXPECT_EQ(config->limits.reply_timeout, seconds(5));
  EXPECT_EQ(config->limits.idle_timeout, seconds(60));
  EXPECT_EQ(config->limits.head_bytes, 16U * 1024);
  EXPECT_EQ(config->limits.headers, 100U);
  EXPECT_EQ(config->limits.body_bytes, 1024U * 1024);
  EXPECT_EQ(config->limits.connections, 10'000U);
  EXPECT_EQ(config->limits.requests_per_connection, 0U);
  EXPECT_FALSE(config->admin.on);
  EXPECT_EQ(config->root.get("admin").type(), Node::Type::none);
  EXPECT_EQ(config->epochs.preflight_timeout, seconds(10));
  EXPECT_EQ(config->epochs.hold_timeout, seconds(2));
  EXPECT_EQ(config->epochs.drain_timeout, seconds(30));
  EXPECT_EQ(config->epochs.rollback_window, seconds(60));
  EXPECT_FALSE(config->epochs.canary);
  EXPECT_EQ(config->shutdown_timeout, seconds(10));
  EXPECT_EQ(config->log.level, LogLevel::info);
  EXPECT_EQ(config->log.format, LogFormat::text);
  EXPECT_EQ(config->log.output, "stderr");
  EXPECT_FALSE(config->log.access);
  EXPECT_TRUE(config->log.modules.empty());
  EXPECT_EQ(config->work_threads, 2U);

  ASSERT_EQ(config->routes.size(), 1U);
  EXPECT_EQ(config->routes[0].methods, std::vector<std::string>{"GET"});
  EXPECT_EQ(config->routes[0].formats, (std::vector<std::string>{"text", "json"}));
  EXPECT_EQ(config->routes[0].position.to_string(), "e.yaml:1:17");
  ASSERT_EQ(config->instances.size(), 3U);
  EXPECT_TRUE(config->instances[0].implied);
  EXPECT_EQ(config->instances[0].plugin, "stats");
  EXPECT_EQ(config->instances[0].position.to_string(), "e.yaml:1:29");
  EXPECT_TRUE(config->instances[0].options.is_map());
  EXPECT_EQ(config->instance("json")->kind, InstanceKind::format);
  EXPECT_EQ(config->instance("none"), nullptr);
}

TEST(Config, ReadsEverySection) {
  const auto config = good(R"(
threads: 4
listen:
  - { http: "[::1]:0", backlog: 7 }
  - { unix: run/http.sock, mode: 0600 }
  - { unix: /tmp/other.sock }
admin: { unix: run/admin.sock, mode: 0600 }
plugins: { path: [more, /abs/../abs/plugins] }
handlers:
  visits: { plugin: stats, window: 10s }
stores:
  counters: { plugin: redis, host: 127.0.0.1, timeout: 250ms, queue: 5 }
formats: [text, { plugin: json, name: pretty, indent: 2 }, { plugin: json }]
routes:
  - { path: "/", methods: [GET, POST], handler: visits, store: counters, formats: [pretty] }
  - { path: "/user/{id}/x", handler: hello }
  - { path: "/static/*", handler: hello }
  - { path: "/readyz", builtin: ready }
limits: { head_bytes: 8KiB, body_bytes: 0, requests_per_connection: 1000 }
epochs:
  preflight_timeout: 1s
  hold_timeout: 20ms
  drain_timeout: 0s
  rollback_window: 5m
  canary: { requests: 10, timeout: 3s, errors: 0.5%, p99: 1.5x }
shutdown: { timeout: 0s }
log: { level: warn, format: json, output: logs/e.log, access: true, modules: { http: debug, counters: off } }
work: { threads: 3 }
)");
  ASSERT_TRUE(config);
  EXPECT_EQ(config->threads, 4U);
  ASSERT_EQ(config->listen.size(), 3U);
  EXPECT_EQ(config->listen[0].http->host, "::1");
  EXPECT_TRUE(config->listen[0].http->ipv6);
  EXPECT_EQ(config->listen[0].backlog, 7);
  EXPECT_EQ(config->listen[1].unix_path, "/etc/evloom/run/http.sock");
  EXPECT_EQ(config->listen[1].mode, 0600U);
  EXPECT_EQ(config->listen[2].mode, 0660U);
  EXPECT_FALSE(config->listen[2].http);
  ASSERT_EQ(config->plugin_path.size(), 2U);
  EXPECT_EQ(config->plugin_path[0], "/etc/evloom/more");
  EXPECT_EQ(config->plugin_path[1], "/abs/plugins");

  const Instance* counters = config->instance("counters");
  ASSERT_NE(counters, nullptr);
  EXPECT_EQ(counters->timeout, std::chrono::milliseconds(250));
  EXPECT_EQ(counters->queue, 5U);
  EXPECT_EQ(counters->where(), "stores.counters");
  ASSERT_EQ(counters->options.entries().size(), 1U);
  EXPECT_EQ(counters->options.get("host").text(), "127.0.0.1");
  EXPECT_EQ(counters->options.get("host").position().to_string(), "e.yaml:12:36");
  EXPECT_EQ(config->instance("visits")->options.get("window").text(), "10s");
  EXPECT_EQ(config->instance("pretty")->plugin, "json");
  EXPECT_EQ(config->instance("pretty")->options.entries().size(), 1U);
  EXPECT_NE(config->instance("json"), nullptr);
  EXPECT_TRUE(config->instance("hello")->implied);

  ASSERT_EQ(config->routes.size(), 4U);
  EXPECT_EQ(config->routes[0].handler, "visits");
  EXPECT_EQ(config->routes[0].store, "counters");
  EXPECT_EQ(config->routes[0].formats, std::vector<std::string>{"pretty"});
  EXPECT_EQ(config->routes[1].formats, (std::vector<std::string>{"text", "pretty", "json"}));
  EXPECT_EQ(config->routes[3].builtin, Builtin::ready);
  EXPECT_TRUE(config->routes[3].handler.empty());
  EXPECT_EQ(config->limits.head_bytes, 8192U);
  EXPECT_EQ(config->limits.body_bytes, 0U);
  EXPECT_TRUE(config->admin.on);
  EXPECT_EQ(config->admin.unix_path, "/etc/evloom/run/admin.sock");
  EXPECT_EQ(config->admin.mode, 0600U);
  EXPECT_EQ(config->admin.position.to_string(), "e.yaml:7:16");
  EXPECT_FALSE(config->admin.http);
  EXPECT_EQ(config->epochs.preflight_timeout, seconds(1));
  EXPECT_EQ(config->epochs.hold_timeout, std::chrono::milliseconds(20));
  EXPECT_EQ(config->epochs.drain_timeout, seconds(0));
  EXPECT_EQ(config->epochs.rollback_window, seconds(300));
  ASSERT_TRUE(config->epochs.canary);
  EXPECT_EQ(config->epochs.canary->requests, 10U);
  EXPECT_EQ(config->epochs.canary->timeout, seconds(3));
  EXPECT_EQ(config->epochs.canary->errors_percent, 0.5);
  EXPECT_EQ(config->epochs.canary->p99_factor, 1.5);
  EXPECT_EQ(config->shutdown_timeout, seconds(0));
  EXPECT_EQ(config->log.level, LogLevel::warn);
  EXPECT_EQ(config->log.output, "/etc/evloom/logs/e.log");
  ASSERT_EQ(config->log.modules.size(), 2U);
  EXPECT_EQ(config->log.modules[1], (std::pair<std::string, LogLevel>("counters", LogLevel::off)));
  EXPECT_EQ(config->work_threads, 3U);
}

TEST(Config, ARouteMayNameFurtherStoresByRole) {
  const auto config = good(
      "stores: { a: { plugin: memory }, b: { plugin: memory } }\n"
      "routes: [{ path: /, handler: stats, store: a, stores: { audit: b, again: a } }]\n");
  ASSERT_TRUE(config);
  const std::vector<std::pair<std::string, std::string>> expected = {{"audit", "b"}, {"again", "a"}};
  EXPECT_EQ(config->routes[0].stores, expected);
  EXPECT_EQ(test::report("stores: { counters: { plugin: memory } }\n"
                         "routes: [{ path: /, handler: stats, stores: { audit: countres } }]\n"),
            R"(e.yaml:2:54: error: routes[0].stores.audit: unknown store "countres"
    2 | routes: [{ path: /, handler: stats, stores: { audit: countres } }]
      |                                                      ^~~~~~~~
      = did you mean "counters"?
)");
}

TEST(Config, AnEmptyCanaryTakesTheDefaults) {
  const auto config = good(test::kValid + "epochs: { canary: {} }\n");
  ASSERT_TRUE(config && config->epochs.canary);
  EXPECT_EQ(config->epochs.canary->requests, 200U);
  EXPECT_EQ(config->epochs.canary->timeout, seconds(10));
  EXPECT_EQ(config->epochs.canary->errors_percent, 1.0);
  EXPECT_EQ(config->epochs.canary->p99_factor, 2.0);
}

TEST(Config, AdminOverTcpHasATokenThatIsNeverShown) {
  const std::string token = "AZaz09-._~+/16==";
  const auto config = good(test::kValid + "admin: { http: \"127.0.0.1:9091\", token: \"" + token + "\" }\n");
  ASSERT_TRUE(config);
  EXPECT_TRUE(config->admin.on);
  EXPECT_EQ(config->admin.http->to_string(), "127.0.0.1:9091");
  EXPECT_EQ(config->admin.token, token);
  EXPECT_TRUE(config->admin.unix_path.empty());
  EXPECT_EQ(dump(config->root).find(token), std::string::npos);
  EXPECT_NE(dump(config->root).find("token: \"***\""), std::string::npos) << dump(config->root);
}

TEST(Config, IsTheSameAgainFromItsSource) {
  const std::map<std::string, std::string> values = {{"NAME", "counters"}, {"SECRET", "hunter2"}};
  const LoadResult first = test::load(
      "stores: {counters: {plugin: redis, password: \"${SECRET}\"}}\nlog: {output: x.log}\n"
      "routes: [{path: /, handler: stats, store: \"${NAME}\"}]\n",
      values);
  ASSERT_TRUE(first.ok()) << render(first.diagnostics, false);
  const Source& source = *first.config->source;
  EXPECT_EQ(source.text().find("hunter2"), std::string::npos);
  const LoadResult again =
      load_text(source.name(), source.text(), source.base_dir(), test::variables(values));
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again.config->root.equal(first.config->root));
  EXPECT_EQ(again.config->file, first.config->file);
  EXPECT_EQ(again.config->log.output, "/etc/evloom/x.log");
  EXPECT_EQ(again.config->routes[0].position.to_string(), first.config->routes[0].position.to_string());
}

TEST(Config, DumpsWhatItLoadsAgain) {
  const auto config =
      good(test::kValid + "listen: [{unix: s}]\nstores: {a: {plugin: b, text: \"1\", list: [1, {x: y}]}}\n");
  ASSERT_TRUE(config);
  const LoadResult again = test::load(dump(config->root));
  ASSERT_TRUE(again.ok()) << dump(config->root) << render(again.diagnostics, false);
  EXPECT_EQ(dump(config->root), dump(again.config->root));
}

TEST(Rules, RefuseNamesThatReferToNothing) {
  EXPECT_EQ(faults("stores: {counters: {plugin: memory}}\n"
                   "routes:\n"
                   "  - { path: /a, handler: h, store: conters, formats: [text, xml] }\n"
                   "  - { path: /b, handler: h, store: counters, formats: [json, json] }\n"
                   "log: { modules: { htp: debug, counters: off, text: debug } }\n"),
            "3:36 routes[0].store: unknown store \"conters\"\n"
            "3:61 routes[0].formats: unknown format \"xml\"\n"
            "4:62 routes[1].formats: \"json\" is doubled\n"
            "5:19 log.modules: unknown module \"htp\"\n");
}

TEST(Rules, DoNotCallABrokenInstanceUnknown) {
  EXPECT_EQ(
      faults("stores: {counters: {plugn: memory}}\nroutes: [{path: /a, handler: h, store: counters}]\n"),
      "1:20 missing key \"plugin\" in stores.counters\n");
  EXPECT_EQ(faults("formats: [text, 5]\nroutes: [{path: /a, handler: h, formats: [x]}]\n").substr(0, 5),
            "1:17 ");
}

TEST(Rules, RefuseDoubledRoutes) {
  EXPECT_EQ(faults("routes:\n"
                   "  - { path: \"/x/{a}\", handler: h }\n"
                   "  - { path: \"/x/{b}\", handler: h, methods: [POST, GET] }\n"
                   "  - { path: /x/y, handler: h }\n"
                   "  - { path: /x/*, handler: h }\n"
                   "  - { path: /x/y, builtin: live }\n"
                   "  - { path: /z, handler: h, methods: [PUT, PUT] }\n"),
            "3:13 routes[1].path: \"/x/{b}\" is already routed for GET\n"
            "6:13 routes[4].path: \"/x/y\" is already routed for GET\n"
            "7:44 routes[5].methods: \"PUT\" is doubled\n");
}

TEST(Rules, RefuseDoubledListenersButNotPortZero) {
  EXPECT_EQ(
      faults(test::kValid + "listen: [{http: \"127.0.0.1:0\"}, {http: \"127.0.0.1:0\"}, {http: \"[::]:1\"},\n"
                            "  {http: \"[::]:1\"}, {unix: a/../b}, {unix: b}]\n"),
      "3:10 listen: this address is doubled\n"
      "3:44 listen: this address is doubled\n");
}

TEST(Rules, RefuseAnAdminAddressThatClientsHave) {
  EXPECT_EQ(faults(test::kValid + "listen: [{unix: a/../b}]\nadmin: {unix: b}\n"),
            "3:15 admin: this address is doubled\n");
}

TEST(Rules, KnowWhatAdminNeeds) {
  const std::string token = "token: \"0123456789abcdef\"";
  EXPECT_EQ(faults(test::kValid + "admin: {}\n"),
            "2:8 missing one of the keys \"unix\" or \"http\" in admin\n");
  EXPECT_EQ(faults(test::kValid + "admin: {unix: a, http: \"[::1]:1\", " + token + "}\n"),
            "2:18 admin: the keys \"unix\" and \"http\" exclude each other\n");
  EXPECT_EQ(faults(test::kValid + "admin: {http: \"[::1]:1\"}\n"),
            "2:9 admin.http goes only together with the key \"token\"\n");
  EXPECT_EQ(faults(test::kValid + "admin: {unix: a, " + token + "}\n"),
            "2:18 admin.token goes only with the key \"http\"\n");
  EXPECT_EQ(faults(test::kValid + "admin: {http: \"[::1]:1\", token: \"0123456789 abcdef\"}\n"),
            "2:33 admin.token: there is a character in it that cannot stand in a header\n");
  EXPECT_EQ(faults(test::kValid + "admin: {http: \"[::1]:1\", token: \"0123456789=abcdef\"}\n"),
            "2:33 admin.token: there is a character in it that cannot stand in a header\n");
}

TEST(Rules, KeepNamesApart) {
  EXPECT_EQ(
      faults("handlers: {one: {plugin: a}, http: {plugin: b}, admin: {plugin: b}, change: {plugin: b}}\n"
             "stores: {one: {plugin: c}, stats: {plugin: d}}\n"
             "formats: [text, text, {plugin: json, name: one}]\n"
             "routes: [{path: /, handler: stats}]\n"),
      "1:30 the handler cannot be named \"http\": a part of the host bears that name\n"
      "1:49 the handler cannot be named \"admin\": a part of the host bears that name\n"
      "1:69 the handler cannot be named \"change\": a part of the host bears that name\n"
      "2:10 the name \"one\" of this store is that of a handler, too\n"
      "2:28 the name \"stats\" of this store is that of a handler, too\n"
      "3:17 formats: the name \"text\" is doubled\n"
      "3:44 the name \"one\" of this format is that of a handler, too\n");
}

TEST(Rules, KnowThePathsOfRoutes) {
  for (const std::string path :
       {"/", "/x", "/x/", "/x/{name}", "/{a}/{b_2}", "/x/*", "/*", "/a-b.c~d/e:f@g", "/é"}) {
    EXPECT_EQ(route_path_fault(path), "") << path;
  }
  for (const std::string path :
       {"",     "x",     "//",     "/x//y", "/x/./y", "/x/..",    "/.",   "/{}", "/{a",
        "/a}",  "/x{a}", "/{a}x",  "/{1}",  "/{a-b}", "/{a}/{a}", "/*/x", "/x*", "/**",
        "/x?y", "/x#y",  "/x%20y", "/x y",  "/x\"y",  "/{",       "/}"}) {
    EXPECT_NE(route_path_fault(path), "") << path;
  }
  EXPECT_EQ(route_path_shape("/x/{name}/*"), "/x/{}/*");
}

TEST(Rules, DoNotShowNamesFromTheEnvironment) {
  const std::string report = test::report(
      "handlers: {hunter2: {plugin: x}}\nstores: {\"s\": {plugin: \"${A}\"}}\nformats: [\"${A}\", \"${A}\"]\n"
      "routes: [{path: \"${P}\", handler: \"${A}\", store: \"${A}\", formats: [\"${A}\", \"nope\"]}, {path: "
      "/, handler: \"${B}\"}]\n",
      {{"A", "swordfish"}, {"P", "/x{swordfish}"}, {"B", "s"}});
  EXPECT_EQ(report.find("swordfish"), std::string::npos) << report;
  EXPECT_NE(report.find("***"), std::string::npos) << report;
}

class OnDisk : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = (std::filesystem::temp_directory_path() / "evloom-config-XXXXXX").string();
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string fault(const std::filesystem::path& file) {
    return render(config::load(file, test::variables({})).diagnostics, false);
  }

  std::filesystem::path folder_;
};

TEST_F(OnDisk, RelativePathsStartAtTheFolderOfTheFile) {
  std::filesystem::create_directory(folder_ / "sub");
  std::ofstream(folder_ / "sub" / "e.yaml") << test::kValid << "log: { output: ../x.log }\n";
  const LoadResult result = config::load(folder_ / "sub" / "e.yaml", test::variables({}));
  ASSERT_TRUE(result.ok()) << render(result.diagnostics, false);
  EXPECT_EQ(result.config->log.output, (folder_ / "x.log").string());
  EXPECT_EQ(result.config->file, folder_ / "sub" / "e.yaml");
}

TEST_F(OnDisk, WhatCannotBeReadIsSaid) {
  EXPECT_EQ(fault(folder_ / "none.yaml"),
            (folder_ / "none.yaml").string() + ": error: cannot open the file: No such file or directory\n");
  EXPECT_EQ(fault(folder_), folder_.string() + ": error: this is a folder, not a file\n");
  std::ofstream(folder_ / "big.yaml") << std::string(2'000'000, '#');
  EXPECT_EQ(fault(folder_ / "big.yaml"),
            (folder_ / "big.yaml").string() + ": error: the file is larger than 1048576 bytes\n");
}

}  // namespace
}  // namespace evloom::config
