// "evloom.host.render/1" of this host; its checks are in render_table.hpp. [loop]
#include <algorithm>
#include <array>
#include <memory>
#include <new>
#include <span>
#include <string>
#include <utility>

#include "epoch/answer.hpp"
#include "epoch/list.hpp"
#include "epoch/services.hpp"
#include "epoch/services/check.hpp"
#include "epoch/services/render_table.hpp"

namespace evloom::epoch {

namespace {

constexpr http::Header kVary[] = {{"Vary", "Accept"}};
// A smaller answer is copied where the socket does not take it at once; a larger one is kept until it has.
constexpr std::size_t kCopied = std::size_t{16} << 10;
constexpr std::size_t kWorthKeeping = 32;  // items of a list

static_assert(std::tuple_size_v<Answer::Pieces> == 1 + http::Body::kMostMore);

// An answer on its way out, and where it goes back to.
struct Sent {
  AnswerPool& pool;
  std::unique_ptr<Answer> answer;

  static void release(void* context) {
    std::unique_ptr<Sent> self(static_cast<Sent*>(context));
    self->pool.give_back(std::move(self->answer));
  }
};

evl_status begin(Request* request, std::uint32_t status, evl_rendering* rendering) {
  const Offer* offer = request->offer();
  request->rendering = request->host().answers().take();
  request->rendered_status = status;
  rendering->format = offer->table;
  rendering->instance = offer->instance->object();
  rendering->slot = offer->instance->slot(request->host().loop());
  rendering->writer = request->rendering.get();
  const evl_status begun = offer->instance->call(
      "begin", [&] { return offer->table->begin(rendering->instance, rendering->slot, rendering->writer); });
  if (begun != EVL_OK) request->rendering->failed = true;
  return begun;
}

evl_status finish(Request* request) {
  const Offer& offer = *request->offer();
  std::unique_ptr<Answer> answer = std::move(request->rendering);
  const evl_status status = offer.instance->call("end", [&] {
    return offer.table->end(offer.instance->object(), offer.instance->slot(request->host().loop()),
                            answer.get());
  });
  AnswerPool& pool = request->host().answers();
  if (status != EVL_OK || answer->failed) {
    pool.give_back(std::move(answer));
    request->fail(EVL_E_INTERNAL, "the answer could not be rendered");
    return status != EVL_OK ? status : EVL_E_LIMIT;
  }
  http::Reply reply;
  reply.status = static_cast<std::uint16_t>(request->rendered_status);
  reply.content_type = offer.table->media_type;
  if (request->route().offers.size() > 1) reply.headers = kVary;
  Answer::Pieces room;
  const auto pieces = answer->pieces(room);
  reply.body.bytes = pieces.front().bytes;  // never a fragment
  reply.body.more = pieces.subspan(1);
  if (answer->bytes() > kCopied) {
    reply.body.release = &Sent::release;
    reply.body.context = new Sent{pool, std::move(answer)};
    request->answer(reply);
    return EVL_OK;
  }
  request->answer(reply);
  pool.give_back(std::move(answer));
  return EVL_OK;
}

evl_status items(Request* request, evl_rendering* rendering, const evl_result* result, evl_value_kind kind) {
  Answer& answer = *request->rendering;
  const Offer& offer = *request->offer();
  const std::span<const evl_bytes> list(result->items, result->item_count);
  const auto write = [&] {
    return offer.instance->call("items", [&] { return write_list(*rendering, list, kind); });
  };
  if (result->version == 0 || list.size() < kWorthKeeping) return write();

  Fragments& fragments = request->host().fragments();
  const Fragments::Key key{result->version, result->origin, offer.instance->serial(), kind,
                           std::to_array(answer.scratch)};
  if (std::shared_ptr<const Fragment> kept = fragments.find(key)) {
    std::copy(kept->scratch.begin(), kept->scratch.end(), answer.scratch);
    return answer.append(std::move(kept));
  }
  const std::size_t before = answer.written().size();
  const evl_status status = write();
  if (status != EVL_OK) return status;
  const std::string_view made = answer.written().substr(before);
  try {
    fragments.keep(
        key, std::make_shared<Fragment>(std::string(made), std::to_array(answer.scratch), nullptr, nullptr));
  } catch (const std::bad_alloc&) {
    // It is written: that it is not kept costs time, no more.
  }
  return EVL_OK;
}

struct RenderSide {
  static Request* checked(evl_request* raw) { return epoch::checked(raw); }
  static bool begun(const Request* request) { return request->rendering != nullptr; }
  static bool renders(const Request* request) { return request->offer() != nullptr; }
  static constexpr auto begin = &epoch::begin;
  static constexpr auto finish = &epoch::finish;
  static constexpr auto items = &epoch::items;
};

}  // namespace

const evl_render_access kRenderAccess = RenderTable<RenderSide>::kTable;

}  // namespace evloom::epoch
