/* Private to service/api: the handlers that table.c lists. */
#ifndef CLINICD_API_TABLE_H
#define CLINICD_API_TABLE_H

#include "api.h"

/* pages.c */
void api_healthz(struct service *service, struct request *request);
void api_readyz(struct service *service, struct request *request);
void api_metrics(struct service *service, struct request *request);
void api_openapi(struct service *service, struct request *request);
void api_docs(struct service *service, struct request *request);
void api_problem(struct service *service, struct request *request);

/* me.c */
void api_read_me(struct service *service, struct request *request);

/* bookings.c */
void api_create_booking(struct service *service, struct request *request);
void api_reschedule_booking(struct service *service, struct request *request);
void api_create_order(struct service *service, struct request *request);

/* import.c */
void api_import(struct service *service, struct request *request);
void api_import_directory(struct service *service, struct request *request);

/* export.c */
void api_export(struct service *service, struct request *request);

/* charges.c */
void api_list_charges(struct service *service, struct request *request);

#endif
