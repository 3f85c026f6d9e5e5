/* Lives here: from the lines of an import to JSON objects. What a column means is said by the
 * table of members and by the caller's mapping; whether a value is right, the contract judges.
 */
#include "rows.h"

#include <stdlib.h>
#include <string.h>

/* How the text of a cell becomes a value. An empty cell: NULLABLE takes the value away, LIST is
 * empty, the others are not there. */
enum kind { TEXT, NULLABLE, NUMBER, LIST };

static const struct member {
    const char *path; /* "parent.name"; a star stands for any name */
    enum kind kind;
} members[] = {
    {"external_id", TEXT},
    {"slug", TEXT},
    {"name", TEXT},
    {"timezone", TEXT},
    {"phone", NULLABLE},
    {"address.street", NULLABLE},
    {"address.postal_code", NULLABLE},
    {"address.city", NULLABLE},
    {"address.region", NULLABLE},
    {"address.country", NULLABLE},
    {"geo.latitude", NUMBER},
    {"geo.longitude", NUMBER},
    {"directions.*", NULLABLE},
    {"accessibility", LIST},
    {"clinic.name", TEXT},
    {"clinic.languages", LIST},
};

/* One member of every row: where its value comes from. */
struct rows_column {
    const char *parent; /* NULL for a member of the row itself */
    const char *name;
    enum kind kind;
    bool is_constant;
    size_t field;      /* of the record */
    const char *value; /* of a constant */
    size_t length;
};

static const struct member *member_find(const char *path, size_t length)
{
    for (size_t i = 0; i < LENGTH(members); i++) {
        size_t prefix = strcspn(members[i].path, "*");

        if (members[i].path[prefix] == '*' ? length > prefix : length == prefix) {
            if (memcmp(members[i].path, path, prefix) == 0)
                return &members[i];
        }
    }
    return NULL;
}

/* ------------------------------------------------------------------ the mapping */

struct opening {
    struct rows *rows;
    const struct csv_record *header;
    struct findings *findings;
};

static void refuse(struct opening *opening, const char *parameter, const char *detail)
{
    if (*parameter)
        findings_add_parameter(opening->findings, parameter, 400, detail);
    else
        findings_add_pointer(opening->findings, "", detail);
}

static bool add_column(struct opening *opening, const char *parameter, const char *path,
                       size_t length, struct rows_column column)
{
    const struct member *member = member_find(path, length);
    const char *dot = memchr(path, '.', length);
    struct rows *rows = opening->rows;
    const char *name = dot ? dot + 1 : path;

    if (!member)
        refuse(opening, parameter, "names a member that rows do not have");
    else if (rows->column_count == ROWS_COLUMNS_MOST)
        refuse(opening, parameter, "there are more than 64 members");
    if (!member || rows->column_count == ROWS_COLUMNS_MOST)
        return false;
    column.kind = member->kind;
    column.parent = dot ? arena_copy(rows->arena, path, (size_t)(dot - path)) : NULL;
    column.name = arena_copy(rows->arena, name, length - (size_t)(name - path));
    rows->columns[rows->column_count++] = column;
    return true;
}

/* The place of the column of that name; the number of fields when there is none. */
static size_t header_find(const struct csv_record *header, const char *name)
{
    size_t at = 0;

    while (at < header->count && (header->fields[at].length != strlen(name) ||
                                  memcmp(header->fields[at].text, name, strlen(name)) != 0))
        at++;
    return at;
}

/* One entry of map or set: "member:rest". */
static void read_entry(struct opening *opening, const char *parameter, const char *entry)
{
    const char *colon = strchr(entry, ':');
    struct rows_column column = {.is_constant = strcmp(parameter, "set") == 0};

    if (!colon) {
        refuse(opening, parameter, "must be member:column, or member:value for set");
        return;
    }
    column.value = arena_copy_text(opening->rows->arena, colon + 1);
    column.length = strlen(column.value);
    if (!column.is_constant) {
        column.field = header_find(opening->header, column.value);
        if (column.field == opening->header->count) {
            refuse(opening, parameter, "names a column that the header does not have");
            return;
        }
    }
    add_column(opening, parameter, entry, (size_t)(colon - entry), column);
}

