/* Lives here: the requests of clinicd import. They walk the same corridor as those from the
 * socket, token and all, so that nothing of an import is written twice. */
#include "commands/import.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#define PIECE_BYTES_MOST 1048576
#define TRIES 5
#define FIRST_PAUSE_MS 100

void import_piece_begin(struct import_piece *piece)
{
    piece->arena = arena_new();
    piece->body = buffer_init(piece->arena);
    piece->count = 0;
}

bool import_piece_is_full(const struct import_piece *piece, const struct row *row)
{
    return piece->count == ROWS_MOST || piece->body.length + row->length + 1 > PIECE_BYTES_MOST;
}

void import_piece_add(struct import_piece *piece, const struct row *row)
{
    piece->rows[piece->count] = arena_copy(piece->arena, row->text, row->length);
    piece->lines[piece->count++] = row->line;
    buffer_add(&piece->body, row->text, row->length);
    buffer_add_char(&piece->body, '\n');
}

void import_refuse(struct import *import, size_t line, json_t *errors, const char *text)
{
    json_auto_t *told = json_pack("{s:I, s:o}", "line", (json_int_t)line, "errors", errors);
    json_t *row = text ? json_loads(text, 0, NULL) : NULL;

    ASSERT(told);
    import->tally.refused++;
    if (!import->refused)
        return;
    if (row)
        ASSERT(json_object_set_new(told, "row", row) == 0);
    ASSERT(json_dumpf(told, import->refused, JSON_COMPACT) == 0);
    fputc('\n', import->refused);
}

/* ------------------------------------------------------------------ the answer */

static json_int_t count_of(const json_t *answer, const char *name)
{
    return json_integer_value(json_object_get(answer, name));
}

static const char *title_of(const json_t *answer)
{
    const char *title = json_string_value(json_object_get(answer, "title"));

    return title ? title : "no answer that can be read";
}

static const char *detail_of(const json_t *answer)
{
    const char *detail = json_string_value(json_object_get(answer, "detail"));

    return detail ? detail : "";
}

/* Rows are counted by their line in the piece; what people want to know is that in the file. */
static void read_row(struct import *import, const struct import_piece *piece, const json_t *row)
{
    const char *outcome = json_string_value(json_object_get(row, "outcome"));
    size_t place = (size_t)count_of(row, "line") - 1;

    ASSERT(outcome && place < piece->count);
    if (strcmp(outcome, "refused") == 0)
        import_refuse(import, piece->lines[place], json_incref(json_object_get(row, "errors")),
                      piece->rows[place]);
}

static void read_answer(struct import *import, const struct import_piece *piece,
                        const json_t *answer)
{
    const json_t *rows = json_object_get(answer, "rows");

    import->tally.created += count_of(answer, "created");
    import->tally.updated += count_of(answer, "updated");
    import->tally.unchanged += count_of(answer, "unchanged");
    import->tally.clinics_created += count_of(answer, "clinics_created");
    for (size_t i = 0; i < json_array_size(rows); i++)
        read_row(import, piece, json_array_get(rows, i));
}

/* ------------------------------------------------------------------ the request */

static void run(struct import *import, struct import_piece *piece, struct request *request)
{
    const struct header headers[] = {
        {"Authorization", import->token},
        {"Content-Type", "application/x-ndjson"},
    };

    *request = (struct request){
        .arena = piece->arena,
        .method = "POST",
        .target = import->target,
        .headers = headers,
        .header_count = LENGTH(headers),
        .headers_are_clean = true,
        .body = piece->body.text,
        .body_length = piece->body.length,
        .started_us = clock_monotonic_us(),
    };
    serve_request(import->service, request);
    request->headers = NULL;
}

/* An import that was done twice has done nothing the second time, so it may be tried again. */
static void run_until_answered(struct import *import, struct import_piece *piece,
                               struct request *request)
{
    long pause_ms = FIRST_PAUSE_MS;

    run(import, piece, request);
    for (int tries = 1; request->answer.status == 503 && tries < TRIES; tries++) {
        const struct timespec pause = {pause_ms / 1000, pause_ms % 1000 * 1000000};

        nanosleep(&pause, NULL);
        pause_ms *= 3;
        run(import, piece, request);
    }
}

bool import_piece_send(struct import *import, struct import_piece *piece, struct fault *fault)
{
    struct request request;
    json_auto_t *answer = NULL;
    bool good = true;

    if (piece->count > 0) {
        run_until_answered(import, piece, &request);
        answer = json_loadb(request.answer.body, request.answer.length, 0, NULL);
        good = request.answer.status == 200 && answer;
        if (good)
            read_answer(import, piece, answer);
        else
            fault_set(fault, "lines %zu to %zu were not taken: status %d, %s%s%s",
                      piece->lines[0], piece->lines[piece->count - 1], request.answer.status,
                      title_of(answer), *detail_of(answer) ? ": " : "", detail_of(answer));
    }
    arena_free(piece->arena);
    return good;
}
