// board: a handler that keeps state across a swap. POST puts a line on the board, GET shows the last ones; a
// new build of the plugin, also one whose state looks different, goes on with the lines that are there.
//
// What is on the board belongs to all loops: a mutex guards it, held for a push or a copy and for nothing
// that waits. The host takes the state over with every loop stopped, so save and load need no lock.
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <utility>

#include "evloom/handler.hpp"
#include "evloom/state.hpp"

namespace {

class Board {
 public:
  static constexpr bool renders = true;

  Board(evl::Host, evl::Config options) : most_(static_cast<std::size_t>(options["lines"].integer())) {}

  void on_request(evl::Request& request) {
    if (request.method() == "POST") {
      if (request.body().empty())
        return void(request.fail(EVL_E_INVALID, "board: the body is the line; it is empty"));
      post(std::string(request.body()));
    }
    show(request);
  }

  // ---- evloom.state/1 [control] ----

  // Version 1 had lines alone; version 2 has the time of each in front of it, in seconds since 1970 and a
  // blank.
  static constexpr std::uint32_t state_version = 2;

  bool accepts(std::string_view plugin, std::string_view, std::uint32_t version) const {
    return plugin == "board" && (version == 1 || version == 2);
  }
  void save(evl::StateWriter out) const {
    std::size_t number = 0;
    for (const Line& line : lines_)
      out.put("line-" + std::to_string(number++), std::to_string(line.time) + ' ' + line.text);
  }
  void load(std::uint32_t version, evl::Blobs blobs) {
    for (std::size_t i = 0; i < blobs.size(); ++i) {
      const std::string data(blobs[i].data);
      const std::size_t blank = data.find(' ');
      if (version == 1) {
        keep({0, data});
      } else if (blank == std::string::npos) {
        throw evl::Failure(EVL_E_INVALID, "board: '" + std::string(blobs[i].name) + "' lacks its time");
      } else {
        keep({std::stoll(data.substr(0, blank)), data.substr(blank + 1)});
      }
    }
  }

 private:
  struct Line {
    std::int64_t time;  // 0: not known
    std::string text;
  };

  void post(std::string text) {
    using namespace std::chrono;
    const auto now = duration_cast<seconds>(system_clock::now().time_since_epoch()).count();
    const std::lock_guard lock(mutex_);
    keep({now, std::move(text)});
  }
  void keep(Line line) {
    lines_.push_back(std::move(line));
    if (lines_.size() > most_) lines_.pop_front();
  }
  void show(evl::Request& request) {
    std::deque<Line> lines;
    {
      const std::lock_guard lock(mutex_);
      lines = lines_;
    }
    evl::Rendering answer(request, 200);
    answer.field({"count", "Lines"}, evl::integer(static_cast<std::int64_t>(lines.size())));
    answer.list({"lines", "On the board"});
    for (const Line& line : lines) {
      const evl_value item = evl::text(line.text);
      answer.items({&item, 1});
    }
    answer.end();
    answer.finish();
  }

  const std::size_t most_;
  std::mutex mutex_;
  std::deque<Line> lines_;
};

}  // namespace

// A handler that offers a second interface is put together from the parts of EVL_HANDLER_PLUGIN.
EVL_PLUGIN("board", "2.0.0", "A board of lines that outlives its own code", "MIT", EVL_HANDLER " " EVL_STATE,
           "", R"({
  "type": "object",
  "properties": {
    "lines": { "type": "integer", "minimum": 1, "maximum": 1000, "default": 20, "description": "How many it shows." }
  }
})",
           (&evl::create<Board, evl_handler, evl_state>));
