/* Private to service/http: one exchange of a request and its answer, between ulfius and serve.
 */
#ifndef CLINICD_HTTP_EXCHANGE_H
#define CLINICD_HTTP_EXCHANGE_H

#include <ulfius.h>

#include "http/visit.h"
#include "serve.h"

struct http {
    struct service *service;
    struct _u_instance instance;
    struct visits visits;
    int port;
    int connection_limit;
    atomic_bool draining;
};

/* The callback of the one wildcard endpoint; `context` is the struct http. */
int exchange_run(const struct _u_request *in, struct _u_response *out, void *context);

/* MHD's callbacks around a request; `context` is the struct http. */
void *exchange_first_line(void *context, const char *target, struct MHD_Connection *connection);
void exchange_completed(void *context, struct MHD_Connection *connection, void **state,
                        enum MHD_RequestTerminationCode code);

#endif
