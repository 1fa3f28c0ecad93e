#include "cli/trial.hpp"

#include "evloom/abi/format.h"
#include "evloom/abi/store.h"
#include "evloom/base.hpp"

#include "config/plugin_schema.hpp"
#include "config/validate.hpp"
#include "epoch/services.hpp"
#include "plugin/admit.hpp"
#include "plugin/library.hpp"

namespace evloom::cli {

namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kLoops = 2;
constexpr std::uint32_t kWorkers = 1;
constexpr std::uint32_t kWorkQueue = 4096;
constexpr std::chrono::hours kNoLimit{24};

// Room for what a format writes, while it is tried.
class Page : public evl_writer {
 public:
  Page() : evl_writer{sizeof(evl_writer), 0, nullptr, nullptr, &Page::more, {}} {}

 private:
  static evl_status more(evl_writer* writer, std::size_t need) noexcept {
    Page& page = *static_cast<Page*>(writer);
    const auto used = static_cast<std::size_t>(page.cursor ? page.cursor - page.bytes_.data() : 0);
    if (need > kMost - used) return EVL_E_LIMIT;
    page.bytes_.resize(2 * (used + need));
    page.cursor = page.bytes_.data() + used;
    page.limit = page.bytes_.data() + page.bytes_.size();
    return EVL_OK;
  }
  static constexpr std::size_t kMost = std::size_t{1} << 20;
  std::vector<char> bytes_;
};

evl_field field(std::string_view name, std::string_view label, std::string_view sentence = {}) {
  return {sizeof(evl_field), 0, evl::bytes(name), evl::bytes(label), evl::bytes(sentence)};
}
evl_value value(evl_value_kind kind, std::int64_t integer = 0, std::string_view text = {}) {
  return {sizeof(evl_value), kind, integer, 0.5, evl::bytes(text)};
}

// Calls of one plugin's functions; remembers what went wrong first.
class Calls {
 public:
  template <typename Body>
  void call(const char* what, Body body) {
    if (!why_.empty()) return;
    const evl_status status = plugin::call(
        [&] { return body(); }, [&](const char* text) { why_ = std::string(what) + " threw: " + text; });
    if (status != EVL_OK && why_.empty()) why_ = std::string(what) + " failed: " + evl::status_name(status);
  }
  const std::string& why() const { return why_; }

 private:
  std::string why_;
};

// Every function of a format, every kind of value.
std::string render(const evl_format& format, void* object, void* slot) {
  Page page;
  Calls calls;
  const evl_field name = field("name", "Name");
  const evl_field said = field("name", "Name", "A sentence.");
  const evl_value values[] = {value(EVL_VALUE_TEXT, 0, "text \"with\" <signs> & bytes \xff"),
                              value(EVL_VALUE_DIGITS, 0, "60310"), value(EVL_VALUE_INTEGER, -1)};
  const auto put = [&](const evl_field& key, const evl_value& one) {
    calls.call("field", [&] { return format.field(object, slot, &page, &key, &one); });
  };
  const auto end = [&] { calls.call("end", [&] { return format.end(object, slot, &page); }); };
  calls.call("begin", [&] { return format.begin(object, slot, &page); });
  put(name, value(EVL_VALUE_NULL));
  put(said, value(EVL_VALUE_BOOLEAN, 1));
  put(name, value(EVL_VALUE_NUMBER));
  for (const evl_value& one : values) put(name, one);
  calls.call("list", [&] { return format.list(object, slot, &page, &name); });
  calls.call("items", [&] { return format.items(object, slot, &page, values, std::size(values)); });
  end();
  calls.call("record", [&] { return format.record(object, slot, &page, &name); });
  put(name, values[0]);
  calls.call("list", [&] { return format.list(object, slot, &page, &said); });
  end();
  end();
  end();
  return calls.why();
}

// Whatever it says is good, as long as it says it.
std::string ask_health(const evl_store_backend& store, void* object, void* slot) {
  Calls calls;
  char text[1024] = "";
  evl_error error{sizeof error, sizeof text, text};
  calls.call("health", [&] {
    std::ignore = store.health(object, slot, &error);
    return EVL_OK;
  });
  return calls.why();
}

}  // namespace

