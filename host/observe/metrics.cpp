// Registration of series and the Prometheus text. The catalog of what is shown is immutable: registering
// publishes a new one, so a reader never meets a half-made list, and a series' cells are free again when the
// last reader is done.
#include "observe/metrics.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <mutex>
#include <new>

#include "observe/escape.hpp"

namespace evloom::observe {
namespace {

enum MetricType { kCounter, kGauge, kHistogram };
constexpr std::array<std::string_view, 3> kTypeNames{"counter", "gauge", "histogram"};

constexpr std::size_t kBlockCells = 32;  // what a histogram takes
constexpr std::size_t kMaxChunks = 64;   // 32,768 cells per column
constexpr std::size_t kMaxName = 128;
constexpr std::size_t kMaxLabels = 16;
constexpr std::size_t kMaxValue = 128;
constexpr std::size_t kMaxHelp = 512;
static_assert(Histogram::kCells <= kBlockCells && kColumnStride % kBlockCells == 0);

bool is_name(std::string_view name, bool colon) {
  if (name.empty() || name.size() > kMaxName || (name[0] >= '0' && name[0] <= '9')) return false;
  return std::all_of(name.begin(), name.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           (colon && c == ':');
  });
}

// A text as the format wants it: backslash and newline escaped, in a label value the quote too; no broken
// UTF-8.
std::string escaped(std::string_view text, bool quoted) {
  std::string out;
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\xEF\xBF\xBD";
    } else if (text[0] == '\\') {
      out += "\\\\";
    } else if (text[0] == '\n') {
      out += "\\n";
    } else if (text[0] == '"' && quoted) {
      out += "\\\"";
    } else {
      out.append(text, 0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

// The names that stand in the text for a metric.
std::vector<std::string> names_of(MetricType type, std::string_view name) {
  std::vector<std::string> names{std::string(name)};
  if (type == kHistogram) {
    for (const char* suffix : {"_bucket", "_sum", "_count"}) names.push_back(std::string(name) + suffix);
  }
  return names;
}

// `a="1",b="2"`, sorted by name, or why not.
Result<std::string> label_text(std::string_view metric, const Labels& first, const Labels& second) {
  std::map<std::string_view, std::string_view> sorted;
  for (const Labels* labels : {&first, &second}) {
    for (const auto& [name, value] : *labels) {
      if (!is_name(name, false) || name.starts_with("__") || name == "le") {
        return Error{fmt::format(
            "metric \"{}\": \"{}\" is no label name: use letters, digits and '_', no digit first, "
            "not \"__…\" nor \"le\"",
            metric, name)};
      }
      if (value.size() > kMaxValue) {
        return Error{
            fmt::format("metric \"{}\": the value of label \"{}\" has {} bytes; at most {} are allowed",
                        metric, name, value.size(), kMaxValue)};
      }
      if (!sorted.emplace(name, value).second) {
        return Error{fmt::format("metric \"{}\": label \"{}\" is given twice", metric, name)};
      }
    }
  }
  if (sorted.size() > kMaxLabels) {
    return Error{
        fmt::format("metric \"{}\": {} labels; at most {} are allowed", metric, sorted.size(), kMaxLabels)};
  }
  std::string text;
  for (const auto& [name, value] : sorted) {
    if (!text.empty()) text += ',';
    fmt::format_to(std::back_inserter(text), "{}=\"{}\"", name, escaped(value, true));
  }
  return text;
}

}  // namespace

// The memory of all series: chunks of kColumnStride cells per column that never move. Taken on the control
// thread, given back by whoever drops a series last.
class CellStore {
 public:
  explicit CellStore(std::size_t columns) : columns_(columns) {}

  // `count` is 1 or Histogram::kCells. Zeroed; null when there is no room left.
  MetricCell* take(std::size_t count) {
    const std::lock_guard lock(mutex_);
    std::vector<MetricCell*>& pool = count == 1 ? singles_ : blocks_;
    if (count == 1 && singles_.empty() && refill_blocks()) {
      for (std::size_t i = 0; i < kBlockCells; ++i)
        singles_.push_back(blocks_.back() + (kBlockCells - 1 - i));
      blocks_.pop_back();
    }
    if (pool.empty() && (count == 1 || !refill_blocks())) return nullptr;
    MetricCell* cells = pool.back();
    pool.pop_back();
    for (std::size_t column = 0; column < columns_; ++column) {
      for (std::size_t i = 0; i < count; ++i)
        cells[column * kColumnStride + i].store(0, std::memory_order_relaxed);
    }
    return cells;
  }

  void give_back(MetricCell* cells, std::size_t count) {
    const std::lock_guard lock(mutex_);
    (count == 1 ? singles_ : blocks_).push_back(cells);  // never grows: see refill_blocks
  }

  std::size_t columns() const { return columns_; }

 private:
  struct FreeAligned {
    void operator()(MetricCell* cells) const { ::operator delete[](cells, std::align_val_t(64)); }
  };

  bool refill_blocks() {
    if (!blocks_.empty()) return true;
    if (chunks_.size() >= kMaxChunks) return false;
    const std::size_t cells = columns_ * kColumnStride;
    void* memory = ::operator new[](cells * sizeof(MetricCell), std::align_val_t(64));
    auto* first = static_cast<MetricCell*>(memory);
    for (std::size_t i = 0; i < cells; ++i) new (first + i) MetricCell(0);
    chunks_.emplace_back(first);
    singles_.reserve(chunks_.size() * kColumnStride);
    blocks_.reserve(chunks_.size() * kColumnStride / kBlockCells);
    for (std::size_t at = kColumnStride; at != 0; at -= kBlockCells)
      blocks_.push_back(first + at - kBlockCells);
    return true;
  }

  const std::size_t columns_;
  std::mutex mutex_;
  std::vector<std::unique_ptr<MetricCell, FreeAligned>> chunks_;
  std::vector<MetricCell*> singles_;
  std::vector<MetricCell*> blocks_;
};

struct Series {
  Series(std::shared_ptr<CellStore> cell_store, MetricCell* first, std::size_t cell_count,
         std::string label_string)
      : store(std::move(cell_store)), cells(first), count(cell_count), labels(std::move(label_string)) {}
  Series(const Series&) = delete;
  Series& operator=(const Series&) = delete;
  ~Series() { store->give_back(cells, count); }

  std::uint64_t total(std::size_t cell) const {
    std::uint64_t sum = 0;
    for (std::size_t column = 0; column < store->columns(); ++column) {
      sum += cells[column * kColumnStride + cell].load(std::memory_order_relaxed);
    }
    return sum;
  }

  const std::shared_ptr<CellStore> store;
  MetricCell* const cells;
  const std::size_t count;
  const std::string labels;
  int owners = 0;  // the control thread's
};

struct Family {
  std::string name;
  std::string help;
  MetricType type;
  std::vector<std::shared_ptr<Series>> series;
};

// What is shown, sorted by name. Never changed once it is published.
struct Catalog {
  std::vector<Family> families;
};

Registry::Registry(std::size_t loops)
    : loops_(loops),
      cells_(std::make_shared<CellStore>(loops + 1)),
      catalog_(std::make_shared<const Catalog>()) {}

Registry::~Registry() = default;

std::shared_ptr<const Catalog> Registry::catalog() const {
  const std::lock_guard lock(catalog_mutex_);
  return catalog_;
}

void Registry::publish(std::shared_ptr<const Catalog> next) {
  const std::lock_guard lock(catalog_mutex_);
  catalog_.swap(next);  // `next`, now the old one, goes after the lock
}

MetricGroup& MetricGroup::operator=(MetricGroup&& other) noexcept {
  if (this != &other) {
    drop();
    registry_ = other.registry_;
    labels_ = std::move(other.labels_);
    series_ = std::move(other.series_);
    other.series_.clear();
  }
  return *this;
}

MetricGroup::~MetricGroup() { drop(); }

void MetricGroup::drop() {
  if (series_.empty()) return;
  for (const auto& series : series_) --series->owners;
  auto next = std::make_shared<Catalog>(*registry_->catalog());
  for (Family& family : next->families) {
    std::erase_if(family.series, [](const auto& series) { return series->owners == 0; });
  }
  std::erase_if(next->families, [](const Family& family) { return family.series.empty(); });
  registry_->publish(std::move(next));
  series_.clear();
}

Result<MetricCell*> MetricGroup::add(int type_number, std::string_view name, std::string_view help,
                                     const Labels& labels) {
  const auto type = static_cast<MetricType>(type_number);
  if (!is_name(name, true)) {
    return Error{fmt::format(
        "\"{}\" is no metric name: use letters, digits, '_' and ':', no digit first, at most {} bytes", name,
        kMaxName)};
  }
  if (help.size() > kMaxHelp) {
    return Error{fmt::format("metric \"{}\": the help text has {} bytes; at most {} are allowed", name,
                             help.size(), kMaxHelp)};
  }
  Result<std::string> text = label_text(name, labels_, labels);
  if (!text) return text.error();

  auto next = std::make_shared<Catalog>(*registry_->catalog());
  const std::vector<std::string> wanted = names_of(type, name);
  for (const Family& other : next->families) {
    if (other.name == name && other.type == type) continue;
    for (const std::string& taken : names_of(other.type, other.name)) {
      if (std::find(wanted.begin(), wanted.end(), taken) == wanted.end()) continue;
      return Error{
          fmt::format("metric \"{}\": the name \"{}\" belongs to the {} \"{}\" already; choose another", name,
                      taken, kTypeNames[other.type], other.name)};
    }
  }

  auto family = std::lower_bound(next->families.begin(), next->families.end(), name,
                                 [](const Family& a, std::string_view b) { return a.name < b; });
  const bool known = family != next->families.end() && family->name == name;
  if (known) {
    for (const auto& series : family->series) {
      if (series->labels != *text) continue;
      series_.push_back(series);
      ++series->owners;
      return series->cells;
    }
  } else {
    family = next->families.insert(family, Family{std::string(name), escaped(help, false), type, {}});
  }

  const std::size_t count = type == kHistogram ? Histogram::kCells : 1;
  MetricCell* cells = registry_->cells_->take(count);
  if (cells == nullptr) {
    return Error{
        fmt::format("metric \"{}\": no room for another series ({} values per loop are in use); use fewer "
                    "labels",
                    name, kMaxChunks * kColumnStride)};
  }
  auto series = std::make_shared<Series>(registry_->cells_, cells, count, std::move(*text));
  family->series.push_back(series);
  series_.push_back(series);
  ++series->owners;
  registry_->publish(std::move(next));
  return cells;
}

Result<Counter> MetricGroup::counter(std::string_view name, std::string_view help, const Labels& labels) {
  Result<MetricCell*> cells = add(kCounter, name, help, labels);
  if (!cells) return cells.error();
  return Counter(*cells);
}

Result<Gauge> MetricGroup::gauge(std::string_view name, std::string_view help, const Labels& labels) {
  Result<MetricCell*> cells = add(kGauge, name, help, labels);
  if (!cells) return cells.error();
  return Gauge(*cells);
}

Result<Histogram> MetricGroup::histogram(std::string_view name, std::string_view help, const Labels& labels) {
  Result<MetricCell*> cells = add(kHistogram, name, help, labels);
  if (!cells) return cells.error();
  return Histogram(*cells);
}

namespace {

void render_histogram(const Family& family, const Series& series, std::string& out) {
  const auto to = std::back_inserter(out);
  const std::string_view comma = series.labels.empty() ? "" : ",";
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < Histogram::kBounds; ++i) {
    count += series.total(i);
    fmt::format_to(to, "{}_bucket{{{}{}le=\"{}\"}} {}\n", family.name, series.labels, comma,
                   static_cast<double>(std::uint64_t{1} << i) / 1e6, count);
  }
  count += series.total(Histogram::kBounds);
  const std::string braced = series.labels.empty() ? std::string() : '{' + series.labels + '}';
  const std::uint64_t ns = series.total(Histogram::kSum);
  fmt::format_to(to, "{}_bucket{{{}{}le=\"+Inf\"}} {}\n", family.name, series.labels, comma, count);
  fmt::format_to(to, "{}_sum{} {}.{:09}\n", family.name, braced, ns / 1'000'000'000, ns % 1'000'000'000);
  fmt::format_to(to, "{}_count{} {}\n", family.name, braced, count);
}

}  // namespace

std::string render_prometheus(const Registry& registry) {
  const std::shared_ptr<const Catalog> catalog = registry.catalog();
  std::string out;
  const auto to = std::back_inserter(out);
  for (const Family& family : catalog->families) {
    fmt::format_to(to, "# HELP {} {}\n# TYPE {} {}\n", family.name, family.help, family.name,
                   kTypeNames[family.type]);
    for (const auto& series : family.series) {
      if (family.type == kHistogram) {
        render_histogram(family, *series, out);
        continue;
      }
      out += family.name;
      if (!series->labels.empty()) fmt::format_to(to, "{{{}}}", series->labels);
      const std::uint64_t total = series->total(0);
      if (family.type == kGauge) {
        fmt::format_to(to, " {}\n", static_cast<std::int64_t>(total));
      } else {
        fmt::format_to(to, " {}\n", total);
      }
    }
  }
  return out;
}

}  // namespace evloom::observe
