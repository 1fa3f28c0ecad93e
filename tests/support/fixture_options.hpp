// The options of an instance under test: a literal map, completed with the defaults of the plugin's schema,
// and the "evloom.host.config/1" table that reads it. Immutable once made; any thread.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "evloom/abi/config.h"

namespace evloom::test {

// Values as they would stand in YAML: {{"path", "/tmp/x"}, {"interval", "1s"}}.
using OptionMap = std::map<std::string, std::string>;

class FixtureOptions {
 public:
  // `schema` is the entry's JSON Schema; the scalar defaults of its properties stand in for absent options.
  FixtureOptions(const OptionMap& given, const char* schema);
  const evl_config* root() const;
  static const evl_config_reader* table();

 private:
  struct Node {
    std::string key;
    std::string text;
    bool is_map = false;
    std::vector<Node> members;
  };
  struct Reader;
  Node root_;
};

}  // namespace evloom::test
