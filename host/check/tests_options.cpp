// The plugin's options, by its own schema: each key of a wrong type, missing, and at its bounds, and one that
// nobody knows. The host refuses what the schema forbids; what it allows, create takes or refuses with a
// reason.
#include <algorithm>

#include "check/test.hpp"

namespace evloom::check {

namespace {

using config::Kind;
using config::Schema;

constexpr std::int64_t kMostText = 4096;  // bytes of a string that is tried

std::string quoted(std::size_t size) { return '"' + std::string(size, 'x') + '"'; }

// What the key must not hold; empty: it may hold anything.
std::string wrong_type(const Schema& key) {
  switch (key.kind) {
    case Kind::any:
    case Kind::one_of:
      return {};
    case Kind::map:
    case Kind::list:
      return "7";
    default:
      return "{ not: this }";
  }
}

// What the key may hold at its utmost.
std::vector<std::string> extremes(const Schema& key) {
  std::vector<std::string> values = key.words;
  switch (key.kind) {
    case Kind::boolean:
      return {"true", "false"};
    case Kind::integer:
    case Kind::size:
      if (key.min) values.push_back(std::to_string(*key.min));
      if (key.max) values.push_back(std::to_string(*key.max));
      break;
    case Kind::duration:
      if (key.min && *key.min % 1'000'000 == 0) values.push_back(std::to_string(*key.min / 1'000'000) + "ms");
      if (key.max && *key.max % 1'000'000 == 0) values.push_back(std::to_string(*key.max / 1'000'000) + "ms");
      break;
    case Kind::number:
      if (key.min_number) values.push_back(std::to_string(*key.min_number));
      if (key.max_number) values.push_back(std::to_string(*key.max_number));
      break;
    case Kind::string:
      values.push_back(quoted(static_cast<std::size_t>(key.min.value_or(0))));
      values.push_back(quoted(static_cast<std::size_t>(std::min(key.max.value_or(kMostText), kMostText))));
      break;
    default:
      break;
  }
  return values;
}

// The options as given with one key set to a value, or taken out ("").
config::Node with(const config::Node& given, const std::string& key, const config::Node& value) {
  config::Node::Data data = given.data();
  std::erase_if(data.entries, [&](const config::Entry& entry) { return entry.key == key; });
  if (value) data.entries.push_back({key, value.position(), value});
  return config::Node(std::move(data));
}

class Options {
 public:
  Options(Run& run, Stage& stage, std::shared_ptr<plugin::Library> library)
      : run_(run), stage_(stage), library_(std::move(library)) {}

  Status check_key(const Schema& key) {
    const std::string wrong = wrong_type(key);
    if (!wrong.empty()) {
      if (Status status = refused(key.name, wrong, "a value of a wrong type"); !status) return status;
    }
    if (Status status = key.required ? refused(key.name, "", "its absence, though the schema requires it")
                                     : taken(key.name, "");
        !status)
      return status;
    for (const std::string& value : extremes(key))
      if (Status status = taken(key.name, value); !status) return status;
    return {};
  }
  Status check_unknown() { return refused("evloom_check_unknown", "1", "a key that nobody knows"); }

 private:
  Result<config::Node> made(const std::string& key, const std::string& yaml) {
    config::Node value;
    if (!yaml.empty()) {
      auto parsed = run_.subject.parse(yaml);
      if (!parsed) return parsed.error();
      value = std::move(*parsed);
    }
    return run_.subject.options(with(run_.subject.given(), key, value));
  }

  Status refused(const std::string& key, const std::string& yaml, const std::string& what) {
    if (made(key, yaml)) return Error{"option '" + key + "': its schema allows " + what};
    return {};
  }

  // Validated, create makes an instance of it or says why not. One that is made is destroyed again.
  Status taken(const std::string& key, const std::string& yaml) {
    const std::string what =
        yaml.empty() ? "option '" + key + "' left out"
                     : "option '" + key + "' = " + (yaml.size() > 40 ? yaml.substr(0, 40) + "..." : yaml);
    auto options = made(key, yaml);
    if (!options) return {};  // two bounds that contradict each other, say
    run_.step("create with " + what);
    auto instance = run_.subject.create(library_, stage_, std::move(*options));
    if (!instance) {
      const std::string& why = instance.error().message;
      if (why.find(" threw: ") != std::string::npos) return Error{what + ": " + why};
      if (why.find("it gives no reason") != std::string::npos)
        return Error{
            what +
            ": create refuses it without a reason; write it into `error`, or use evl_config_reader::reject"};
      return {};
    }
    const std::string wrong = misbehaviours(**instance);
    run_.step("destroy with " + what);
    instance->reset();
    if (!wrong.empty()) return Error{what + ": it misbehaved: " + wrong};
    return {};
  }

  Run& run_;
  Stage& stage_;
  std::shared_ptr<plugin::Library> library_;
};

}  // namespace

Verdict test_options(Run& run) {
  const Schema& schema = run.subject.schema();
  auto stage = Stage::set(1);
  if (!stage) return failed(stage.error().message);
  auto library = run.subject.load(run.vault);
  if (!library) return failed(library.error().message);
  Options options(run, **stage, std::move(*library));
  if (!schema.open)
    if (Status status = options.check_unknown(); !status) return failed(status.error().message);
  for (const Schema& key : schema.keys)
    if (Status status = options.check_key(key); !status) return failed(status.error().message);
  std::vector<std::string> notes;
  if (schema.open) notes.push_back("its schema allows additional properties: a mistyped key is not noticed");
  return passed(std::move(notes));
}

}  // namespace evloom::check
