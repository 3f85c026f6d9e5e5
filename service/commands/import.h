/* Private to service/commands: one run of clinicd import, and the pieces that it sends. */
#ifndef CLINICD_COMMANDS_IMPORT_H
#define CLINICD_COMMANDS_IMPORT_H

#include <stdio.h>

#include "commands/corridor.h"
#include "rows.h"

/* Most bytes of one request, as the contract says. */
#define IMPORT_BYTES_MOST 1048576

/* What became of the rows so far. */
struct import_tally {
    json_int_t created, updated, unchanged, refused, clinics_created;
};

struct import {
    struct corridor *corridor;
    const char *target; /* path and query of the requests */
    size_t rows_most;   /* of one request */
    FILE *refused;      /* where refused rows go, a line each; NULL for nowhere */
    struct import_tally tally;
};

/* Rows that go into one request: NDJSON, and for each the line of the file where it began. */
struct import_piece {
    struct arena *arena;
    struct buffer body;
    const char *rows[ROWS_MOST]; /* their texts, in the arena */
    size_t lines[ROWS_MOST];
    size_t count;
};

/* True when the row does not fit any more: send the piece first. */
bool import_piece_is_full(const struct import *import, const struct import_piece *piece,
                          const struct row *row);
void import_piece_begin(struct import_piece *piece);
void import_piece_add(struct import_piece *piece, const struct row *row);

/* Sends the rows through the corridor as a request of its own, counts what became of them and
 * frees the piece. Waits and tries again while the service has no connection. False and a fault
 * when the request as a whole is refused. */
bool import_piece_send(struct import *import, struct import_piece *piece,
                       struct fault *fault) MUST_CHECK;

/* Counts and writes down a row that is refused: `errors` is taken over, `text` (the row as
 * JSON) may be NULL. */
void import_refuse(struct import *import, size_t line, json_t *errors, const char *text);

#endif
