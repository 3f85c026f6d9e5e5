/*
 * The door of service/api: the operations that need a thought in C. Most need none: their query
 * of the same name answers.
 */
#ifndef CLINICD_API_H
#define CLINICD_API_H

#include "serve.h"

#define HANDLER_QUERIES 4

struct handler {
    const char *operation;                                         /* operationId */
    void (*run)(struct service *service, struct request *request); /* must answer */
    const char *queries[HANDLER_QUERIES]; /* names of the queries it runs */
};

/* The table; handlers[handler_count - 1] is the last. */
extern const struct handler handlers[];
extern const size_t handler_count;

#endif
