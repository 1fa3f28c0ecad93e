#include "change/journal.hpp"

#include <algorithm>

namespace evloom::change {

namespace {

// "12.3 ms"
std::string in_milliseconds(std::chrono::nanoseconds duration) {
  return fmt::format("{:.1f} ms", static_cast<double>(duration.count()) / 1e6);
}

std::string title(const ChangeReport& change) {
  std::string text = fmt::format("change {}: {}", change.number, to_string(change.kind));
  if (!change.subject.empty()) text += ' ' + change.subject;
  return text;
}

}  // namespace

void Journal::open(ChangeKind kind, std::string subject, std::string by) {
  std::lock_guard lock(mutex_);
  ChangeReport change;
  change.number = ++count_;
  change.kind = kind;
  change.subject = std::move(subject);
  change.by = std::move(by);
  change.began = std::chrono::system_clock::now();
  began_ = Clock::now();
  open_ = true;
  in_step_ = false;
  changes_.push_front(std::move(change));
  if (changes_.size() > kKept) changes_.pop_back();
  logger_.info("{}, asked by {}", title(changes_.front()), changes_.front().by);
}

void Journal::end_step() {
  if (!in_step_) return;
  in_step_ = false;
  ChangeReport& change = changes_.front();
  StepReport& step = change.steps.back();
  step.took = Clock::now() - step_began_;
  logger_.info("change {}: {} {}{}{}", change.number, step.name, in_milliseconds(step.took),
               step.text.empty() ? "" : ": ", step.text);
}

void Journal::step(std::string_view name) {
  std::lock_guard lock(mutex_);
  if (!open_) return;
  end_step();
  changes_.front().steps.push_back({std::string(name), {}, {}});
  step_began_ = Clock::now();
  in_step_ = true;
}

void Journal::say(std::string text) {
  std::lock_guard lock(mutex_);
  if (!in_step_) return;
  std::string& all = changes_.front().steps.back().text;
  all += (all.empty() ? "" : "; ") + text;
}

void Journal::edit(const std::function<void(ChangeReport&)>& body) {
  std::lock_guard lock(mutex_);
  if (open_) body(changes_.front());
}

std::string Journal::current_step() const {
  std::lock_guard lock(mutex_);
  return in_step_ ? changes_.front().steps.back().name : std::string();
}

ChangeReport Journal::close(Outcome outcome) {
  std::lock_guard lock(mutex_);
  ChangeReport& change = changes_.front();
  end_step();
  change.outcome = outcome;
  change.took = Clock::now() - began_;
  open_ = false;
  switch (outcome) {
    case Outcome::serving: {
      std::string builds;
      for (const BuiltReport& built : change.built)
        builds += fmt::format("{} {} build {}", builds.empty() ? ": now serving" : ",", built.instance,
                              built.build_id.substr(0, 12));
      logger_.info("{}: epoch {} serves after {}{}{}", title(change), change.epoch,
                   in_milliseconds(change.took),
                   change.before ? fmt::format("; {} requests are pinned to epoch {}", change.before->pinned,
                                               change.before->epoch)
                                 : std::string(),
                   builds);
      break;
    }
    case Outcome::unchanged:
      logger_.info("{}: nothing has changed; epoch {} serves on", title(change), change.epoch);
      break;
    default:
      logger_.error("{} {}: {}; {}", title(change), to_string(outcome), change.error,
                    change.kind == ChangeKind::start ? std::string("this process does not serve")
                                                     : fmt::format("epoch {} serves on", change.epoch));
      break;
  }
  return change;
}

void Journal::amend(std::uint64_t epoch_before, const std::function<void(ChangeReport::Before&)>& body) {
  std::lock_guard lock(mutex_);
  for (ChangeReport& change : changes_)
    if (change.before && change.before->epoch == epoch_before) return body(*change.before);
}

std::vector<ChangeReport> Journal::history() const {
  std::lock_guard lock(mutex_);
  std::vector<ChangeReport> all(changes_.begin(), changes_.end());
  if (open_) all.erase(all.begin());
  return all;
}

std::optional<ChangeReport> Journal::current() const {
  std::lock_guard lock(mutex_);
  if (!open_) return std::nullopt;
  return changes_.front();
}

std::uint64_t Journal::count() const {
  std::lock_guard lock(mutex_);
  return count_;
}

}  // namespace evloom::change
