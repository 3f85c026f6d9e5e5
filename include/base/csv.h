/*
 * A strict reader of comma-separated values (RFC 4180; a line feed alone also ends a record).
 * It works on bytes in memory, makes no copies but of fields with doubled quotes, and judges no
 * encoding: fields are bytes.
 */
#ifndef CLINICD_BASE_CSV_H
#define CLINICD_BASE_CSV_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"

#define CSV_FIELDS_MOST 512
#define CSV_RECORD_BYTES_MOST 65536

struct csv_field {
    const char *text; /* not NUL-terminated; in the input or in the arena */
    size_t length;
};

struct csv {
    const char *at, *end;
    size_t line; /* of `at`, from 1 */
};

struct csv_record {
    struct csv_field *fields; /* in the arena */
    size_t count;
    size_t line;       /* where it begins, from 1; quoted line breaks count */
    const char *fault; /* what is wrong with it, or NULL; then `fields` are incomplete */
};

/* Begins to read; a byte order mark at the start is passed over. The bytes are not copied. */
struct csv csv_open(const char *bytes, size_t length);

/* Reads the next record; false at the end. Empty lines are passed over. A record with a fault
 * ends at the next line break, so that the next one can be read; after a quote that is never
 * closed nothing more can. */
bool csv_next(struct csv *csv, struct arena *arena, struct csv_record *record) MUST_CHECK;

#endif
