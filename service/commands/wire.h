/* Private to service/commands: the rooms put together, for serve and check. */
#ifndef CLINICD_COMMANDS_WIRE_H
#define CLINICD_COMMANDS_WIRE_H

#include "serve.h"

/* Fills `service` up to the link of contract, queries and handlers; no connection is made yet.
 * False and a fault; service_unwire frees in both cases. */
bool service_wire(struct service *service, const struct config *config,
                  struct fault *fault) MUST_CHECK;

/* Where the worker connects, and how. */
struct database_settings worker_settings_of(const struct config *config);

/* Starts the pool of database connections. */
bool service_connect(struct service *service, struct fault *fault) MUST_CHECK;

void service_unwire(struct service *service);

#endif
