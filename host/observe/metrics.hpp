// Metrics: counters, gauges and histograms that every loop counts for itself and any thread may add up.
// Series are registered on the control thread, also while loops run; each has one cell per loop in a cache
// line that no other loop writes, so counting is a plain load and store. The Registry owns the cells, a
// MetricGroup the series.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.hpp"

namespace evloom::observe {

class CellStore;
class Registry;
struct Catalog;
struct Series;

using Labels = std::vector<std::pair<std::string, std::string>>;

using MetricCell = std::atomic<std::uint64_t>;

// Cells between two columns' cells of one series. A column is the place of one writer: loop 0, 1, … and,
// last, the control thread (Registry::control_column).
inline constexpr std::size_t kColumnStride = 512;

// Handles: small, copyable, valid as long as the MetricGroup that gave them. One that was default-constructed
// counts nowhere. `column` must be the caller's own. [loop of that column]
class Counter {
 public:
  Counter() = default;
  void add(std::size_t column, std::uint64_t n = 1) const {
    if (cells_ == nullptr) return;
    MetricCell& cell = cells_[column * kColumnStride];
    cell.store(cell.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
  }
  // For a count that is kept elsewhere and only shown here; it must never go down.
  void set(std::size_t column, std::uint64_t value) const {
    if (cells_ != nullptr) cells_[column * kColumnStride].store(value, std::memory_order_relaxed);
  }

 private:
  friend class MetricGroup;
  explicit Counter(MetricCell* cells) : cells_(cells) {}
  MetricCell* cells_ = nullptr;
};

// A value that goes up and down; the columns are added up.
class Gauge {
 public:
  Gauge() = default;
  void add(std::size_t column, std::int64_t n) const {
    if (cells_ == nullptr) return;
    MetricCell& cell = cells_[column * kColumnStride];
    cell.store(cell.load(std::memory_order_relaxed) + static_cast<std::uint64_t>(n),
               std::memory_order_relaxed);
  }
  void set(std::size_t column, std::int64_t value) const {
    if (cells_ == nullptr) return;
    cells_[column * kColumnStride].store(static_cast<std::uint64_t>(value), std::memory_order_relaxed);
  }

 private:
  friend class MetricGroup;
  explicit Gauge(MetricCell* cells) : cells_(cells) {}
  MetricCell* cells_ = nullptr;
};

// Durations in buckets whose upper bounds double: 1 us, 2 us, … 67.1 s, then +Inf.
class Histogram {
 public:
  static constexpr std::size_t kBounds = 27;        // the last is 2^26 us
  static constexpr std::size_t kSum = kBounds + 1;  // the cell after the buckets: the sum, in ns
  static constexpr std::size_t kCells = kSum + 1;

  Histogram() = default;
  void observe_ns(std::size_t column, std::int64_t duration) const {
    if (cells_ == nullptr) return;
    const std::uint64_t ns = duration < 0 ? 0 : static_cast<std::uint64_t>(duration);
    MetricCell* mine = cells_ + column * kColumnStride;
    MetricCell& bucket = mine[bucket_of(ns)];
    bucket.store(bucket.load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
    mine[kSum].store(mine[kSum].load(std::memory_order_relaxed) + ns, std::memory_order_relaxed);
  }

  // The first bucket whose bound (2^index us) is not below `ns`.
  static constexpr std::size_t bucket_of(std::uint64_t ns) {
    const std::uint64_t us = ns / 1000 + (ns % 1000 != 0 ? 1 : 0);
    if (us <= 1) return 0;
    const std::size_t bucket = static_cast<std::size_t>(std::bit_width(us - 1));
    return bucket < kBounds ? bucket : kBounds;
  }

 private:
  friend class MetricGroup;
  explicit Histogram(MetricCell* cells) : cells_(cells) {}
  MetricCell* cells_ = nullptr;
};

// The series of one owner (a part of the host, a plugin instance): hidden when it goes. [control]
// Two groups that ask for the same name and labels share the series, so the counts of an instance go on when
// the next one takes over; the series is hidden with the last of them. No loop may use its handles when a
// group is destroyed.
class MetricGroup {
 public:
  MetricGroup(MetricGroup&&) noexcept = default;
  MetricGroup& operator=(MetricGroup&& other) noexcept;
  MetricGroup(const MetricGroup&) = delete;
  MetricGroup& operator=(const MetricGroup&) = delete;
  ~MetricGroup();

  // Registers a series, or fails with a text: a name or label that Prometheus does not allow, the name taken
  // by another type, no room left. The group's own labels are added. Values: any UTF-8, 128 bytes at most.
  Result<Counter> counter(std::string_view name, std::string_view help, const Labels& labels = {});
  Result<Gauge> gauge(std::string_view name, std::string_view help, const Labels& labels = {});
  // Shown in seconds, so `name` should end in "_seconds".
  Result<Histogram> histogram(std::string_view name, std::string_view help, const Labels& labels = {});

 private:
  friend class Registry;
  MetricGroup(Registry* registry, Labels labels) : registry_(registry), labels_(std::move(labels)) {}
  void drop();
  Result<MetricCell*> add(int type, std::string_view name, std::string_view help, const Labels& labels);

  Registry* registry_;
  Labels labels_;
  std::vector<std::shared_ptr<Series>> series_;
};

class Registry {
 public:
  // For `loops` loops and the control thread. [control]
  explicit Registry(std::size_t loops);
  ~Registry();  // after all groups
  Registry(const Registry&) = delete;
  Registry& operator=(const Registry&) = delete;

  std::size_t loops() const { return loops_; }
  std::size_t control_column() const { return loops_; }

  // A new owner of series; `labels` go to each of them. [control]
  MetricGroup group(Labels labels = {}) { return MetricGroup(this, std::move(labels)); }

  // The Prometheus text format, version 0.0.4. The figures are those of about the same moment. Takes a mutex
  // only to copy one pointer. [any]
  friend std::string render_prometheus(const Registry& registry);

 private:
  friend class MetricGroup;
  std::shared_ptr<const Catalog> catalog() const;
  void publish(std::shared_ptr<const Catalog> next);

  const std::size_t loops_;
  const std::shared_ptr<CellStore> cells_;
  mutable std::mutex catalog_mutex_;  // held while the pointer is copied, no longer
  std::shared_ptr<const Catalog> catalog_;
};

std::string render_prometheus(const Registry& registry);

inline constexpr std::string_view kPrometheusContentType = "text/plain; version=0.0.4; charset=utf-8";

}  // namespace evloom::observe
