/* Lives here: what booking and moving need beyond their query. Who loses a slot is told near
 * free ones: they are looked for after the loser's transaction, so that no lock waits for a
 * search. */
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
static json_t *alternatives(struct service *service, struct request *request,
                            const char *query_name)
{
    struct db_reply reply = {0};
    json_t *list = NULL;

    if (request_run_query(service, request, db_query_find(query_name), LANE_SEARCH, &reply) ==
            DB_ROW &&
        reply.status == 200)
        list = json_loadb(reply.body, reply.body_length, 0, NULL);
    return list ? list : json_array();
}

/* Puts the alternatives into the refusal. */
static void add_alternatives(struct service *service, struct request *request,
                             struct db_reply *reply, const char *query_name)
{
    json_t *body = json_loadb(reply->body, reply->body_length, 0, NULL);
    char *text;

    if (wants_alternatives(body)) {
        json_object_set_new(body, "alternatives", alternatives(service, request, query_name));
        text = json_dumps(body, JSON_COMPACT);
        ASSERT(text);
        arena_defer(request->arena, free, text);
        reply->body = text;
        reply->body_length = strlen(text);
    }
    json_decref(body);
}

/* An act that takes a time, and the query that looks for others when it cannot be had. */
static void take_time(struct service *service, struct request *request, const char *act,
                      const char *search)
{
    struct db_reply reply = {0};
    enum db_outcome outcome = request_run_query(service, request, db_query_find(act),
                                                request->operation->lane, &reply);

    if (outcome == DB_ROW && reply.status == 409 && reply.body)
        add_alternatives(service, request, &reply, search);
    answer_database(request, outcome, &reply);
}

void api_create_booking(struct service *service, struct request *request)
{
    take_time(service, request, "createBooking", "bookingAlternatives");
}

void api_reschedule_booking(struct service *service, struct request *request)
{
    take_time(service, request, "rescheduleBooking", "rescheduleAlternatives");
}
