// Accept: a reader of media ranges and the choice among the offers.
#include "http/negotiate.hpp"

#include <algorithm>
#include <array>
#include <cstdint>

#include "http/chars.hpp"

namespace evloom::http {

namespace {

constexpr int kNoQuality = -1;

struct MediaType {
  std::string_view type, subtype;
  std::string_view params;  // from the first ';' on, without q and what follows it
  int params_count = 0;
  int quality = 1000;  // thousandths
};

// Cuts off and returns what stands before the next `mark` outside of quoted strings.
std::string_view cut(std::string_view& rest, char mark) {
  bool quoted = false;
  size_t at = 0;
  for (; at < rest.size(); ++at) {
    if (quoted && rest[at] == '\\') {
      ++at;
    } else if (rest[at] == '"') {
      quoted = !quoted;
    } else if (!quoted && rest[at] == mark) {
      break;
    }
  }
  at = std::min(at, rest.size());
  const std::string_view piece = rest.substr(0, at);
  rest.remove_prefix(std::min(at + 1, rest.size()));
  return piece;
}

// "0.5" in thousandths; more than three decimals are cut, a missing leading zero is seen in the wild and
// allowed.
int parse_quality(std::string_view text) {
  if (text.empty()) return kNoQuality;
  int quality = 0;
  size_t at = 0;
  if (text[0] == '0' || text[0] == '1') {
    quality = (text[0] - '0') * 1000;
    at = 1;
  }
  if (at == text.size()) return quality;
  if (text[at] != '.' || text.size() == 1) return kNoQuality;
  int weight = 100;
  for (++at; at < text.size(); ++at, weight /= 10) {
    if (!is_digit(text[at])) return kNoQuality;
    quality += (text[at] - '0') * weight;
  }
  return quality <= 1000 ? quality : kNoQuality;
}

struct Param {
  std::string_view name, value;
};

// The next parameter of ";a=b; c=d"; false at the end. A parameter without '=' has an empty value.
bool next_param(std::string_view& rest, Param& param) {
  while (!rest.empty()) {
    const std::string_view text = trim_ows(cut(rest, ';'));
    if (text.empty()) continue;
    const size_t equals = text.find('=');
    param.name = trim_ows(text.substr(0, equals));
    param.value = equals == std::string_view::npos ? std::string_view("") : trim_ows(text.substr(equals + 1));
    return true;
  }
  return false;
}

bool parse_media_type(std::string_view text, MediaType& media) {
  std::string_view params = text;
  const std::string_view range = trim_ows(cut(params, ';'));
  const size_t slash = range.find('/');
  media.type = range.substr(0, slash);
  // A lone "*" is not in the grammar, but clients send it and mean "*/*".
  media.subtype =
      slash == std::string_view::npos && range == "*" ? range : range.substr(std::min(slash, range.size()));
  if (media.subtype.starts_with('/')) media.subtype.remove_prefix(1);
  if (!is_token(media.type) || !is_token(media.subtype)) return false;
  if (media.type == "*" && media.subtype != "*") return false;
  media.params = params;
  Param param;
  for (std::string_view rest = params; next_param(rest, param);) {
    if (!is_token(param.name)) return false;
    if (iequal(param.name, "q")) {
      media.params = params.substr(0, static_cast<size_t>(param.name.data() - params.data()));
      media.quality = parse_quality(param.value);
      break;
    }
    ++media.params_count;
  }
  return media.quality != kNoQuality;
}

// One character of a parameter value, quoted or not; false at the end.
bool next_char(std::string_view& text, char& c) {
  while (!text.empty() && text.front() == '"') text.remove_prefix(1);
  if (text.size() > 1 && text.front() == '\\') text.remove_prefix(1);
  if (text.empty()) return false;
  c = to_lower(text.front());
  text.remove_prefix(1);
  return true;
}

bool same_value(std::string_view a, std::string_view b) {
  char left = 0, right = 0;
  while (true) {
    const bool more_left = next_char(a, left);
    const bool more_right = next_char(b, right);
    if (more_left != more_right) return false;
    if (!more_left) return true;
    if (left != right) return false;
  }
}

bool has_param(const MediaType& offer, const Param& wanted) {
  Param param;
  for (std::string_view rest = offer.params; next_param(rest, param);) {
    if (iequal(param.name, wanted.name) && same_value(param.value, wanted.value)) return true;
  }
  return false;
}

// How closely a range names the offer: 0 for "*/*", 1 for "text/*", 2 and more for the type with that many
// less 2 parameters; -1 when it does not.
int specificity(const MediaType& range, const MediaType& offer) {
  int level = 0;
  if (range.type != "*") {
    if (!iequal(range.type, offer.type)) return -1;
    level = 1;
  }
  if (range.subtype != "*") {
    if (!iequal(range.subtype, offer.subtype)) return -1;
    level = 2;
  }
  Param param;
  for (std::string_view rest = range.params; next_param(rest, param);) {
    if (!has_param(offer, param)) return -1;
  }
  return level + range.params_count;
}

}  // namespace

std::optional<size_t> negotiate(std::span<const std::string_view> accept,
                                std::span<const std::string_view> offers) {
  if (offers.empty()) return std::nullopt;
  if (accept.empty() || (accept.size() == 1 && accept[0] == "*/*")) return 0;

  struct Choice {
    int level = -1;
    int quality = 0;
  };
  std::array<MediaType, kMaxOffers> parsed;
  std::array<Choice, kMaxOffers> choices;
  const size_t count = std::min(offers.size(), kMaxOffers);
  for (size_t i = 0; i < count; ++i) {
    if (!parse_media_type(offers[i], parsed[i])) parsed[i] = {};
  }
  bool legible = false;
  for (std::string_view rest : accept) {
    while (!rest.empty()) {
      MediaType range;
      if (!parse_media_type(cut(rest, ','), range)) continue;
      legible = true;
      for (size_t i = 0; i < count; ++i) {
        const int level = specificity(range, parsed[i]);
        Choice& choice = choices[i];
        if (level < 0 || level < choice.level) continue;
        choice = {level, level == choice.level ? std::max(choice.quality, range.quality) : range.quality};
      }
    }
  }
  if (!legible) return 0;
  size_t best = 0;
  for (size_t i = 1; i < count; ++i) {
    if (choices[i].quality > choices[best].quality) best = i;
  }
  if (choices[best].quality == 0) return std::nullopt;
  return best;
}

}  // namespace evloom::http
