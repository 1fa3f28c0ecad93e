// Every row of the table of options, each way to get it wrong: the message, and its exact place. The files
// are made from the table, so a new option is tested without a change here.
#include <gtest/gtest.h>

#include <algorithm>

#include "config/options.hpp"
#include "config/scalars.hpp"
#include "config/validate.hpp"
#include "config/yaml.hpp"
#include "support.hpp"

namespace evloom::config {

// How a failed test names its row.
void PrintTo(const Option& option, std::ostream* out) { *out << option.at; }

namespace {

// Marks in a text under construction, taken out before it is loaded.
constexpr char kValueMark = '\x01';
constexpr char kKeyMark = '\x02';
constexpr char kMapMark = '\x03';

std::vector<std::string> steps_of(std::string_view at) {
  std::vector<std::string> steps;
  while (!at.empty()) {
    std::size_t size = 0;
    if (at.starts_with("[]")) {
      size = 2;
    } else if (at.starts_with('<')) {
      size = at.find('>') + 1;
    } else {
      if (at.starts_with('.')) at.remove_prefix(1);
      size = std::min(at.find_first_of(".[<"), at.size());
    }
    steps.emplace_back(at.substr(0, size));
    at.remove_prefix(size);
  }
  return steps;
}

// What to do with the option under test.
enum class Shape { once, twice, absent };

struct Place {
  std::uint32_t line = 0;
  std::uint32_t column = 0;
};

// A file that is valid but for the option under test.
class File {
 public:
  // The option at `at` under the key `key` (empty: its own) with `value`, which is YAML in flow style.
  File(const Option& option, const std::string& value, Shape shape = Shape::once, const std::string& key = {})
      : steps_(steps_of(option.at)), value_(value), shape_(shape), key_(key) {
    std::string text = write(host_schema(), 0);
    const auto here = [&] {
      const auto line = static_cast<std::uint32_t>(std::count(text_.begin(), text_.end(), '\n') + 1);
      return Place{line, static_cast<std::uint32_t>(text_.size() - (text_.rfind('\n') + 1) + 1)};
    };
    for (const char c : text) {
      if (c == kValueMark) {
        value_place_ = here();
      } else if (c == kKeyMark) {
        key_place_ = here();
      } else if (c == kMapMark) {
        map_place_ = here();
      } else {
        text_ += c;
      }
    }
  }

  const std::string& text() const { return text_; }
  Place value() const { return value_place_; }
  Place key() const { return key_place_; }  // of a doubled key, the second
  Place map() const { return map_place_; }  // that the option stands in
  const Schema& schema() const { return *schema_; }
  // The same, or for one of several shapes what has them: it tells what it expects when none fits.
  const Schema& shapes() const { return *shapes_; }
  // "routes[0].path"
  std::string where() const { return where_; }
  std::string where_map() const { return where_map_; }

 private:
  std::string write(const Schema& schema, std::size_t depth) {
    if (depth == steps_.size()) {
      schema_ = &schema;
      if (shapes_ == nullptr) shapes_ = &schema;
      return kValueMark + value_;
    }
    const std::string& step = steps_[depth];
    if (step == "[]") {
      where_ += "[0]";
      return "[" + write(schema.items.front(), depth + 1) + "]";
    }
    if (step.starts_with('<')) {
      if (depth + 1 == steps_.size()) shapes_ = &schema;
      for (const Schema& alternative : schema.alternatives) {
        if ("<" + alternative.name + ">" == step) return write(alternative, depth + 1);
      }
    }
    const bool last = depth + 1 == steps_.size();
    where_map_ = where_;
    if (step == "*") {
      const std::string name = steps_.front() == "log" ? "http" : "own";  // a module must be known
      where_ += "." + name;
      return "{" + std::string(1, kKeyMark) + name + ": " + write(schema.values.front(), depth + 1) + "}";
    }
    where_ += (where_.empty() ? "" : ".") + step;
    const Schema& child = *schema.key(step);
    std::vector<std::string> parts;
    for (const Schema& other : schema.keys) {
      if (&other != &child && wanted(schema, other, child))
        parts.push_back(other.name + ": " + other.example);
    }
    const std::string value = write(child, depth + 1);
    const std::string name = last && !key_.empty() ? key_ : step;
    if (!(last && shape_ == Shape::absent)) parts.push_back(kKeyMark + name + ": " + value);
    if (last && shape_ == Shape::twice) parts.push_back(kKeyMark + name + ": " + value);
    if (depth == 0) {
      std::string text = "# a comment\n\n";
      if (last) text += kMapMark;
      for (const std::string& part : parts) text += part + "\n";
      return text;
    }
    std::string text;
    for (const std::string& part : parts) text += (text.empty() ? "" : ", ") + part;
    return (last ? std::string(1, kMapMark) : std::string()) + "{" + text + "}";
  }

