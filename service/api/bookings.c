/* Lives here: what booking, moving and ordering need beyond their query. Who loses a slot is
 * told near free ones: they are looked for after the loser's transaction, so that no lock waits
 * for a search. */
#include "api/table.h"

#include <stdlib.h>
#include <string.h>

static bool is_problem(const json_t *body, const char *slug)
{
    const char *type = json_string_value(json_object_get(body, "type"));

    return type && strcmp(type, slug) == 0;
}

/* True for a refusal that a free time elsewhere would help. */
static bool wants_alternatives(const json_t *body)
{
    return is_problem(body, "slot-taken") || is_problem(body, "slot-not-offered");
}

/* What a search after the act found; NULL when it cannot be made now. */
static json_t *found_by(struct service *service, struct request *request,
                        const char *query_name)
{
    struct db_reply reply = {0};

    if (request_run_query(service, request, db_query_find(query_name), LANE_SEARCH, &reply) ==
            DB_ROW &&
        reply.status == 200)
        return json_loadb(reply.body, reply.body_length, 0, NULL);
    return NULL;
}

/* Compact text that lives as long as the request. */
static const char *text_of(struct request *request, const json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);

    ASSERT(text);
    arena_defer(request->arena, free, text);
    return text;
}

static void replace_body(struct request *request, struct db_reply *reply, const json_t *body)
{
    reply->body = text_of(request, body);
    reply->body_length = strlen(reply->body);
}

/* Puts the alternatives into the refusal; an empty list when they cannot be looked for. */
static void add_alternatives(struct service *service, struct request *request,
                             struct db_reply *reply, const char *query_name)
{
    json_t *body = json_loadb(reply->body, reply->body_length, 0, NULL);
    json_t *list;

    if (wants_alternatives(body)) {
        list = found_by(service, request, query_name);
        json_object_set_new(body, "alternatives", list ? list : json_array());
        replace_body(request, reply, body);
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

/* The refused items of an order are told again, each with its alternatives. */
static void add_alternatives_of_items(struct service *service, struct request *request,
                                      struct db_reply *reply)
{
    json_t *body = json_loadb(reply->body, reply->body_length, 0, NULL);
    json_t *items;

    if (is_problem(body, "order-refused")) {
        request->rows = text_of(request, json_object_get(body, "items"));
        items = found_by(service, request, "orderAlternatives");
        if (items)
            json_object_set_new(body, "items", items);
        replace_body(request, reply, body);
    }
    json_decref(body);
}

void api_create_order(struct service *service, struct request *request)
{
    struct db_reply reply = {0};
    enum db_outcome outcome = request_run_query(service, request, db_query_find("createOrder"),
                                                request->operation->lane, &reply);

    if (outcome == DB_ROW && reply.status == 409 && reply.body)
        add_alternatives_of_items(service, request, &reply);
    answer_database(request, outcome, &reply);
}
