/*
 * A second door of service/api: rows of an import, out of CSV or NDJSON, as JSON objects in the
 * shape of LocationRow. The operations read their body through it, and the command line its
 * file.
 */
#ifndef CLINICD_ROWS_H
#define CLINICD_ROWS_H

#include <stdbool.h>
#include <stddef.h>
#include <jansson.h>

#include "base.h"
#include "contract.h"

/* Most rows of one request: its query stays far from its deadline, its answer under 1 MB. */
#define ROWS_MOST 2000
#define ROW_BYTES_MOST CSV_RECORD_BYTES_MOST
/* The same for lines of a directory, each of which is an act of its own; a practitioner with a
 * biography of full length in all the languages that the contract allows fits into one. */
#define DIRECTORY_ROWS_MOST 500
#define DIRECTORY_ROW_BYTES_MOST 524288
#define ROWS_COLUMNS_MOST 64

enum rows_format { ROWS_NDJSON, ROWS_CSV };

/* How columns become members, for CSV alone. Arrays of JSON strings, or NULL for none.
 * map: "member:column"; a member named twice gets both values with a blank between them.
 * Without any, every column must be named like a member. set: "member:value" for where a row
 * has no value of its own. */
struct rows_mapping {
    const json_t *map;
    const json_t *set;
};

struct rows_column; /* private */

/* A reader over bytes that stay where they are. */
struct rows {
    enum rows_format format;
    struct csv csv;
    struct arena *arena;
    struct rows_column *columns;
    size_t column_count;
    size_t header_count;   /* fields that each record must have */
    size_t row_bytes_most; /* of a line of NDJSON; may be set after rows_open */
};

struct row {
    size_t line;      /* where it begins in the bytes, from 1 */
    const char *text; /* a JSON object, in the arena; NULL when `fault` is set */
    size_t length;
    const char *fault; /* why it could not be read */
};

/* Begins to read. False when the header or the mapping is wrong; all that is goes to `findings`
 * (parameters map and set, or the body). The reader lives in the arena of the findings. */
bool rows_open(struct rows *rows, enum rows_format format, const struct rows_mapping *mapping,
               const char *bytes, size_t length, struct findings *findings) MUST_CHECK;

/* The next row, made in `arena`; false at the end. NDJSON text is not looked into. */
bool rows_next(struct rows *rows, struct arena *arena, struct row *row) MUST_CHECK;

#endif
