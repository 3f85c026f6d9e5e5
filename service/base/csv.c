/* Lives here: the reader of comma-separated values. Knows the arena only; what the fields mean
 * is the caller's. */
#include "base/csv.h"

#include <string.h>

struct csv csv_open(const char *bytes, size_t length)
{
    if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0) {
        bytes += 3;
        length -= 3;
    }
    return (struct csv){bytes, bytes + length, 1};
}

/* Bytes of the line break at `at`; 0 when there is none. */
static size_t break_size(const char *at, const char *end)
{
    if (at < end && *at == '\n')
        return 1;
    return end - at >= 2 && at[0] == '\r' && at[1] == '\n' ? 2 : 0;
}

static bool skip_break(struct csv *csv)
{
    size_t size = break_size(csv->at, csv->end);

    csv->at += size;
    csv->line += size > 0;
    return size > 0;
}

/* Moves behind the line in which the fault was found. */
static bool refuse(struct csv *csv, struct csv_record *record, const char *fault)
{
    const char *next = memchr(csv->at, '\n', (size_t)(csv->end - csv->at));

    csv->line += next != NULL;
    csv->at = next ? next + 1 : csv->end;
    record->fault = fault;
    return false;
}

/* The bytes between the quotes with each doubled quote once. */
static struct csv_field unquote(struct arena *arena, const char *from, size_t length,
                                size_t doubled)
{
    char *text;
    size_t kept = 0;

    if (doubled == 0)
        return (struct csv_field){from, length};
    text = arena_alloc(arena, length - doubled + 1);
    for (size_t i = 0; i < length; i++) {
        text[kept++] = from[i];
        i += from[i] == '"';
    }
    return (struct csv_field){text, kept};
}

static bool read_quoted(struct csv *csv, struct arena *arena, struct csv_record *record,
                        struct csv_field *field)
{
    const char *from = csv->at + 1;
    const char *at = from;
    const char *end =
        csv->end - from > CSV_RECORD_BYTES_MOST ? from + CSV_RECORD_BYTES_MOST : csv->end;
    size_t lines = 0;
    size_t doubled = 0;

    for (; at < end; at++) {
        lines += *at == '\n';
        if (*at != '"')
            continue;
        if (at + 1 == csv->end || at[1] != '"') {
            *field = unquote(arena, from, (size_t)(at - from), doubled);
            csv->at = at + 1;
            csv->line += lines;
            return true;
        }
        doubled++;
        at++;
    }
    csv->at = csv->end;
    return refuse(csv, record,
                  "a quote is not closed within 64 KiB: nothing after it can be read");
}

static bool read_plain(struct csv *csv, struct csv_record *record, struct csv_field *field)
{
    const char *from = csv->at;
    const char *at = from;

    while (at < csv->end && *at != ',' && *at != '"' && *at != '\r' && *at != '\n')
        at++;
    csv->at = at;
    if (at < csv->end && *at == '"')
        return refuse(csv, record, "a quote stands inside a field that is not quoted");
    *field = (struct csv_field){from, (size_t)(at - from)};
    return true;
}

/* Reads one field and what ends it; `more` says whether a comma did. */
static bool read_field(struct csv *csv, struct arena *arena, struct csv_record *record,
                       bool *more)
{
    struct csv_field *field = &record->fields[record->count];
    bool quoted = csv->at < csv->end && *csv->at == '"';

    if (record->count == CSV_FIELDS_MOST)
        return refuse(csv, record, "it has more than 512 fields");
    if (!(quoted ? read_quoted(csv, arena, record, field) : read_plain(csv, record, field)))
        return false;
    record->count++;
    *more = csv->at < csv->end && *csv->at == ',';
    if (*more)
        csv->at++;
    else if (csv->at < csv->end && !skip_break(csv))
        return refuse(csv, record,
                      quoted ? "something stands between a closing quote and the next comma"
                             : "a carriage return stands without a line feed");
    return true;
}

bool csv_next(struct csv *csv, struct arena *arena, struct csv_record *record)
{
    struct csv_field fields[CSV_FIELDS_MOST + 1] = {{NULL, 0}};
    const char *from;
    bool more = true;

    while (skip_break(csv))
        ;
    from = csv->at;
    *record = (struct csv_record){.fields = fields, .line = csv->line};
    if (csv->at == csv->end)
        return false;
    while (more && read_field(csv, arena, record, &more))
        ;
    if (!record->fault && csv->at - from > CSV_RECORD_BYTES_MOST)
        record->fault = "it is longer than 64 KiB";
    record->fields = arena_alloc_array(arena, record->count + 1, sizeof(*fields));
    memcpy(record->fields, fields, record->count * sizeof(*fields));
    return true;
}
