#include "table.hpp"

#include <charconv>

#include <nlohmann/json.hpp>

namespace jsonl {

namespace {

using Json = nlohmann::ordered_json;

// JSON has text, a store has bytes: each byte becomes the character of its number.
std::string to_text(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x80) {
      text += c;
    } else {
      text += static_cast<char>(0xC0 | byte >> 6);
      text += static_cast<char>(0x80 | (byte & 0x3F));
    }
  }
  return text;
}
std::string to_bytes(const std::string& text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto first = static_cast<unsigned char>(text[i]);
    if (first < 0x80 || i + 1 == text.size()) {
      bytes += text[i];
    } else {
      bytes += static_cast<char>((first & 0x03) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3F));
    }
  }
  return bytes;
}

void add_line(std::string& lines, const Json& json) {
  lines += json.dump(-1, ' ', true);
  lines += '\n';
}

}  // namespace

evl_status Table::check(const evl_op& op) {
  if (op.kind < EVL_OP_ADD || op.kind > EVL_OP_EXPIRE) return EVL_E_UNSUPPORTED;
  if (op.key.size == 0 || op.key.size > EVL_STORE_TEXT_MAX) return EVL_E_INVALID;
  if (op.kind == EVL_OP_PUT && (op.item_count != 1 || op.items[0].size > EVL_STORE_VALUE_MAX))
    return EVL_E_INVALID;
  if (op.kind == EVL_OP_SET_ADD)
    for (std::size_t i = 0; i < op.item_count; ++i)
      if (op.items[i].size == 0 || op.items[i].size > EVL_STORE_TEXT_MAX) return EVL_E_INVALID;
  return EVL_OK;
}

evl_result Table::apply(const evl_op& op, std::int64_t now, Answer& answer, std::string& lines) {
  evl_result result{};
  result.size = sizeof result;
  result.status = check(op);
  if (result.status != EVL_OK) return result;
  const std::string key(evl::view(op.key));
  const auto found = values_.find(key);
  if (found != values_.end() && found->second.expires != 0 && found->second.expires <= now) {
    values_.erase(found);
    add_line(lines, {{"delete", to_text(key)}});
  }
  result.status = carry_out(op, key, now, result, answer, lines);
  for (const std::string& text : answer.texts) answer.items.push_back(evl::bytes(text));
  result.items = answer.items.data();
  result.item_count = answer.items.size();
  result.fresh = answer.fresh.data();
  return result;
}

evl_status Table::carry_out(const evl_op& op, const std::string& key, std::int64_t now, evl_result& result,
                            Answer& answer, std::string& lines) {
  const auto found = values_.find(key);
  const bool there = found != values_.end();
  const bool of_sets = op.kind == EVL_OP_SET_ADD || op.kind == EVL_OP_SET_READ || op.kind == EVL_OP_SET_SIZE;
  const bool of_values = op.kind == EVL_OP_ADD || op.kind == EVL_OP_GET;
  if (there && (found->second.is_set ? of_values : of_sets)) return EVL_E_TYPE;
  switch (op.kind) {
    case EVL_OP_ADD:
      return add(key, op.amount, result.integer, lines);
    case EVL_OP_GET:
      if (there) answer.texts = {found->second.text};
      return EVL_OK;
    case EVL_OP_PUT:
      values_[key] = Value{false, std::string(evl::view(op.items[0])), {}, 0};
      add_line(lines, {{"put", to_text(key)}, {"value", to_text(evl::view(op.items[0]))}});
      return EVL_OK;
    case EVL_OP_SET_ADD: {
      Json members = Json::array();
      for (std::size_t i = 0; i < op.item_count; ++i) {
        Value& set = values_[key];
        set.is_set = true;
        const bool fresh = set.members.emplace(evl::view(op.items[i])).second;
        answer.fresh.push_back(fresh ? 1 : 0);
        result.integer += fresh ? 1 : 0;
        if (fresh) members.push_back(to_text(evl::view(op.items[i])));
      }
      if (!members.empty()) add_line(lines, {{"add", to_text(key)}, {"members", members}});
      return EVL_OK;
    }
    case EVL_OP_SET_SIZE:
      if (there) result.integer = static_cast<std::int64_t>(found->second.members.size());
      return EVL_OK;
    case EVL_OP_SET_READ:
      if (there) answer.texts.assign(found->second.members.begin(), found->second.members.end());
      return EVL_OK;
    default:  // DELETE, and EXPIRE, which may have no time left
      if (!there) return EVL_OK;
      result.integer = 1;
      if (op.kind == EVL_OP_EXPIRE && op.amount > 0) {
        if (__builtin_add_overflow(now, op.amount, &found->second.expires)) found->second.expires = INT64_MAX;
        add_line(lines, {{"expire", to_text(key)}, {"at", found->second.expires}});
      } else {
        values_.erase(found);
        add_line(lines, {{"delete", to_text(key)}});
      }
      return EVL_OK;
  }
}

evl_status Table::add(const std::string& key, std::int64_t amount, std::int64_t& sum, std::string& lines) {
  std::int64_t value = 0;
  if (const auto found = values_.find(key); found != values_.end()) {
    const std::string& text = found->second.text;
    const char* const end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, value);
    // A whole number as it would be written: no "05", no "-0".
    if (read.ec != std::errc() || read.ptr != end || std::to_string(value) != text) return EVL_E_TYPE;
  }
  if (__builtin_add_overflow(value, amount, &sum)) return EVL_E_LIMIT;
  values_[key].text = std::to_string(sum);
  add_line(lines, {{"count", to_text(key)}, {"value", sum}});
  return EVL_OK;
}

bool Table::replay(std::string_view line) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object() || json.empty() || !json.front().is_string()) return false;
  const std::string& what = json.begin().key();
  const std::string key = to_bytes(json.front().get<std::string>());
  const auto part = [&json](const char* name, bool (Json::*is)() const) {
    const auto found = json.find(name);
    return found != json.end() && ((*found).*is)() ? &*found : nullptr;
  };
  if (what == "delete") return values_.erase(key), true;
  if (what == "put") {
    const Json* value = part("value", &Json::is_string);
    if (value) values_[key] = Value{false, to_bytes(value->get<std::string>()), {}, 0};
    return value != nullptr;
  }
  if (what == "count") {
    const Json* value = part("value", &Json::is_number_integer);
    if (value) values_[key].text = std::to_string(value->get<std::int64_t>());
    return value != nullptr;
  }
  if (what == "expire") {
    const Json* at = part("at", &Json::is_number_integer);
    if (at) values_[key].expires = at->get<std::int64_t>();
    return at != nullptr;
  }
  const Json* members = part("members", &Json::is_array);
  if (what != "add" || !members) return false;
  values_[key].is_set = true;
  for (const Json& member : *members) {
    if (!member.is_string()) return false;
    values_[key].members.insert(to_bytes(member.get<std::string>()));
  }
  return true;
}

}  // namespace jsonl
