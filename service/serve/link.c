/* Lives here: start-up's check that contract, queries and handlers fit together, and the table
 * that the run step reads. Nothing of this runs while requests are served. */
#include "serve/steps.h"

#include <string.h>

static const struct {
    const char *name;
    enum argument_source source;
} request_arguments[] = {
#define ARGUMENT(id, name) {name, ARGUMENT_##id},
#include "serve/argument.h"
#undef ARGUMENT
};

static bool is_in(const char *const *list, const char *wanted)
{
    for (; *list; list++) {
        if (strcmp(*list, wanted) == 0)
            return true;
    }
    return false;
}

static bool argument_bind(const struct operation *operation, const char *name,
                          struct argument *argument)
{
    for (size_t i = 0; i < LENGTH(request_arguments); i++) {
        if (strcmp(request_arguments[i].name, name) == 0) {
            argument->source = request_arguments[i].source;
            return true;
        }
    }
    *argument = (struct argument){ARGUMENT_PARAMETER, name};
    return is_in(operation->parameter_names, name);
}

/* Works out where each argument of the query comes from. */
static bool query_bind(struct service *service, const struct operation *operation,
                       const struct query *query, struct bound_query *bound,
                       struct fault *fault)
{
    if (query->idle_ms > 0)
        return fault_set(fault,
                         "%s:%d: the query %s is the worker's, the operation %s cannot run it",
                         query->file, query->line, query->name, operation->id);
    bound->query = query;
    bound->arguments =
        arena_alloc_array(service->arena, query->argument_count + 1, sizeof(*bound->arguments));
    for (size_t i = 0; i < query->argument_count; i++) {
        if (!argument_bind(operation, query->arguments[i], &bound->arguments[i]))
            return fault_set(fault,
                             "%s:%d: argument %s of query %s is neither a parameter of the "
                             "operation %s nor something that every request has",
                             query->file, query->line, query->arguments[i], query->name,
                             operation->id);
    }
    return true;
}

static const struct handler *handler_find(const char *operation)
{
    for (size_t i = 0; i < handler_count; i++) {
        if (strcmp(handlers[i].operation, operation) == 0)
            return &handlers[i];
    }
    return NULL;
}

static bool handler_bind(struct service *service, const struct operation *operation,
                         struct link *link, struct fault *fault)
{
    for (size_t i = 0; i < HANDLER_QUERIES && link->handler->queries[i]; i++) {
        const char *name = link->handler->queries[i];
        const struct query *query = db_query_find(name);

        if (!query)
            return fault_set(fault, "the handler of %s runs the query %s, which does not exist",
                             operation->id, name);
        if (!query_bind(service, operation, query, &link->queries[i], fault))
            return false;
    }
    return true;
}

static bool operation_link(struct service *service, const struct operation *operation,
                           struct fault *fault)
{
    struct link *link = &service->links[operation->index];
    const struct query *query = db_query_find(operation->id);

    link->handler = handler_find(operation->id);
    if (link->handler)
        return handler_bind(service, operation, link, fault);
    if (!query)
        return fault_set(fault, "the operation %s has neither a query nor a handler",
                         operation->id);
    return query_bind(service, operation, query, &link->queries[0], fault);
}

static bool is_query_linked(const struct service *service, const struct query *query)
{
    for (size_t i = 0; i < contract_operation_count(service->contract); i++) {
        for (size_t at = 0; at < HANDLER_QUERIES; at++) {
            if (service->links[i].queries[at].query == query)
                return true;
        }
    }
    return false;
}

static bool nothing_is_left_over(const struct service *service, struct fault *fault)
{
    for (size_t i = 0; i < handler_count; i++) {
        if (!contract_find(service->contract, handlers[i].operation) &&
            !contract_leaves_out(service->contract, handlers[i].operation))
            return fault_set(fault, "the handler of %s has no operation in the contract",
                             handlers[i].operation);
    }
    for (size_t i = 0; i < db_query_count; i++) {
        const struct query *query = &db_queries[i];

        if (query->idle_ms == 0 && !is_query_linked(service, query) &&
            !contract_leaves_out(service->contract, query->name))
            return fault_set(fault, "%s:%d: the query %s has no operation in the contract",
                             query->file, query->line, query->name);
    }
    return true;
}

bool service_link(struct service *service, struct fault *fault)
{
    size_t count = contract_operation_count(service->contract);

    service->links = arena_alloc_array(service->arena, count, sizeof(*service->links));
    service->largest_body_bytes = 0;
    for (size_t i = 0; i < count; i++) {
        const struct operation *operation = contract_operation(service->contract, i);

        if (operation->max_body_bytes > service->largest_body_bytes)
            service->largest_body_bytes = operation->max_body_bytes;
        if (!operation_link(service, operation, fault))
            return false;
    }
    return nothing_is_left_over(service, fault);
}