  // Whether a file with `child` must have `other`, too.
  static bool wanted(const Schema& map, const Schema& other, const Schema& child) {
    if (other.required || child.needs == other.name || child.together == other.name) return true;
    const auto group = [&](const std::string& key) {
      return std::find(map.exactly_one.begin(), map.exactly_one.end(), key) != map.exactly_one.end();
    };
    if (!group(other.name) || group(child.name) || group(child.needs)) return false;
    return map.exactly_one.front() == other.name;
  }

  std::vector<std::string> steps_;
  std::string value_;
  Shape shape_;
  std::string key_;
  std::string text_;
  std::string where_;
  std::string where_map_;
  const Schema* schema_ = nullptr;
  const Schema* shapes_ = nullptr;
  Place value_place_;
  Place key_place_;
  Place map_place_;
};

// The file has exactly this one fault, there.
void expect_one(const File& file, Place place, const std::string& message,
                std::map<std::string, std::string> values = {}) {
  const LoadResult result = test::load(file.text(), std::move(values));
  const std::string shown = file.text() + "\n" + render(result.diagnostics, false);
  EXPECT_FALSE(result.ok()) << shown;
  ASSERT_EQ(result.diagnostics.list().size(), 1U) << shown;
  const Diagnostic& found = result.diagnostics.list().front();
  EXPECT_EQ(found.message, message) << shown;
  EXPECT_EQ(found.position.to_string(),
            "e.yaml:" + std::to_string(place.line) + ":" + std::to_string(place.column))
      << shown;
}

void expect_wrong(const File& file, const std::string& found) {
  expect_one(file, file.value(),
             file.where() + ": expected " + expectation(file.schema()) + ", found " + found);
}

void expect_wrong_shape(const File& file, const std::string& found) {
  expect_one(file, file.value(),
             file.where() + ": expected " + expectation(file.shapes()) + ", found " + found);
}

class EveryOption : public testing::TestWithParam<Option> {};

TEST_P(EveryOption, IsRefusedWithAnotherType) {
  const Option& option = GetParam();
  if (option.kind == Kind::map || option.kind == Kind::list) {
    if (!option.at.ends_with('>')) expect_wrong_shape(File(option, "7"), "the integer 7");
    expect_wrong_shape(File(option, option.kind == Kind::map ? "[]" : "{}"),
                       option.kind == Kind::map ? "a list" : "a map");
  } else {
    expect_wrong_shape(File(option, "[1, 2]"), "a list");
    if (option.kind != Kind::one_of && !option.at.ends_with('>')) {
      expect_wrong_shape(File(option, "{a: 1}"), "a map");
    }
  }
}

TEST_P(EveryOption, IsRefusedWithoutAValue) {
  expect_wrong_shape(File(GetParam(), "null"), "nothing");
  expect_wrong_shape(File(GetParam(), "~"), "nothing");
}

TEST_P(EveryOption, IsRefusedWithAnotherTypeOfScalar) {
  const Option& option = GetParam();
  switch (option.kind) {
    case Kind::integer:
      expect_wrong(File(option, "\"7\""), "the string \"7\"");
      expect_wrong(File(option, "1.5"), "the number 1.5");
      expect_wrong(File(option, "0x10"), "the integer 0x10");
      expect_wrong(File(option, "010"), "the integer 010");
      expect_wrong(File(option, "99999999999999999999"), "the integer 99999999999999999999");
      expect_wrong(File(option, "true"), "true");
      break;
    case Kind::boolean:
      expect_wrong(File(option, "yes"), "the string \"yes\"");
      expect_wrong(File(option, "1"), "the integer 1");
      expect_wrong(File(option, "\"true\""), "the string \"true\"");
      break;
    case Kind::duration:
      expect_wrong(File(option, "10"), "the integer 10");
      expect_wrong(File(option, "10 s"), "the string \"10 s\"");
      expect_wrong(File(option, "1.5s"), "the string \"1.5s\"");
      expect_wrong(File(option, "-1s"), "the string \"-1s\"");
      expect_wrong(File(option, "99999999999d"), "the string \"99999999999d\"");
      break;
    case Kind::size:
      expect_wrong(File(option, "64KB"), "the string \"64KB\"");
      expect_wrong(File(option, "-1"), "the integer -1");
      expect_wrong(File(option, "99999999999GiB"), "the string \"99999999999GiB\"");
      break;
    case Kind::mode:
      expect_wrong(File(option, "0999"), "the integer 0999");
      expect_wrong(File(option, "rw"), "the string \"rw\"");
      expect_wrong(File(option, "07777"), "the integer 07777");
      break;
    case Kind::percent:
    case Kind::factor: {
      const std::string mark = option.kind == Kind::percent ? "%" : "x";
      expect_wrong(File(option, "2"), "the integer 2");
      expect_wrong(File(option, "-2" + mark), "the string \"-2" + mark + "\"");
      expect_wrong(File(option, "2 " + mark), "the string \"2 " + mark + "\"");
      expect_wrong(File(option, "1e1" + mark), "the string \"1e1" + mark + "\"");
      break;
    }
    case Kind::choice:
      expect_wrong(File(option, "no-such-word"), "the string \"no-such-word\"");
      break;
    case Kind::string:
    case Kind::name:
    case Kind::path:
    case Kind::address:
      expect_wrong(File(option, "7"), "the integer 7");
      expect_wrong(File(option, "true"), "true");
      break;
    default:
      break;
  }
}

TEST_P(EveryOption, IsRefusedOutOfRange) {
  const Option& option = GetParam();
  const Schema& schema = File(option, "x").schema();
  const auto text = [&](std::int64_t value) {
    if (schema.kind == Kind::duration) return format_duration(value);
    return std::to_string(value);
  };
  const std::int64_t step = schema.kind == Kind::duration ? 1'000'000 : 1;
  std::vector<std::string> values;
  if (schema.kind == Kind::integer || schema.kind == Kind::duration || schema.kind == Kind::size) {
    ASSERT_TRUE(schema.min && schema.max) << option.at << " has no bounds";
    if (*schema.min > 0) values.push_back(text(*schema.min - step));
    if (schema.kind == Kind::integer) values.push_back("-1");
    values.push_back(text(*schema.max + step));
    for (const std::string& value : values) {
      const File file(option, value);
      expect_one(file, file.value(),
                 file.where() + ": " + (schema.kind == Kind::duration ? "\"" + value + "\"" : value) +
                     " is out of range; expected " + expectation(schema));
    }
  } else if (schema.kind == Kind::percent || schema.kind == Kind::factor) {
    ASSERT_TRUE(schema.min_number && schema.max_number) << option.at << " has no bounds";
    const auto show = schema.kind == Kind::percent ? format_percent : format_factor;
    if (*schema.min_number > 0) values.push_back(show(*schema.min_number / 2));
    values.push_back(show(*schema.max_number + 1));
    for (const std::string& value : values) {
      const File file(option, value);
      expect_one(file, file.value(),
                 file.where() + ": \"" + value + "\" is out of range; expected " + expectation(schema));
    }
  } else if (schema.kind == Kind::list) {
    std::vector<std::int64_t> counts;
    if (schema.min.value_or(0) > 0) counts.push_back(*schema.min - 1);
    ASSERT_TRUE(schema.max) << option.at << " has no bounds";
    counts.push_back(*schema.max + 1);
    for (const std::int64_t count : counts) {
      std::string items;
      for (std::int64_t i = 0; i < count; ++i) items += i == 0 ? "x" : ", x";
      expect_wrong(File(option, "[" + items + "]"), std::to_string(count));
    }
  } else if (schema.kind == Kind::map) {
    if (!schema.max) return;
    std::string entries;
    for (std::int64_t i = 0; i <= *schema.max; ++i) entries += "a" + std::to_string(i) + ": x, ";
    expect_wrong(File(option, "{" + entries + "}"), std::to_string(*schema.max + 1));
  } else if (schema.max) {
    const File file(option, "/" + std::string(static_cast<std::size_t>(*schema.max), 'x'));
    const std::string message = test::load(file.text()).diagnostics.list().front().message;
    EXPECT_NE(message.find(" has " + std::to_string(*schema.max + 1) + " bytes"), std::string::npos)
        << message;
    expect_one(file, file.value(), message);
    if (schema.min.value_or(0) == 0) return;
    const std::string few = "\"" + std::string(static_cast<std::size_t>(*schema.min - 1), 'x') + "\"";
    const File small(option, few);
    expect_one(small, small.value(),
               small.where() + ": " + few + " has " + std::to_string(*schema.min - 1) + " bytes; expected " +
                   expectation(schema));
  }
}

TEST_P(EveryOption, IsMissedWhereRequired) {
  const Option& option = GetParam();
  if (!option.required) return;
  const File file(option, "x", Shape::absent);
  const std::string key = steps_of(option.at).back();
  const std::string in = file.where_map().empty() ? "" : " in " + file.where_map();
  if (file.where_map().empty()) {
    expect_one(file, {1, 1}, "missing key \"" + key + "\"");  // nothing else in the file
  } else {
    expect_one(file, file.map(), "missing key \"" + key + "\"" + in);
  }
}

TEST_P(EveryOption, IsRefusedTwice) {
  const Option& option = GetParam();
  if (option.at.ends_with(']') || option.at.ends_with('>') || option.at.ends_with('*')) return;
  const std::string value = option.example.empty()
                                ? option.kind == Kind::map ? "{}" : std::string(option.fallback)
                                : std::string(option.example);
  const File file(option, value, Shape::twice);
  const LoadResult result = test::load(file.text());
  // A second store or format that is not there may be a fault of its own.
  const auto& list = result.diagnostics.list();
  const auto doubled = std::find_if(list.begin(), list.end(), [&](const Diagnostic& diagnostic) {
    return diagnostic.message == "key \"" + steps_of(option.at).back() + "\" is doubled";
  });
  ASSERT_NE(doubled, list.end()) << file.text() << render(result.diagnostics, false);
  EXPECT_EQ(doubled->position.line, file.key().line);
  EXPECT_EQ(doubled->position.column(), file.key().column);
}

TEST_P(EveryOption, IsSuggestedForAMisspeltKey) {
  const Option& option = GetParam();
  if (option.at.ends_with(']') || option.at.ends_with('>') || option.at.ends_with('*')) return;
  const std::string key = steps_of(option.at).back();
  std::string misspelt = key;
  std::swap(misspelt[misspelt.size() - 1], misspelt[misspelt.size() - 2]);
  if (misspelt == key) misspelt += "x";
  const File file(option, "x", Shape::once, misspelt);
  const std::string in = file.where_map().empty() ? "" : " in " + file.where_map();
  const auto open = std::find_if(host_options().begin(), host_options().end(), [&](const Option& other) {
    return other.open && option.at.starts_with(other.at) && option.at.size() > other.at.size();
  });
  if (open != host_options().end()) return;  // it may be an option of the plugin
  expect_one(file, file.key(), "unknown key \"" + misspelt + "\"" + in);
  EXPECT_EQ(test::load(file.text()).diagnostics.list().front().hint, "did you mean \"" + key + "\"?");
}

TEST_P(EveryOption, NeverShowsWhatCameFromTheEnvironment) {
  const Option& option = GetParam();
  const std::string secret = "hunter2 [secret]";
  const File file(option, "\"${SECRET}\"");
  const LoadResult result = test::load(file.text(), {{"SECRET", secret}});
  EXPECT_EQ(render(result.diagnostics, true).find("hunter2"), std::string::npos)
      << render(result.diagnostics, false);
  if (result.ok()) {
    EXPECT_EQ(dump(result.config->root).find("hunter2"), std::string::npos);
  }
}

TEST_P(EveryOption, AcceptsItsDefaultItsExampleItsBoundsAndItsWords) {
  const Option& option = GetParam();
  std::vector<std::string> values;
  for (const std::string_view text : {option.fallback, option.example}) {
    if (!text.empty()) values.emplace_back(text);
  }
  if (is_scalar(option.kind) && option.kind != Kind::string && option.kind != Kind::path) {
    for (const std::string_view text : {option.min, option.max}) {
      if (!text.empty()) values.emplace_back(text);
    }
  }
  for (const std::string& word : File(option, "x").schema().words) values.push_back(word);
  for (const std::string& value : values) {
    const File file(option, value);
    Diagnostics diagnostics;
    const auto source = std::make_shared<const Source>("e.yaml", file.text(), "/etc");
    const Node tree = validate(host_schema(), parse_yaml(source, diagnostics), diagnostics);
    EXPECT_FALSE(diagnostics.has_errors()) << file.text() << render(diagnostics, false);
    // The same from the environment, as a text.
    if (!is_scalar(option.kind)) continue;
    std::string text = value;
    text.erase(std::remove(text.begin(), text.end(), '"'), text.end());
    const File variable(option, "\"${VALUE}\"");
    const auto again = std::make_shared<const Source>("e.yaml", variable.text(), "/etc");
    Diagnostics more;
    validate(host_schema(), substitute(parse_yaml(again, more), test::variables({{"VALUE", text}}), more),
             more);
    EXPECT_FALSE(more.has_errors()) << variable.text() << render(more, false);
  }
}

TEST_P(EveryOption, IsDocumented) {
  const Option& option = GetParam();
  EXPECT_FALSE(option.doc.empty());
  EXPECT_TRUE(option.doc.ends_with('.')) << option.doc;
}

std::vector<Option> options() {
  const auto all = host_options().subspan(1);  // the first is the file itself
  return {all.begin(), all.end()};
}

INSTANTIATE_TEST_SUITE_P(Table, EveryOption, testing::ValuesIn(options()), [](const auto& row) {
  std::string name;
  for (const char c : std::string(row.param.at)) {
    name += std::isalnum(static_cast<unsigned char>(c)) != 0 ? std::string(1, c) : c == '*' ? "NAME" : "_";
  }
  return std::to_string(row.index) + "_" + name;
});

}  // namespace
}  // namespace evloom::config
