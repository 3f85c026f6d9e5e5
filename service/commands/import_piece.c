/* Lives here: the requests of clinicd import. They walk the same corridor as those from the
 * socket, token and all, so that nothing of an import is written twice. */
#include "commands/import.h"

#include <stdlib.h>
#include <string.h>

void import_piece_begin(struct import_piece *piece)
{
    piece->arena = arena_new();
    piece->body = buffer_init(piece->arena);
    piece->count = 0;
}

bool import_piece_is_full(const struct import *import, const struct import_piece *piece,
                          const struct row *row)
{
    return piece->count == import->rows_most ||
           piece->body.length + row->length + 1 > IMPORT_BYTES_MOST;
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

/* An import that was done twice has done nothing the second time, so it may be tried again. */
bool import_piece_send(struct import *import, struct import_piece *piece, struct fault *fault)
{
    struct answer answer;
    json_auto_t *told = NULL;
    bool good = true;

    if (piece->count > 0) {
        corridor_ask(import->corridor, piece->arena, import->target, &piece->body, &answer);
        told = json_loadb(answer.body, answer.length, 0, NULL);
        good = answer.status == 200 && told;
        if (good)
            read_answer(import, piece, told);
        else
            fault_set(fault, "lines %zu to %zu were not taken: %s", piece->lines[0],
                      piece->lines[piece->count - 1], corridor_refusal(&answer, piece->arena));
    }
    arena_free(piece->arena);
    return good;
}