Trial::Trial(std::shared_ptr<plugin::Vault> vault, Announce announce)
    : vault_(std::move(vault)),
      announce_(std::move(announce)),
      metrics_(kLoops),
      workers_(kWorkers, kWorkQueue) {}

Result<std::unique_ptr<Trial>> Trial::prepare(std::shared_ptr<plugin::Vault> vault, Announce announce) {
  std::unique_ptr<Trial> trial(new Trial(std::move(vault), std::move(announce)));
  observe::LogOptions quiet;
  quiet.level = observe::Level::kOff;
  auto log = observe::Log::create(quiet);
  if (!log) return log.error();
  trial->log_ = std::move(*log);
  auto pool = loop::Pool::start(kLoops);
  if (!pool) return pool.error();
  trial->pool_ = std::move(*pool);
  plugin::add_base_services(trial->services_);
  epoch::add_request_services(trial->services_);
  trial->context_ = std::make_unique<plugin::HostContext>(plugin::HostContext{
      *trial->log_, trial->metrics_, *trial->pool_, trial->workers_, trial->services_, trial->slots_});
  return trial;
}

Status Trial::run(const config::Instance& config, const fs::path& file, const fs::path& scratch) {
  announce_(config.name, "load");
  auto admitted = plugin::admit(vault_, file);
  if (!admitted) return admitted.error();
  const plugin::PluginFacts& facts = (*admitted)->facts();
  auto schema = config::parse_plugin_schema(facts.id, config.kind, facts.options_schema);
  if (!schema) return schema.error();
  config::Diagnostics diagnostics;
  config::Node options = config::validate(schema->options, config.options, diagnostics, config.where());
  if (diagnostics.has_errors()) return Error{config::render(diagnostics, false)};
  options = config::with_scratch(schema->options, options, scratch.string());
  for (const std::string& path : config::exclusive_paths(schema->options, options)) {
    std::error_code error;
    fs::create_directories(fs::path(path).parent_path(), error);
    if (error) return Error{"cannot make the folder of '" + path + "': " + error.message()};
  }

  auto loaded = plugin::Library::load(std::move(*admitted));
  if (!loaded) return loaded.error();
  std::shared_ptr<plugin::Library> library = std::move(*loaded);

  announce_(config.name, "create");
  auto made = plugin::Instance::create({config.name, library, std::move(options)}, *context_);
  if (!made) return made.error();
  if (Status status = live(std::move(*made)); !status) return status;

  announce_(config.name, "unload");
  const plugin::UnloadResult unloaded = plugin::Library::unload(std::move(library));
  if (unloaded.left_behind) return Error{"its code could not be unmapped: " + unloaded.reason};
  if (!unloaded.unmapped) warnings_.push_back(config.name + ": its code stays mapped: " + unloaded.reason);
  return {};
}

Status Trial::live(std::shared_ptr<plugin::Instance> instance) {
  const std::string name = instance->name();
  announce_(name, "thread_start");
  if (Status status = instance->start(kNoLimit); !status) return status;

  announce_(name, "self-test");
  if (Status status = test(*instance); !status) return status;

  announce_(name, "thread_stop");
  instance->drain();
  if (Status status = instance->stop(kNoLimit); !status) return status;

  announce_(name, "destroy");
  for (std::size_t i = 0; i < static_cast<std::size_t>(plugin::Misbehaviour::count_); ++i) {
    const auto kind = static_cast<plugin::Misbehaviour>(i);
    if (const std::uint64_t count = instance->misbehaviours(kind); count != 0)
      warnings_.push_back(name + ": misbehaved (" + plugin::misbehaviour_name(kind) + ") " +
                          std::to_string(count) + (count == 1 ? " time" : " times"));
  }
  instance.reset();
  return {};
}

Status Trial::test(plugin::Instance& instance) {
  const auto* format = instance.interface<evl_format>();
  const auto* store = instance.interface<evl_store_backend>();
  std::vector<std::string> reasons(kLoops);
  pool_->run_everywhere(
      [&](loop::Loop& loop) {
        std::string& why = reasons[loop.index()];
        if (format) why = render(*format, instance.object(), instance.slot(loop));
        if (store && why.empty()) why = ask_health(*store, instance.object(), instance.slot(loop));
      },
      kNoLimit);
  for (const std::string& why : reasons)
    if (!why.empty()) return Error{instance.label() + ": " + why};
  return {};
}

}  // namespace evloom::cli
