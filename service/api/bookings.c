/* Lives here: what booking needs beyond its query. Who loses a slot is told near free ones:
 * they are looked for after the loser's transaction, so that no lock waits for a search. */
#include "api/table.h"

#include <stdlib.h>
#include <string.h>

/* True for a refusal that a free time elsewhere would help. */
static bool wants_alternatives(const json_t *body)
{
    const char *type = json_string_value(json_object_get(body, "type"));

    return type && (strcmp(type, "slot-taken") == 0 || strcmp(type, "slot-not-offered") == 0);
}

/* The list of free slots; an empty one when the search cannot be made now. */
static json_t *alternatives(struct service *service, struct request *request)
{
    struct db_reply reply = {0};
    json_t *list = NULL;

    if (request_run_query(service, request, db_query_find("bookingAlternatives"), LANE_SEARCH,
                          &reply) == DB_ROW &&
        reply.status == 200)
        list = json_loadb(reply.body, reply.body_length, 0, NULL);
    return list ? list : json_array();
}

/* Puts the alternatives into the refusal. */
static void add_alternatives(struct service *service, struct request *request,
                             struct db_reply *reply)
{
    json_t *body = json_loadb(reply->body, reply->body_length, 0, NULL);
    char *text;

    if (wants_alternatives(body)) {
        json_object_set_new(body, "alternatives", alternatives(service, request));
        text = json_dumps(body, JSON_COMPACT);
        ASSERT(text);
        arena_defer(request->arena, free, text);
        reply->body = text;
        reply->body_length = strlen(text);
    }
    json_decref(body);
}

void api_create_booking(struct service *service, struct request *request)
{
    struct db_reply reply = {0};
    enum db_outcome outcome = request_run_query(
        service, request, db_query_find("createBooking"), request->operation->lane, &reply);

    if (outcome == DB_ROW && reply.status == 409 && reply.body)
        add_alternatives(service, request, &reply);
    answer_database(request, outcome, &reply);
}
