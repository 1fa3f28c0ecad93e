#include "support/fixture_options.hpp"

#include <charconv>
#include <cstring>
#include <stdexcept>
#include <string_view>
#include <utility>

namespace evloom::test {
namespace {

// Walks over JSON that the plugin's author wrote, and picks `properties.NAME.default` out of it.
class SchemaDefaults {
 public:
  explicit SchemaDefaults(std::string_view schema) : rest_(schema) {
    members([this](const std::string& key) {
      if (key != "properties") return skip();
      members([this](const std::string& name) {
        members([&](const std::string& word) {
          if (word == "default") {
            found.emplace(name, scalar());
          } else {
            skip();
          }
        });
      });
    });
  }

  OptionMap found;

 private:
  char peek() {
    while (!rest_.empty() && std::strchr(" \t\r\n", rest_.front())) rest_.remove_prefix(1);
    if (rest_.empty()) throw std::runtime_error("the plugin's option schema ends too early");
    return rest_.front();
  }
  bool take(char wanted) {
    if (peek() != wanted) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::string scalar() {
    std::string value;
    if (take('"')) {
      while (!rest_.empty() && rest_.front() != '"') {
        if (rest_.front() == '\\') rest_.remove_prefix(1);
        value += rest_.front();
        rest_.remove_prefix(1);
      }
      take('"');
      return value;
    }
    peek();
    while (!rest_.empty() && !std::strchr(",}] \t\r\n", rest_.front())) {
      value += rest_.front();
      rest_.remove_prefix(1);
    }
    return value;
  }
  template <typename Visit>
  void members(Visit visit) {
    if (!take('{')) return skip();
    while (!take('}')) {
      const std::string key = scalar();
      take(':');
      visit(key);
      take(',');
    }
  }
  void skip() {
    if (take('{')) {
      while (!take('}')) {
        scalar();
        take(':');
        skip();
        take(',');
      }
    } else if (take('[')) {
      while (!take(']')) {
        skip();
        take(',');
      }
    } else {
      scalar();
    }
  }

  std::string_view rest_;
};

struct Unit {
  std::string_view name;
  double factor;
};
constexpr Unit kTimes[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
constexpr Unit kSizes[] = {
    {"", 1}, {"B", 1}, {"KiB", 1024.0}, {"MiB", 1048576.0}, {"GiB", 1073741824.0}, {"TiB", 1099511627776.0}};

template <std::size_t N, typename T>
bool with_unit(std::string_view text, const Unit (&units)[N], T* value) {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc()) return false;
  const std::string_view rest(end, static_cast<std::size_t>(text.data() + text.size() - end));
  for (const Unit& unit : units) {
    if (rest == unit.name) {
      *value = static_cast<T>(number * unit.factor);
      return true;
    }
  }
  return false;
}

template <typename T>
bool number_of(std::string_view text, T* value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *value);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

struct FixtureOptions::Reader {
  static const Node* of(const evl_config* node) { return reinterpret_cast<const Node*>(node); }
  static const evl_config* raw(const Node* node) { return reinterpret_cast<const evl_config*>(node); }

  template <typename Parse>
  static evl_status scalar(const evl_config* node, Parse parse) {
    if (!node) return EVL_E_NOT_FOUND;
    if (of(node)->is_map) return EVL_E_TYPE;
    return parse(of(node)->text) ? EVL_OK : EVL_E_TYPE;
  }
  static evl_config_kind kind(const evl_config* node) {
    if (!node) return EVL_CONFIG_NULL;
    return of(node)->is_map ? EVL_CONFIG_MAP : EVL_CONFIG_SCALAR;
  }
  static const evl_config* member(const evl_config* node, const char* key) {
    if (!node) return nullptr;
    for (const Node& member : of(node)->members)
      if (member.key == key) return raw(&member);
    return nullptr;
  }
  static std::size_t count(const evl_config* node) { return node ? of(node)->members.size() : 0; }
  static const evl_config* at(const evl_config* node, std::size_t index, evl_bytes* key) {
    if (!node || index >= of(node)->members.size()) return nullptr;
    const Node& member = of(node)->members[index];
    if (key) *key = {member.key.data(), member.key.size()};
    return raw(&member);
  }
  static evl_status text(const evl_config* node, evl_bytes* value) {
    return scalar(node, [&](const std::string& text) {
      *value = {text.data(), text.size()};
      return true;
    });
  }
  static evl_status boolean(const evl_config* node, int32_t* value) {
    return scalar(node, [&](const std::string& text) {
      if (text != "true" && text != "false") return false;
      *value = text == "true";
      return true;
    });
  }
  static evl_status integer(const evl_config* node, int64_t* value) {
    return scalar(node, [&](const std::string& text) { return number_of(text, value); });
  }
  static evl_status number(const evl_config* node, double* value) {
    return scalar(node, [&](const std::string& text) { return number_of(text, value); });
  }
  static evl_status duration(const evl_config* node, int64_t* nanoseconds) {
    return scalar(node, [&](const std::string& text) { return with_unit(text, kTimes, nanoseconds); });
  }
  static evl_status size(const evl_config* node, uint64_t* value) {
    return scalar(node, [&](const std::string& text) { return with_unit(text, kSizes, value); });
  }
  static evl_status reject(const evl_config* node, evl_error* error, const char* text) {
    evl_error_set(error, ("options:" + (node ? of(node)->key : std::string()) + ": " + text).c_str());
    return EVL_E_INVALID;
  }
};

FixtureOptions::FixtureOptions(const OptionMap& given, const char* schema) {
  root_.is_map = true;
  OptionMap all = given;
  all.merge(SchemaDefaults(schema).found);
  for (auto& [key, text] : all) root_.members.push_back({key, text, false, {}});
}

const evl_config* FixtureOptions::root() const { return Reader::raw(&root_); }

const evl_config_reader* FixtureOptions::table() {
  static constexpr evl_config_reader table = {sizeof(evl_config_reader),
                                              &Reader::kind,
                                              &Reader::member,
                                              &Reader::count,
                                              &Reader::at,
                                              &Reader::text,
                                              &Reader::boolean,
                                              &Reader::integer,
                                              &Reader::number,
                                              &Reader::duration,
                                              &Reader::size,
                                              &Reader::text,
                                              &Reader::reject};
  return &table;
}

}  // namespace evloom::test