static void read_entries(struct opening *opening, const char *parameter, const json_t *entries)
{
    for (size_t i = 0; i < json_array_size(entries); i++)
        read_entry(opening, parameter, json_string_value(json_array_get(entries, i)));
}

/* Without a mapping the header names the members itself. */
static void read_header(struct opening *opening)
{
    for (size_t i = 0; i < opening->header->count; i++) {
        const struct csv_field *field = &opening->header->fields[i];

        if (!add_column(opening, "", field->text, field->length,
                        (struct rows_column){.field = i})) {
            refuse(opening, "",
                   arena_format(opening->rows->arena,
                                "column %zu is not named like a member; say with map what "
                                "the columns mean",
                                i + 1));
            return;
        }
    }
}

static bool open_csv(struct rows *rows, const struct rows_mapping *mapping,
                     struct findings *findings)
{
    struct csv_record header;
    struct opening opening = {rows, &header, findings};

    rows->columns = arena_alloc_array(rows->arena, ROWS_COLUMNS_MOST, sizeof(*rows->columns));
    if (!csv_next(&rows->csv, rows->arena, &header) || header.fault) {
        findings_add_pointer(findings, "", "must begin with a line that names the columns");
        return false;
    }
    rows->header_count = header.count;
    if (json_array_size(mapping->map))
        read_entries(&opening, "map", mapping->map);
    else
        read_header(&opening);
    read_entries(&opening, "set", mapping->set);
    return findings->count == 0;
}

bool rows_open(struct rows *rows, enum rows_format format, const struct rows_mapping *mapping,
               const char *bytes, size_t length, struct findings *findings)
{
    *rows = (struct rows){
        .format = format,
        .csv = csv_open(bytes, length),
        .arena = findings->arena,
        .row_bytes_most = ROW_BYTES_MOST,
    };
    if (format == ROWS_CSV)
        return open_csv(rows, mapping, findings);
    if (mapping->map)
        findings_add_parameter(findings, "map", 400, "is for text/csv");
    if (mapping->set)
        findings_add_parameter(findings, "set", 400, "is for text/csv");
    return findings->count == 0;
}

/* ------------------------------------------------------------------ NDJSON */

static bool is_blank(const char *text, size_t length)
{
    return strspn(text, " \t\r") >= length;
}

static bool next_line(struct rows *rows, struct arena *arena, struct row *row)
{
    struct csv *at = &rows->csv;

    while (at->at < at->end) {
        const char *from = at->at;
        const char *next = memchr(from, '\n', (size_t)(at->end - from));
        size_t length = (size_t)((next ? next : at->end) - from);

        *row = (struct row){.line = at->line++, .length = length};
        at->at = next ? next + 1 : at->end;
        if (length > rows->row_bytes_most) {
            row->fault =
                arena_format(arena, "is longer than %zu KiB", rows->row_bytes_most / 1024);
            return true;
        }
        row->text = arena_copy(arena, from, length);
        if (!is_blank(row->text, length))
            return true;
    }
    return false;
}

/* ------------------------------------------------------------------ CSV */

/* A number as JSON writes it (RFC 8259 section 6); NULL for other texts. */
static json_t *number_of(const char *text)
{
    return text[strspn(text, "0123456789+-.eE")] ? NULL
                                                 : json_loads(text, JSON_DECODE_ANY, NULL);
}

/* Codes between blanks, commas, semicolons or bars. */
static json_t *list_of(const char *text)
{
    static const char between[] = " ,;|\t\r\n";
    json_t *list = json_array();

    for (text += strspn(text, between); *text; text += strspn(text, between)) {
        size_t length = strcspn(text, between);

        if (json_array_append_new(list, json_stringn(text, length)) != 0)
            break; /* not UTF-8: the caller has looked */
        text += length;
    }
    return list;
}

/* The value of a cell; NULL when it has none. `text` has a NUL behind it and is UTF-8. */
static json_t *value_of(enum kind kind, const char *text, size_t length)
{
    json_t *number = NULL;

    if (kind == LIST)
        return list_of(text);
    if (length == 0)
        return kind == NULLABLE ? json_null() : NULL;
    if (kind == NUMBER)
        number = number_of(text);
    return number ? number : json_stringn(text, length);
}

