/* Lives here: the imports of locations and of whole directories. Each row is held against the
 * contract on its own, so that one bad row spoils no other; then one query judges and writes
 * all of them. */
#include "api/table.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "rows.h"

#define FAULTS_OF_A_ROW 3

static enum rows_format format_of(const struct request *request)
{
    const char *type = request_header(request, "Content-Type");

    return type && strncasecmp(type, "text/csv", 8) == 0 ? ROWS_CSV : ROWS_NDJSON;
}

/* The first faults of a row as the member `errors`. */
static void add_errors(struct buffer *list, const struct findings *findings)
{
    buffer_add_text(list, "\"errors\":[");
    for (size_t i = 0; i < findings->count && i < FAULTS_OF_A_ROW; i++) {
        const struct finding *finding = &findings->items[i];

        buffer_add_text(list, i ? ",{\"pointer\":" : "{\"pointer\":");
        buffer_add_json_text(list, finding->pointer, strlen(finding->pointer));
        buffer_add_text(list, ",\"detail\":");
        buffer_add_json_text(list, finding->detail, strlen(finding->detail));
        buffer_add_char(list, '}');
    }
    buffer_add_char(list, ']');
}

/* The row as the contract understood it, or its faults. */
static void add_row(const struct operation *operation, struct buffer *list, struct arena *arena,
                    const struct row *row)
{
    struct findings *findings = arena_alloc(arena, sizeof(*findings));
    json_auto_t *value = NULL;
    char *text;

    findings->arena = arena;
    if (row->fault)
        findings_add_pointer(findings, "", row->fault);
    else
        value = contract_read_body(operation, row->text, row->length, findings);
    buffer_add_format(list, "%s{\"line\":%zu,", list->length > 1 ? "," : "", row->line);
    if (findings->count || !value) {
        add_errors(list, findings);
    } else {
        text = json_dumps(value, JSON_COMPACT);
        ASSERT(text);
        buffer_add_format(list, "\"row\":%s", text);
        free(text);
    }
    buffer_add_char(list, '}');
}

/* All rows as a JSON array; NULL when there are more than `most`. Each row has an arena of its
 * own, so that memory is bounded by the body and not by what its rows unfold to. */
static const char *read_rows(const struct request *request, struct rows *rows, size_t most)
{
    struct buffer list = buffer_init(request->arena);
    size_t count = 0;
    bool more = true;

    buffer_add_char(&list, '[');
    while (more && count <= most) {
        struct arena *arena = arena_new();
        struct row row;

        more = rows_next(rows, arena, &row);
        if (more && ++count <= most)
            add_row(request->operation, &list, arena, &row);
        arena_free(arena);
    }
    buffer_add_char(&list, ']');
    return count > most ? NULL : list.text;
}

/* Judges and writes at most so many rows, each at most so long. */
static void import_rows(struct service *service, struct request *request, size_t most,
                        size_t row_bytes_most)
{
    const struct rows_mapping mapping = {
        .map = json_object_get(request->parameters, "map"),
        .set = json_object_get(request->parameters, "set"),
    };
    struct findings *findings = arena_alloc(request->arena, sizeof(*findings));
    struct db_reply reply = {0};
    enum db_outcome outcome;
    struct rows rows;

    findings->arena = request->arena;
    if (!rows_open(&rows, format_of(request), &mapping, request->body, request->body_length,
                   findings)) {
        answer_findings(request, PROBLEM_INVALID_REQUEST, findings);
        return;
    }
    rows.row_bytes_most = row_bytes_most;
    request->rows = read_rows(request, &rows, most);
    if (!request->rows) {
        answer_problem(request, PROBLEM_BODY_TOO_LARGE,
                       arena_format(request->arena,
                                    "an import may have at most %zu rows; send several", most));
        return;
    }
    outcome = request_run_query(service, request, db_query_find(request->operation->id),
                                request->operation->lane, &reply);
    answer_database(request, outcome, &reply);
}

void api_import(struct service *service, struct request *request)
{
    import_rows(service, request, ROWS_MOST, ROW_BYTES_MOST);
}

void api_import_directory(struct service *service, struct request *request)
{
    import_rows(service, request, DIRECTORY_ROWS_MOST, DIRECTORY_ROW_BYTES_MOST);
}
