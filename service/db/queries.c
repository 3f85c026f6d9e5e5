/*
 * Finds a named query in the table that sql/queries.awk made. Start-up looks each up once; the
 * list is short, so it is simply walked.
 */
#include "db.h"

#include <string.h>

const struct query *db_query_find(const char *name)
{
    for (size_t i = 0; i < db_query_count; i++)
        if (strcmp(db_queries[i].name, name) == 0)
            return &db_queries[i];
    return NULL;
}
