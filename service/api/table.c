/* Lives here: which operations have a handler in C, and which queries those run. All other
 * operations are answered by the query of their name. */
#include "api/table.h"

const struct handler handlers[] = {
    {"healthz", api_healthz, {0}},
    {"readyz", api_readyz, {0}},
    {"metrics", api_metrics, {0}},
    {"openapi", api_openapi, {0}},
    {"docs", api_docs, {0}},
    {"problem", api_problem, {0}},
    {"readMe", api_read_me, {0}},
    {"createBooking", api_create_booking, {"createBooking", "bookingAlternatives"}},
    {"rescheduleBooking",
     api_reschedule_booking,
     {"rescheduleBooking", "rescheduleAlternatives"}},
    {"createOrder", api_create_order, {"createOrder", "orderAlternatives"}},
    {"importLocations", api_import, {"importLocations"}},
    {"importClinics", api_import, {"importClinics"}},
    {"importDirectory", api_import_directory, {"importDirectory"}},
    {"exportDirectory", api_export, {"exportDirectory"}},
    {"listCharges", api_list_charges, {"listCharges", "exportCharges"}},
};

const size_t handler_count = LENGTH(handlers);
