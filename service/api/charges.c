/* Lives here: charges as JSON or as CSV. Which one follows from `format`, else from Accept; the
 * text itself is written by the query exportCharges. */
#include "api/table.h"

#include <string.h>

static bool wants_csv(const struct request *request)
{
    const char *format = request_parameter(request, "format");

    return format ? strcmp(format, "csv") == 0
                  : strcmp(request_media_type(request), "text/csv") == 0;
}

/* The answer of what the database said, whose body is one JSON string. */
static void answer_csv(struct request *request, const struct db_reply *reply)
{
    json_t *text = json_loadb(reply->body, reply->body_length, JSON_DECODE_ANY, NULL);

    ASSERT(json_is_string(text));
    answer_set(request, 200, "text/csv; charset=utf-8; header=present",
               arena_copy(request->arena, json_string_value(text), json_string_length(text)),
               json_string_length(text));
    answer_header(request, "Content-Disposition", "attachment; filename=\"charges.csv\"");
    json_decref(text);
}

void api_list_charges(struct service *service, struct request *request)
{
    bool is_csv = wants_csv(request);
    struct db_reply reply = {0};
    enum db_outcome outcome = request_run_query(
        service, request, db_query_find(is_csv ? "exportCharges" : "listCharges"),
        request->operation->lane, &reply);

    answer_header(request, "Vary", "Accept");
    if (is_csv && outcome == DB_ROW && reply.status == 200)
        answer_csv(request, &reply);
    else
        answer_database(request, outcome, &reply);
}
