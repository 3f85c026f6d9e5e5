/* Lives here: the export of a clinic's directory, a page of lines at a time. The query writes
 * the lines; here they become the body, and the cursor a Link. */
#include "api/table.h"

/* The answer of {"text": lines, "next": cursor or null}. */
static void answer_lines(struct request *request, const struct db_reply *reply)
{
    json_auto_t *page = json_loadb(reply->body, reply->body_length, 0, NULL);
    const json_t *text = json_object_get(page, "text");
    const char *next = json_string_value(json_object_get(page, "next"));

    ASSERT(json_is_string(text));
    answer_set(request, 200, "application/x-ndjson",
               arena_copy(request->arena, json_string_value(text), json_string_length(text)),
               json_string_length(text));
    if (next)
        answer_next(request, arena_copy_text(request->arena, next));
}

void api_export(struct service *service, struct request *request)
{
    struct db_reply reply = {0};
    enum db_outcome outcome = request_run_query(
        service, request, db_query_find("exportDirectory"), request->operation->lane, &reply);

    if (outcome == DB_ROW && reply.status == 200)
        answer_lines(request, &reply);
    else
        answer_database(request, outcome, &reply);
}
