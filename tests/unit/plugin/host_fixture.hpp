// A host without HTTP: loops, workers, log, metrics and services, and what it takes to make instances in it.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <functional>
#include <memory>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

#include "evloom/abi/config.h"
#include "evloom/abi/format.h"
#include "evloom/abi/loop.h"
#include "evloom/abi/request.h"
#include "evloom/abi/store.h"
#include "evloom/base.hpp"

#include "config/plugin_schema.hpp"
#include "config/validate.hpp"
#include "config/yaml.hpp"
#include "loop/loop.hpp"
#include "loop/pool.hpp"
#include "loop/workers.hpp"
#include "observe/log.hpp"
#include "observe/metrics.hpp"
#include "plugin/admit.hpp"
#include "plugin/instance.hpp"
#include "plugin/library.hpp"
#include "plugin/services.hpp"

namespace evloom::plugin {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

inline fs::path bad(const std::string& name) { return fs::path(EVLOOM_TEST_PLUGINS) / (name + ".so"); }
inline fs::path shipped(const std::string& name) { return fs::path(EVLOOM_PLUGINS) / (name + ".so"); }

// A folder of the test's own, removed at its end.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = (fs::temp_directory_path() / "evloom-test-XXXXXX").string();
    if (::mkdtemp(name.data())) path_ = name;
  }
  ~TemporaryFolder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  const fs::path& path() const { return path_; }
  fs::path operator/(const std::string& name) const { return path_ / name; }

 private:
  fs::path path_;
};

inline std::string slurp(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

// Waits for something that another thread brings about.
inline bool eventually(const std::function<bool()>& condition, std::chrono::seconds limit = 10s) {
  const auto until = std::chrono::steady_clock::now() + limit;
  while (!condition()) {
    if (std::chrono::steady_clock::now() >= until) return false;
    std::this_thread::sleep_for(1ms);
  }
  return true;
}

class HostTest : public ::testing::Test {
 protected:
  static constexpr std::uint32_t kLoops = 3;

  HostTest() : vault_(Vault::open(folder_.path()).value()) {
    observe::LogOptions options;
    options.output = log_file().string();
    options.level = observe::Level::kTrace;
    log_ = observe::Log::create(options).value();
    registry_ = std::make_unique<observe::Registry>(kLoops);
    pool_ = loop::Pool::start(kLoops).value();
    workers_ = std::make_unique<loop::Workers>(2, 4);
    add_base_services(services_);
    services_.add(EVL_HOST_REQUEST, &request_);
    services_.add(EVL_HOST_STORE, &store_);
    services_.add(EVL_HOST_RENDER, &render_);
    context_ =
        std::make_unique<HostContext>(HostContext{*log_, *registry_, *pool_, *workers_, services_, slots_});
  }

  fs::path log_file() const { return folder_ / "log"; }
  std::string log_text() {
    log_->flush();
    return slurp(log_file());
  }
  // The steps that the probe has written, separated by blanks.
  std::string journal() const {
    std::string text = slurp(folder_ / "journal");
    for (char& c : text)
      if (c == '\n') c = ';';
    return text;
  }

  Result<std::shared_ptr<Library>> load(const fs::path& file) {
    auto admitted = admit(vault_, file);
    if (!admitted) return admitted.error();
    return Library::load(std::move(*admitted));
  }

  // Options as the configuration would give them: `yaml` checked against the plugin's schema.
  config::Node options(const Library& library, const std::string& yaml) {
    config::Diagnostics problems;
    auto source = std::make_shared<config::Source>("test.yaml", yaml, folder_.path());
    const config::Node parsed = config::parse_yaml(source, problems);
    auto schema = config::parse_plugin_schema(library.facts().id, config::InstanceKind::handler,
                                              library.facts().options_schema);
    EXPECT_TRUE(schema.ok()) << schema.error().message;
    const config::Node checked = config::validate(schema->options, parsed, problems);
    EXPECT_FALSE(problems.has_errors()) << config::render(problems, false);
    return checked;
  }

  Result<std::shared_ptr<Instance>> make(const fs::path& file, const std::string& yaml = "{}",
                                         const std::string& name = "mine") {
    auto library = load(file);
    if (!library) return library.error();
    config::Node checked = options(**library, yaml);
    return Instance::create({name, std::move(*library), std::move(checked)}, *context_);
  }

  // Runs `body` on a loop and waits for it.
  void on_loop(std::uint32_t index, std::function<void(loop::Loop&)> body) {
    ASSERT_TRUE(pool_->run_on(index, std::move(body), 10s));
  }

  TemporaryFolder folder_;
  std::shared_ptr<Vault> vault_;
  std::unique_ptr<observe::Log> log_;
  std::unique_ptr<observe::Registry> registry_;
  std::unique_ptr<loop::Pool> pool_;
  std::unique_ptr<loop::Workers> workers_;
  Services services_;
  SlotNumbers slots_{loop::Loop::kSlots};
  std::unique_ptr<HostContext> context_;
  evl_request_access request_{};
  evl_store_access store_{};
  evl_render_access render_{};
};

}  // namespace evloom::plugin
