#include "soak/resources.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include "support/admin.hpp"

namespace evloom::soak {

namespace {

// The file of a line of /proc/PID/maps; the private copies of plugin files, whose names all differ, by their
// plugin's.
std::string mapped(const std::string& line) {
  const std::size_t at = line.find_first_of("/[");
  if (at == std::string::npos) return "anonymous";
  std::string name = line.substr(at);
  if (name.find("/evloom-plugins-") == std::string::npos) return name;
  name = name.substr(name.rfind('/') + 1);
  return "plugin " + name.substr(0, name.rfind('-'));
}

}  // namespace

Resources Resources::of(test::Evloom& evloom) {
  Resources now;
  now.descriptors = evloom.descriptors();
  now.threads = evloom.threads();
  now.copies = test::mapped_plugins(evloom).size();
  std::istringstream maps(test::read_file("/proc/" + std::to_string(evloom.process().pid()) + "/maps"));
  for (std::string line; std::getline(maps, line);) ++now.mappings[mapped(line)];
  return now;
}

int Resources::mapping_lines() const {
  int lines = 0;
  for (const auto& [name, count] : mappings) lines += count;
  return lines;
}

Resources settled(test::Evloom& evloom, const Resources& before, test::milliseconds limit) {
  Resources now;
  test::wait_until(limit, [&] {
    now = Resources::of(evloom);
    return now.descriptors <= before.descriptors && now.threads <= before.threads &&
           now.copies <= before.copies && now.mapping_lines() <= before.mapping_lines();
  });
  return now;
}

std::string difference(const Resources& before, const Resources& after) {
  std::string text;
  const auto compare = [&text](const std::string& what, auto was, auto is) {
    if (was != is) text += what + ": " + std::to_string(was) + " before, " + std::to_string(is) + " after\n";
  };
  compare("descriptors", before.descriptors, after.descriptors);
  compare("threads", before.threads, after.threads);
  compare("mapped copies of plugin files", before.copies, after.copies);
  std::set<std::string> names;
  for (const Resources* one : {&before, &after})
    for (const auto& [name, count] : one->mappings) names.insert(name);
  const auto lines_of = [](const Resources& from, const std::string& name) {
    const auto found = from.mappings.find(name);
    return found == from.mappings.end() ? 0 : found->second;
  };
  for (const std::string& name : names)
    compare("mappings of " + name, lines_of(before, name), lines_of(after, name));
  return text;
}

std::uint64_t MemoryTrend::median(std::size_t from) const {
  if (samples_.empty()) return 0;
  std::vector<std::uint64_t> part(samples_.begin() + static_cast<std::ptrdiff_t>(from),
                                  samples_.begin() + static_cast<std::ptrdiff_t>(from + tenth()));
  const auto middle = part.begin() + static_cast<std::ptrdiff_t>(part.size() / 2);
  std::nth_element(part.begin(), middle, part.end());
  return *middle;
}

}  // namespace evloom::soak
