// stats: counts requests, in all and per source address, and tells which source ports an address has used.
//
// Keys and figures are those of the hosts it stands beside on one store: PREFIXtotal, PREFIXip:ADDRESS and
// the set PREFIXip:ADDRESS:ports, each request counted once. One submit carries all four operations.
#include <algorithm>
#include <charconv>
#include <string>

#include "evloom/handler.hpp"

namespace {

constexpr std::size_t kMaxPrefix = 256;  // leaves room for any address in a store's 512 bytes for a key

class Stats {
 public:
  static constexpr bool renders = true;

  Stats(evl::Host, evl::Config options)
      : address_key_(options["key_prefix"].text()), total_key_(address_key_ + "total") {
    if (address_key_.size() > kMaxPrefix)
      options["key_prefix"].reject("longer than 256 bytes; choose a shorter one");
    address_key_ += "ip:";
  }

  // Called on every loop at once: changes nothing of the object.
  void on_request(evl::Request& request) const {
    evl::Store store(request);
    if (!store) {
      request.fail(EVL_E_INTERNAL, "the route of this handler names no store");
      return;
    }
    const evl::Peer peer = request.peer();
    const std::string_view ports = ports_key(request, peer.address);
    const std::string_view mine = ports.substr(0, ports.size() - kPorts.size());
    const evl_bytes port = decimal(request, peer.port);

    const evl_status status = store.submit(
        {evl::incr(total_key_), evl::incr(mine), evl::set_add(ports, {&port, 1}), evl::set_read(ports)},
        [](evl::Request& r, const evl::Results& results) { reply(r, results); });
    if (status != EVL_OK) refuse(request, status);
  }

 private:
  static constexpr std::string_view kPorts = ":ports";

  // PREFIXip:ADDRESS:ports; without its end it is the key of the address's counter.
  std::string_view ports_key(evl::Request& request, std::string_view address) const {
    const std::size_t size = address_key_.size() + address.size() + kPorts.size();
    char* const key = static_cast<char*>(request.allocate(size, 1));
    char* end = std::copy(address_key_.begin(), address_key_.end(), key);
    end = std::copy(address.begin(), address.end(), end);
    std::copy(kPorts.begin(), kPorts.end(), end);
    return {key, size};
  }

  static evl_bytes decimal(evl::Request& request, std::uint32_t number) {
    constexpr std::size_t kDigits = 10;
    char* const text = static_cast<char*>(request.allocate(kDigits, 1));
    return {text, static_cast<std::size_t>(std::to_chars(text, text + kDigits, number).ptr - text)};
  }

  static void refuse(evl::Request& request, evl_status status) {
    if (status == EVL_E_UNKNOWN) {
      request.fail(status, "this request may have been counted or not; outcome: unknown");
    } else {
      request.fail(status, std::string("the store did not count this request: ") + evl::status_name(status));
    }
  }

  static void reply(evl::Request& request, const evl::Results& results) {
    if (const evl_status status = results.status(); status != EVL_OK) return refuse(request, status);
    if (results.size() != 4) return refuse(request, EVL_E_INTERNAL);

    const evl_result& ports = results[3];
    const bool is_new = results[2].integer != 0;
    evl::Rendering answer(request, 200);
    answer.field({"requests_total", "Total requests"}, evl::integer(results[0].integer))
        .field({"requests_from_address", "Requests from this source IP"}, evl::integer(results[1].integer))
        .field({"port_is_new", "This source port is new",
                is_new ? "This source port has never been seen." : "This source port has been seen already."},
               evl::boolean(is_new))
        .list({"ports", "source ports which have been seen for your ip"});
    answer.items(ports, EVL_VALUE_DIGITS);
    answer.end();
    answer.finish();
  }

  std::string address_key_;
  std::string total_key_;
};

}  // namespace

EVL_HANDLER_PLUGIN(Stats, "stats", "1.0.0", "Counts requests per source address and the ports it has used",
                   "MIT", EVL_HOST_STORE, R"({
  "type": "object",
  "properties": {
    "key_prefix": {
      "type": "string", "default": "requests:",
      "description": "What every key in the store begins with, at most 256 bytes."
    }
  }
})");
