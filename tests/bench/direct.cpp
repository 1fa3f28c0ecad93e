// direct: the technique evloom grows from, as one program and nothing besides: an evthr pool, one async
// hiredis connection per thread on that thread's own event_base, and a request that is held until the last of
// its four commands is answered. A request and its Redis connection live on the thread that accepted it, so
// there is no lock. It is what evloom must agree with to the byte, on the same Redis, and the baseline of its
// measurements; it has the limits of an example on purpose: IPv4 alone, no deadlines, an answer of 503 when
// Redis is away.
//
//   direct --port 9090 --redis-port 6379 --threads 2
#include <arpa/inet.h>
#include <evhtp.h>
#include <hiredis/adapters/libevent.h>
#include <hiredis/async.h>
#include <netinet/in.h>
#include <signal.h>

#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

namespace {

struct Options {
  std::uint16_t port = 9090;
  std::uint16_t redis_port = 6379;
  int threads = 2;
};

// One request while Redis works for it. Made when it comes, freed by the last reply's callback.
struct Pending {
  evhtp_request_t* request;
  long long total = 0;
  long long from_address = 0;
  bool port_is_new = false;
  bool failed = false;
};

// The integer of a reply; NULL is what hiredis gives when the connection is lost.
long long integer_of(void* raw, Pending& pending) {
  const auto* reply = static_cast<const redisReply*>(raw);
  if (reply && reply->type == REDIS_REPLY_INTEGER) return reply->integer;
  pending.failed = true;
  return 0;
}

void on_total(redisAsyncContext*, void* reply, void* context) {
  auto& pending = *static_cast<Pending*>(context);
  pending.total = integer_of(reply, pending);
}

void on_from_address(redisAsyncContext*, void* reply, void* context) {
  auto& pending = *static_cast<Pending*>(context);
  pending.from_address = integer_of(reply, pending);
}

void on_port_added(redisAsyncContext*, void* reply, void* context) {
  auto& pending = *static_cast<Pending*>(context);
  pending.port_is_new = integer_of(reply, pending) == 1;
}

void on_ports(redisAsyncContext*, void* raw, void* context) {
  const std::unique_ptr<Pending> pending(static_cast<Pending*>(context));
  const auto* reply = static_cast<const redisReply*>(raw);
  if (!reply || reply->type != REDIS_REPLY_ARRAY) pending->failed = true;
  evbuffer* out = pending->request->buffer_out;
  if (!pending->failed) {
    evbuffer_add_printf(out, "Total requests = %lld\nRequests from this source IP = %lld\n", pending->total,
                        pending->from_address);
    evbuffer_add_printf(out, "This source port has %s.\n",
                        pending->port_is_new ? "never been seen" : "been seen already");
    evbuffer_add_printf(out, "source ports which have been seen for your ip:\n");
    for (std::size_t i = 0; i < reply->elements; ++i) {
      evbuffer_add(out, reply->element[i]->str, static_cast<std::size_t>(reply->element[i]->len));
      evbuffer_add(out, " ", 1);
    }
    evbuffer_add(out, "\n", 1);
  }
  evhtp_send_reply(pending->request, pending->failed ? EVHTP_RES_SERVUNAVAIL : EVHTP_RES_OK);
  evhtp_request_resume(pending->request);
}

void on_request(evhtp_request_t* request, void*) {
  const evhtp_connection_t* connection = evhtp_request_get_connection(request);
  const auto* from = reinterpret_cast<const sockaddr_in*>(connection->saddr);
  char ip[INET_ADDRSTRLEN];
  inet_ntop(AF_INET, &from->sin_addr, ip, sizeof ip);

  auto* redis = static_cast<redisAsyncContext*>(evthr_get_aux(connection->thread));
  auto* pending = new Pending{request};
  evhtp_request_pause(request);
  redisAsyncCommand(redis, on_total, pending, "INCR requests:total");
  redisAsyncCommand(redis, on_from_address, pending, "INCR requests:ip:%s", ip);
  redisAsyncCommand(redis, on_port_added, pending, "SADD requests:ip:%s:ports %d", ip, ntohs(from->sin_port));
  if (redisAsyncCommand(redis, on_ports, pending, "SMEMBERS requests:ip:%s:ports", ip) != REDIS_OK)
    on_ports(redis, nullptr, pending);  // not connected: none of the four was queued
}

void on_thread_start(evhtp_t*, evthr_t* thread, void* context) {
  const auto& options = *static_cast<const Options*>(context);
  redisAsyncContext* redis = redisAsyncConnect("127.0.0.1", options.redis_port);
  if (!redis || redis->err || redisLibeventAttach(redis, evthr_get_base(thread)) != REDIS_OK) {
    fprintf(stderr, "direct: cannot connect to Redis on port %d\n", options.redis_port);
    exit(1);
  }
  evthr_set_aux(thread, redis);
}

void on_thread_exit(evhtp_t*, evthr_t* thread, void*) {
  redisAsyncFree(static_cast<redisAsyncContext*>(evthr_get_aux(thread)));
}

void on_signal(evutil_socket_t, short, void* base) { event_base_loopbreak(static_cast<event_base*>(base)); }

bool parse(int argc, char** argv, Options& options) {
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i], text = argv[i + 1];
    int value = 0;
    if (std::from_chars(text.data(), text.data() + text.size(), value).ptr != text.data() + text.size() ||
        value <= 0 || value > 65535)
      return false;
    if (name == "--port")
      options.port = static_cast<std::uint16_t>(value);
    else if (name == "--redis-port")
      options.redis_port = static_cast<std::uint16_t>(value);
    else if (name == "--threads")
      options.threads = value;
    else
      return false;
  }
  return argc % 2 == 1;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  if (!parse(argc, argv, options)) {
    fprintf(stderr, "usage: direct [--port N] [--redis-port N] [--threads N]\n");
    return 2;
  }
  event_base* base = event_base_new();
  evhtp_t* server = evhtp_new(base, nullptr);
  evhtp_set_gencb(server, on_request, nullptr);
  evhtp_use_threads_wexit(server, on_thread_start, on_thread_exit, options.threads, &options);
  if (evhtp_bind_socket(server, "127.0.0.1", options.port, 1024) != 0) {
    fprintf(stderr, "direct: cannot listen on 127.0.0.1:%d\n", options.port);
    return 1;
  }
  event* stop = evsignal_new(base, SIGTERM, on_signal, base);
  event_add(stop, nullptr);
  fprintf(stderr, "direct: listening on http://127.0.0.1:%d\n", options.port);
  event_base_loop(base, 0);

  event_free(stop);
  evhtp_unbind_socket(server);
  evhtp_free(server);
  event_base_free(base);
  return 0;
}
