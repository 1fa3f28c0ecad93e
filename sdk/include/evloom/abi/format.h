/* "evloom.format/1": turns an answer into bytes of one media type.
 *
 * A handler describes its answer once, as fields, lists and records; every format can render it. A field has
 * a name for machines and words for people, and each format takes what it can use.
 */
#ifndef EVLOOM_ABI_FORMAT_H
#define EVLOOM_ABI_FORMAT_H

#include "request.h"
#include "store.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The ids of evl_format, which a plugin offers, and of evl_render_access, which the host offers. */
#define EVL_FORMAT "evloom.format/1"
#define EVL_HOST_RENDER "evloom.host.render/1"

/* What a value is, and which field of it counts. */
typedef uint32_t evl_value_kind;
enum {
  EVL_VALUE_NULL = 0,    /* nothing */
  EVL_VALUE_BOOLEAN = 1, /* integer: 0 or 1 */
  EVL_VALUE_INTEGER = 2, /* integer */
  EVL_VALUE_NUMBER = 3,  /* number */
  EVL_VALUE_TEXT = 4,    /* text, UTF-8; a format must cope with bytes that are not */
  EVL_VALUE_DIGITS = 5   /* text that holds a whole number in decimal, as a store gave it */
};

/* One value of an answer. */
typedef struct evl_value {
  uint32_t size;       /* the stride of an array of values */
  evl_value_kind kind; /* EVL_VALUE_* */
  int64_t integer;     /* of a boolean or an integer */
  double number;       /* of a number */
  evl_bytes text;      /* of a text or digits */
} evl_value;

/* What a value is called. */
typedef struct evl_field {
  uint32_t size;
  uint32_t reserved;
  evl_bytes name;     /* for machines: "requests_total" */
  evl_bytes label;    /* for people: "Total requests" */
  evl_bytes sentence; /* when not empty: says name and value at once, in place of "label = value" */
} evl_field;

/* Where a format writes. Bytes go to [cursor, limit); `grow` makes room for `need` more and may move both. */
typedef struct evl_writer {
  uint32_t size;
  uint32_t reserved;
  char* cursor; /* the next byte goes here */
  char* limit;  /* and none from here on */
  evl_status (*grow)(struct evl_writer* writer,
                     size_t need); /* EVL_E_LIMIT when the answer is too large. [loop] */
  uint64_t scratch[4];             /* the format's own, zero at begin */
} evl_writer;

/* Appends bytes. [loop] */
static inline evl_status evl_write(evl_writer* writer, const char* data, size_t size) {
  if ((size_t)(writer->limit - writer->cursor) < size) {
    evl_status status = writer->grow(writer, size);
    if (status != EVL_OK) return status;
  }
  if (size != 0) memcpy(writer->cursor, data, size);
  writer->cursor += size;
  return EVL_OK;
}

/* Every function but the last returns EVL_OK or why the rendering cannot go on. Calls come as
 * begin (field | list items* end | record (field | list | record ...) end)* end, `end` closing the innermost;
 * the depth is at most 8. Items of a list are scalars. */
typedef struct evl_format {
  uint32_t size;
  uint32_t reserved;
  const char* media_type; /* as sent: "text/plain; charset=utf-8" */

  evl_status (*begin)(void* instance, void* slot, evl_writer* writer); /* [loop] */
  evl_status (*field)(void* instance, void* slot, evl_writer* writer, const evl_field* field,
                      const evl_value* value);                                                  /* [loop] */
  evl_status (*list)(void* instance, void* slot, evl_writer* writer, const evl_field* field);   /* [loop] */
  evl_status (*record)(void* instance, void* slot, evl_writer* writer, const evl_field* field); /* [loop] */
  evl_status (*items)(void* instance, void* slot, evl_writer* writer, const evl_value* values,
                      size_t count);                                 /* [loop] */
  evl_status (*end)(void* instance, void* slot, evl_writer* writer); /* [loop] */
} evl_format;

/* A rendering under way: the handler calls the format's functions with these. */
typedef struct evl_rendering {
  uint32_t size;
  uint32_t reserved;
  const evl_format* format; /* its functions get what follows */
  void* instance;           /* the format's */
  void* slot;               /* the format's, on this loop */
  evl_writer* writer;       /* of this answer */
} evl_rendering;

/* Begins and ends an answer that is rendered. */
typedef struct evl_render_access {
  uint32_t size;

  /* Begins an answer in the format that was chosen for this request (the format's begin has been called).
   * `rendering->size` is set by the caller. EVL_E_STATE: the request has been answered or is being rendered,
   * or this is not the thread of its loop. [loop] */
  evl_status (*begin)(evl_request* request, uint32_t status, evl_rendering* rendering);

  /* Ends and sends it (the handler does not call the outermost end itself). When any of the format's
   * functions failed the answer is 500. A completion. [loop] */
  evl_status (*finish)(evl_request* request);

  /* Gives the format the items of a store's result, each as a value of `kind` (EVL_VALUE_TEXT or
   * EVL_VALUE_DIGITS), as calls of its `items` would. What the format made of them is kept, by version and
   * origin of the result, and used again while they stay the same. EVL_E_INVALID: the result has another
   * status than EVL_OK, or the kind is another; else what the format returns. [loop] */
  evl_status (*items)(evl_request* request, evl_rendering* rendering, const evl_result* result,
                      evl_value_kind kind);
} evl_render_access;

#ifdef __cplusplus
}
#endif
#endif
