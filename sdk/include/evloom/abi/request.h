/* "evloom.host.request/1": what a handler may ask a request, and how it answers.
 *
 * A request belongs to the loop that accepted it. Its pointer is valid from on_request until on_finish has
 * returned; bytes read from it likewise. Exactly one completion (respond, fail, or finish of a rendering)
 * counts; a second one is refused with EVL_E_STATE and counted as misbehaviour.
 */
#ifndef EVLOOM_ABI_REQUEST_H
#define EVLOOM_ABI_REQUEST_H

#include "host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The id of evl_request_access. */
#define EVL_HOST_REQUEST "evloom.host.request/1"

/* One header line. */
typedef struct evl_header {
  evl_bytes name;  /* as it was sent */
  evl_bytes value; /* without blanks at its ends */
} evl_header;

/* What kind of address a peer has. */
typedef int32_t evl_peer_family;
enum {
  EVL_PEER_IPV4 = 4, /* four numbers */
  EVL_PEER_IPV6 = 6, /* colons */
  EVL_PEER_UNIX = 1  /* a local process */
};

/* The other end of the connection. */
typedef struct evl_peer {
  uint32_t size;
  evl_peer_family family; /* EVL_PEER_* */
  evl_bytes address;      /* "192.0.2.1", "2001:db8::1", or "unix:<uid>" of a local process */
  uint32_t port;          /* source port; of a unix peer its process id */
} evl_peer;

/* An answer in bytes. */
typedef struct evl_response {
  uint32_t size;
  uint32_t status;           /* 200 ... 599 */
  evl_bytes media_type;      /* Content-Type; empty: none is sent */
  const evl_header* headers; /* further ones; Content-Length, Connection, Date and the like are the host's */
  size_t header_count;       /* of `headers` */
  evl_bytes body;            /* Content-Length is its size */

  /* NULL: the host copies `body` before respond returns. Else it refers to `body` and calls this once, on the
   * loop, when the bytes are sent or given up; only when respond gave EVL_OK, else they stay the caller's.
   * [loop] */
  void (*release)(void* context);
  void* release_context;
} evl_response;

/* Names a suspended request beyond its lifetime; 0 names none. */
typedef uint64_t evl_ticket;

/* Reads and answers requests. */
typedef struct evl_request_access {
  uint32_t size;

  evl_bytes (*method)(const evl_request* request);          /* "GET". [loop] */
  evl_bytes (*target)(const evl_request* request);          /* as it was sent: "/a%20b?x=1". [loop] */
  evl_bytes (*path)(const evl_request* request);            /* decoded and normalised: "/a b". [loop] */
  evl_bytes (*body)(const evl_request* request);            /* the whole, decoded of its chunks. [loop] */
  void (*peer)(const evl_request* request, evl_peer* peer); /* `peer->size` set by the caller. [loop] */
  evl_loop* (*loop)(const evl_request* request);            /* the one that it belongs to. [loop] */

  /* EVL_OK and the value, or EVL_E_NOT_FOUND. `param` is a {name} of the route's path, `query` the first of
   * that name, decoded, empty for "?name". Header names compare without case; of several the first is given.
   * [loop] */
  evl_status (*param)(const evl_request* request, evl_bytes name, evl_bytes* value);
  evl_status (*query)(const evl_request* request, evl_bytes name, evl_bytes* value);
  evl_status (*header)(const evl_request* request, evl_bytes name, evl_bytes* value);

  /* The header at `index` in order of arrival; EVL_E_NOT_FOUND past the last. [loop] */
  evl_status (*header_at)(const evl_request* request, size_t index, evl_header* header);

  /* Memory that lives as long as the request and as the store operations it submitted; `alignment` is a power
   * of two, at most 64. NULL when the request has used too much. [loop] */
  void* (*allocate)(evl_request* request, size_t size, size_t alignment);

  /* A pointer of the handler's own, NULL at first: how on_cancel and on_finish find what on_request began.
   * [loop] */
  void (*set_user)(evl_request* request, void* user);
  void* (*user)(const evl_request* request);

  /* Answers. EVL_E_INVALID: a header name or value, or the status, is not allowed in HTTP (the request can
   * still be answered). EVL_E_STATE: it has been answered, or this is not the thread of its loop. [loop] */
  evl_status (*respond)(evl_request* request, const evl_response* response);

  /* Answers with the status code that fits `why` and `text` as its one-line body: 400 for EVL_E_INVALID, 404
   * for EVL_E_NOT_FOUND, 503 with Retry-After for what lies with the server and may pass (EVL_E_UNAVAILABLE,
   * EVL_E_TIMEOUT, EVL_E_UNKNOWN, EVL_E_OVERLOADED, EVL_E_DENIED, EVL_E_NO_SPACE, EVL_E_CANCELLED), else 500.
   * EVL_E_STATE as of `respond`. [loop] */
  evl_status (*fail)(evl_request* request, evl_status why, evl_bytes text);

  /* Holds the request beyond on_request. The ticket may be kept by whoever answers later; 0 when the request
   * has been answered. Submitting to a store holds the request by itself. [loop] */
  evl_ticket (*suspend)(evl_request* request);

  /* The request of a ticket, or NULL when it has been answered, cancelled or has passed its deadline: a stale
   * ticket is detected, never followed. Ends the hold: answer, suspend again or submit before returning.
   * [loop] */
  evl_request* (*resume)(const evl_host* host, evl_loop* loop, evl_ticket ticket);
} evl_request_access;

#ifdef __cplusplus
}
#endif
#endif
