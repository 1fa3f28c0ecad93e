#include "change/report.hpp"

namespace evloom::change {

std::string_view to_string(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::start:
      return "start";
    case ChangeKind::reload:
      return "reload";
    case ChangeKind::swap:
      return "swap";
    case ChangeKind::rollback:
      return "rollback";
  }
  return "change";
}

std::string_view to_string(Outcome outcome) {
  switch (outcome) {
    case Outcome::running:
      return "running";
    case Outcome::serving:
      return "serving";
    case Outcome::unchanged:
      return "unchanged";
    case Outcome::refused:
      return "refused";
    case Outcome::failed:
      return "failed";
  }
  return "unknown";
}

std::string_view to_string(EpochState state) {
  switch (state) {
    case EpochState::serving:
      return "serving";
    case EpochState::draining:
      return "draining";
    case EpochState::standby:
      return "standby";
    case EpochState::retiring:
      return "retiring";
  }
  return "unknown";
}

}  // namespace evloom::change
