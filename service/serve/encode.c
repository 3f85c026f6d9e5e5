/* Lives here: compression of answers (RFC 9110 section 8.4, RFC 1952), for clients that ask. A
 * compressed representation has an ETag of its own: the same with -gzip before the closing
 * quote. */
#include "serve/steps.h"

#include <string.h>
#include <strings.h>
#define ZLIB_CONST /* next_in is const */
#include <zlib.h>

#define WORTH_BYTES 1024
#define LEVEL 4
#define GZIP_WINDOW (15 + 16) /* zlib: the largest window, with gzip's header */
#define MEMORY_LEVEL 8

const char *gzip_bytes(const char *bytes, size_t length, size_t *packed_length,
                       struct arena *arena)
{
    z_stream stream = {0};
    unsigned char *packed;
    bool smaller;

    if (deflateInit2(&stream, LEVEL, Z_DEFLATED, GZIP_WINDOW, MEMORY_LEVEL,
                     Z_DEFAULT_STRATEGY) != Z_OK)
        return NULL;
    packed = arena_alloc(arena, length);
    stream.next_in = (const Bytef *)bytes;
    stream.avail_in = (uInt)length;
    stream.next_out = packed;
    stream.avail_out = (uInt)length;
    smaller = deflate(&stream, Z_FINISH) == Z_STREAM_END;
    *packed_length = length - stream.avail_out;
    deflateEnd(&stream);
    return smaller ? (const char *)packed : NULL;
}

static void mark_etag(struct request *request)
{
    struct answer *answer = &request->answer;

    for (size_t i = 0; i < answer->header_count; i++) {
        struct header *header = &answer->headers[i];

        if (strcasecmp(header->name, "ETag") == 0)
            header->value = arena_format(request->arena, "%.*s-gzip\"",
                                         (int)strlen(header->value) - 1, header->value);
    }
}

void encode_answer(struct request *request)
{
    struct answer *answer = &request->answer;
    bool worth_it = answer->body && answer->length >= WORTH_BYTES;
    bool wanted = worth_it && accept_gzip(request_header(request, "Accept-Encoding")) > 0;
    const char *packed = NULL;
    size_t length = 0;

    if (worth_it)
        answer_header(request, "Vary", "Accept-Encoding");
    if (wanted && answer->status == 304)
        mark_etag(request);
    else if (wanted)
        packed = gzip_bytes(answer->body, answer->length, &length, request->arena);
    if (packed) {
        mark_etag(request);
        answer_header(request, "Content-Encoding", "gzip");
        answer_set(request, answer->status, answer->content_type, packed, length);
    }
    if (answer->status == 304)
        answer_set(request, 304, NULL, NULL, 0);
}