static json_t *parent_of(json_t *row, const struct rows_column *column)
{
    json_t *parent;

    if (!column->parent)
        return row;
    parent = json_object_get(row, column->parent);
    if (!parent) {
        parent = json_object();
        ASSERT(json_object_set_new(row, column->parent, parent) == 0);
    }
    return parent;
}

/* A value beside one that is there already: two texts are joined, else the first stays. */
static json_t *joined(struct arena *arena, json_t *present, json_t *value)
{
    if (!json_is_string(present))
        return value;
    if (json_is_string(value)) {
        json_t *both = json_string(
            arena_format(arena, "%s %s", json_string_value(present), json_string_value(value)));

        json_decref(value);
        return both;
    }
    json_decref(value);
    return json_incref(present);
}

/* True when nothing is known of the member yet: not there, null, or an empty list. */
static bool is_open(const json_t *present)
{
    return !present || json_is_null(present) ||
           (json_is_array(present) && json_array_size(present) == 0);
}

/* False when the bytes are not UTF-8. */
static bool put_cell(struct arena *arena, json_t *row, const struct rows_column *column,
                     const char *text, size_t length)
{
    json_t *parent = parent_of(row, column);
    json_t *present = json_object_get(parent, column->name);
    json_auto_t *whole = json_stringn(text, length);
    json_t *value;

    if (!whole || memchr(text, '\0', length))
        return false;
    if (column->is_constant && !is_open(present))
        return true;
    value = value_of(column->kind, text, length);
    if (value && !column->is_constant)
        value = joined(arena, present, value);
    return !value || json_object_set_new(parent, column->name, value) == 0;
}

/* A place without a point says so; files of the United States glue the two parts of a code. */
static void finish_row(struct arena *arena, json_t *row)
{
    json_t *geo = json_object_get(row, "geo");
    json_t *address = json_object_get(row, "address");
    const char *country = json_string_value(json_object_get(address, "country"));
    const char *code = json_string_value(json_object_get(address, "postal_code"));

    if (geo && json_object_size(geo) == 0)
        ASSERT(json_object_set_new(row, "geo", json_null()) == 0);
    if (country && strcmp(country, "US") == 0 && code && strlen(code) == 9 &&
        strspn(code, "0123456789") == 9)
        ASSERT(json_object_set_new(
                   address, "postal_code",
                   json_string(arena_format(arena, "%.5s-%s", code, code + 5))) == 0);
}

static const char *put_cells(const struct rows *rows, struct arena *arena,
                             const struct csv_record *record, json_t *row)
{
    for (size_t i = 0; i < rows->column_count; i++) {
        const struct rows_column *column = &rows->columns[i];
        struct csv_field cell = column->is_constant
                                    ? (struct csv_field){column->value, column->length}
                                    : record->fields[column->field];

        if (!put_cell(arena, row, column, arena_copy(arena, cell.text, cell.length),
                      cell.length))
            return "is not UTF-8 text";
    }
    finish_row(arena, row);
    return NULL;
}

static void dump(struct arena *arena, const json_t *value, struct row *row)
{
    char *text = json_dumps(value, JSON_COMPACT);

    ASSERT(text);
    row->length = strlen(text);
    row->text = arena_copy(arena, text, row->length);
    free(text);
}

static bool next_record(struct rows *rows, struct arena *arena, struct row *row)
{
    struct csv_record record;
    json_auto_t *object = json_object();

    if (!csv_next(&rows->csv, arena, &record))
        return false;
    *row = (struct row){.line = record.line, .fault = record.fault};
    if (!row->fault && record.count != rows->header_count)
        row->fault = arena_format(arena, "has %zu fields, and the header %zu", record.count,
                                  rows->header_count);
    if (!row->fault)
        row->fault = put_cells(rows, arena, &record, object);
    if (!row->fault)
        dump(arena, object, row);
    return true;
}

bool rows_next(struct rows *rows, struct arena *arena, struct row *row)
{
    return rows->format == ROWS_CSV ? next_record(rows, arena, row)
                                    : next_line(rows, arena, row);
}
