#include "instance.hpp"

#include <cstring>
#include <filesystem>

#include "evloom/abi/format.h"
#include "evloom/base.hpp"

#include "config/plugin_schema.hpp"
#include "config/validate.hpp"
#include "config/yaml.hpp"
#include "plugin/interfaces.hpp"
#include "plugin/reason.hpp"
#include "store.hpp"

namespace evl::testkit {

namespace {

std::vector<std::string> ids(std::string_view text) {
  std::vector<std::string> found;
  while (!text.empty()) {
    const std::size_t blank = std::min(text.find(' '), text.size());
    if (blank != 0) found.emplace_back(text.substr(0, blank));
    text.remove_prefix(std::min(blank + 1, text.size()));
  }
  return found;
}

evloom::config::InstanceKind kind_of(const evl_entry& entry) {
  const std::string_view interfaces = entry.interfaces;
  if (interfaces.find(EVL_STORE) != interfaces.npos) return evloom::config::InstanceKind::store;
  if (interfaces.find(EVL_FORMAT) != interfaces.npos) return evloom::config::InstanceKind::format;
  return evloom::config::InstanceKind::handler;
}

}  // namespace

InstanceImpl::InstanceImpl(Core& host, const Plugin& plugin, const Options& options, std::string name)
    : core_(host),
      code_(plugin.code_),
      plugin_label_(plugin.label()),
      file_(code_->original().string()),
      text_(evloom::plugin::Code::of(code_->path())),
      name_(std::move(name)),
      cells_(host.scheduler.loops()) {
  view_.abi = {static_cast<std::uint32_t>(sizeof(evl_host)) + core_.options.extra_bytes, EVL_ABI_VERSION,
               &InstanceImpl::get_interface};
  std::memset(view_.extra, kExtraFill, sizeof view_.extra);
  view_.self = this;
  check_options(options);
  create_object();
  try {
    read_interfaces();
  } catch (...) {
    destroy_object();
    throw;
  }
}

InstanceImpl::~InstanceImpl() = default;

std::string InstanceImpl::label() const { return "instance '" + name_ + "' of " + plugin_label_; }

InstanceImpl* InstanceImpl::of(const evl_host* host) {
  if (!host || host->get_interface != &InstanceImpl::get_interface) return nullptr;
  return reinterpret_cast<const View*>(host)->self;
}

const void* InstanceImpl::get_interface(const evl_host* host, const char* id) noexcept {
  InstanceImpl* const self = of(host);
  if (!self) return nullptr;
  if (!id) {
    self->misbehaved(Breach::bad_argument, "get_interface called without an id");
    return nullptr;
  }
  return self->core_.find_interface(id);
}

void InstanceImpl::misbehaved(Breach kind, std::string_view what) noexcept {
  const Misbehaviour one{name_, evloom::plugin::misbehaviour_name(kind),
                         evloom::plugin::blame_text(what, file_)};
  core_.note(EVL_LOG_WARN, name_, one.kind, one.text);
  const std::lock_guard lock(core_.mutex);
  core_.faults.push_back(one);
  faults_.push_back(one);
}

void InstanceImpl::threw(const char* what, const char* text) noexcept {
  misbehaved(Breach::exception, evloom::plugin::threw_text(what, text));
}

std::vector<Misbehaviour> InstanceImpl::misbehaviours() const {
  const std::lock_guard lock(core_.mutex);
  return faults_;
}

// ---- create ----------------------------------------------------------------------------------------------

void InstanceImpl::check_options(const Options& options) {
  namespace config = evloom::config;
  config::Diagnostics problems;
  const std::filesystem::path folder = options.folder().empty() ? std::filesystem::current_path()
                                                                : std::filesystem::absolute(options.folder());
  const auto source = std::make_shared<config::Source>(options.name(), options.yaml(), folder);
  const config::Node parsed = config::parse_yaml(source, problems);
  const auto schema = config::parse_plugin_schema(entry().id, kind_of(entry()), entry().options);
  if (!schema) throw Refused(schema.error().message);
  if (!problems.has_errors()) options_ = config::validate(schema->options, parsed, problems);
  if (problems.has_errors()) throw Refused(config::render(problems, false));
}

void InstanceImpl::create_object() {
  for (const std::string& id : ids(entry().needs))
    if (!core_.find_interface(id))
      throw Refused(label() + " needs " + id + ", which this host does not offer");

  evloom::plugin::Reason reason;
  plugin_.abi.size = static_cast<std::uint32_t>(sizeof(evl_plugin)) + core_.options.extra_bytes;
  const std::vector<evloom::plugin::Task> before = evloom::plugin::tasks();
  creating_ = true;
  const evl_status status = evloom::plugin::call(
      [&] {
        return entry().create(&view_.abi, reinterpret_cast<const evl_config*>(&options_), &plugin_.abi,
                              reason.error());
      },
      [&](const char* what) {
        misbehaved(Breach::exception, "create threw");
        reason.threw("create", what);
      });
  creating_ = false;
  threads_ = evloom::plugin::tasks_since(before);
  if (status != EVL_OK) throw Refused(label() + " cannot be made: " + reason.text(status));
  created_ = true;
}

void InstanceImpl::read_interfaces() {
  for (const std::string& id : ids(entry().interfaces)) {
    const evloom::plugin::InterfaceRule* const rule = evloom::plugin::interface_rule(id);
    if (!rule) continue;
    const void* theirs = nullptr;
    if (plugin_.abi.get_interface) {
      call("get_interface", [&] { theirs = plugin_.abi.get_interface(plugin_.abi.instance, rule->id); });
    }
    if (!theirs)
      throw Refused(label() + " cannot be used: its note promises " + id +
                    ", get_interface does not give it");
    auto ours = std::make_unique<std::byte[]>(rule->size);
    if (const auto copied = copy_table(*rule, theirs, ours.get()); !copied)
      throw Refused(label() + " cannot be used: " + copied.error().message);
    offered_.push_back({id, std::move(ours)});
  }
}

const void* InstanceImpl::table(const char* id) const {
  for (const Offered& offered : offered_)
    if (offered.id == id) return offered.table.get();
  return nullptr;
}

// ---- state -----------------------------------------------------------------------------------------------

evloom::plugin::StateHolder InstanceImpl::state_holder(bool in_use) {
  return {interface<evl_state>(EVL_STATE), object(), label(), in_use,
          [this](Breach kind, std::string_view what) { misbehaved(kind, what); }};
}

Saved InstanceImpl::save() {
  auto saved = evloom::plugin::save_state(state_holder(phase_ == Phase::started || in_flight() != 0),
                                          entry().id, entry().version);
  if (!saved) throw Refused(saved.error().message);
  return {std::move(saved->plugin), std::move(saved->plugin_version), saved->version,
          std::move(saved->blobs)};
}

void InstanceImpl::load(const Saved& saved) {
  const evloom::plugin::SavedState state{saved.plugin, saved.plugin_version, saved.version, saved.blobs};
  const auto loaded = evloom::plugin::load_state(state_holder(phase_ != Phase::created), state,
                                                 sizeof(evl_blob) + core_.options.extra_bytes);
  if (!loaded) throw Refused(loaded.error().message);
}

// ---- timers ----------------------------------------------------------------------------------------------

TimerImpl* InstanceImpl::start_timer(Loop& loop, std::int64_t delay, void (*fire)(void*), void* context) {
  TimerImpl* const timer = core_.take_timer();
  timer->fire = &InstanceImpl::on_timer;
  timer->owner = this;
  timer->call = fire;
  timer->context = context;
  TimerImpl*& first = cells_[loop.index].timers;
  timer->before = nullptr;
  timer->after = first;
  if (first) first->before = timer;
  first = timer;
  core_.scheduler.arm(*timer, loop, delay);
  return timer;
}

void InstanceImpl::unlink(TimerImpl& timer) {
  (timer.before ? timer.before->after : timer.owner->cells_[timer.loop->index].timers) = timer.after;
  if (timer.after) timer.after->before = timer.before;
}

void InstanceImpl::cancel_timer(TimerImpl& timer) {
  Core& core = timer.owner->core_;
  core.scheduler.disarm(timer);
  unlink(timer);
  core.give_back(&timer);
}

std::optional<std::int64_t> InstanceImpl::next_timer() const {
  std::optional<std::int64_t> first;
  for (const Cell& cell : cells_)
    for (const TimerImpl* timer = cell.timers; timer; timer = timer->after)
      if (!first || timer->due < *first) first = timer->due;
  return first;
}

void InstanceImpl::on_timer(Alarm& alarm) {
  auto& timer = static_cast<TimerImpl&>(alarm);
  InstanceImpl& owner = *timer.owner;
  const auto fire = timer.call;
  void* const context = timer.context;
  unlink(timer);
  owner.core_.give_back(&timer);
  owner.call("a timer", [&] { fire(context); });
}

// ---- what it is asked ------------------------------------------------------------------------------------

Leftovers InstanceImpl::leftovers() const {
  Leftovers left = left_;
  if (phase_ == Phase::started) {
    for (const Cell& cell : cells_)
      for (const TimerImpl* timer = cell.timers; timer; timer = timer->after) ++left.timers;
  }
  left.messages += static_cast<std::size_t>(messages.load());
  left.work += work;
  left.bytes += lent_bytes;
  return left;
}

std::int64_t InstanceImpl::metric(const std::string& name) const {
  for (const Series& one : series)
    if (one.name == name) return one.value;
  throw Refused(label() + " has registered no metric '" + name + "'");
}

const Batched& InstanceImpl::submit(std::vector<Op> ops, std::uint32_t loop) {
  answers_.push_back(std::make_unique<Batched>());
  Batched& record = *answers_.back();
  if (!table(EVL_STORE)) throw Refused(label() + " does not offer " EVL_STORE);
  if (phase_ != Phase::started) throw Refused(label() + " does not run: nothing can be submitted to it");
  Loop& on = core_.scheduler.at(loop);
  batches_.push_back(std::make_unique<Batch>(*this, on, nullptr));
  Batch& batch = *batches_.back();
  batch.add(ops, record);
  core_.scheduler.enter(on, [&] { record.status = batch.launch(); });
  record.refused = record.status != EVL_OK;
  return record;
}

evl_status InstanceImpl::health(std::string* why, std::uint32_t loop) {
  const auto* const store = interface<evl_store_backend>(EVL_STORE);
  if (!store) throw Refused(label() + " does not offer " EVL_STORE);
  evloom::plugin::Reason reason;
  evl_status status = EVL_E_INTERNAL;
  core_.scheduler.enter(core_.scheduler.at(loop), [&] {
    status = call("health", [&] { return store->health(object(), slot(loop), reason.error()); });
  });
  if (why) *why = reason.text();
  return status;
}

}  // namespace evl::testkit
