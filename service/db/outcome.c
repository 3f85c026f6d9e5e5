/*
 * From the end of a pipeline and a SQLSTATE to an outcome: tbl/sqlstate.h, searched by the
 * longest code. The connection's state is looked at before the SQLSTATE: a dead backend has
 * none.
 */
#include "db/outcome.h"

#include <string.h>

static const struct {
    const char *code;
    struct decision decision;
} sqlstates[] = {
#define SQLSTATE(code, outcome, again, tries, connection, meaning)                             \
    {code, {DB_##outcome, AGAIN_##again, tries, FATE_##connection}},
#include "tbl/sqlstate.h"
#undef SQLSTATE
};

static struct decision decide_error(const char *sqlstate)
{
    struct decision decision = {DB_BROKEN, AGAIN_NEVER, 1, FATE_KEEP};
    size_t longest = 0;

    for (size_t i = 0; i < LENGTH(sqlstates); i++) {
        size_t length = strlen(sqlstates[i].code);

        if (length > longest && strncmp(sqlstate, sqlstates[i].code, length) == 0) {
            decision = sqlstates[i].decision;
            longest = length;
        }
    }
    return decision;
}

struct decision outcome_decide(enum run_end end, const char *sqlstate)
{
    switch (end) {
    case RUN_ROW:
        return (struct decision){DB_ROW, AGAIN_NEVER, 1, FATE_KEEP};
    case RUN_NO_ROW:
        return (struct decision){DB_NO_ROW, AGAIN_NEVER, 1, FATE_KEEP};
    case RUN_ERROR:
        return decide_error(sqlstate);
    case RUN_LOST:
        return (struct decision){DB_AWAY, AGAIN_READS, 2, FATE_DROP};
    case RUN_EXPIRED:
        return (struct decision){DB_TIMEOUT, AGAIN_NEVER, 1, FATE_DROP};
    case RUN_ODD:
        break;
    }
    return (struct decision){DB_BROKEN, AGAIN_NEVER, 1, FATE_KEEP};
}

bool outcome_allows_again(const struct decision *decision, bool is_read, int attempts)
{
    if (attempts >= decision->tries)
        return false;
    return decision->again == AGAIN_ALWAYS || (decision->again == AGAIN_READS && is_read);
}

const char *db_outcome_name(enum db_outcome outcome)
{
    static const char *const names[] = {
        [DB_ROW] = "row",
        [DB_NO_ROW] = "no_row",
        [DB_CONFLICT] = "conflict",
        [DB_UNKNOWN_REFERENCE] = "unknown_reference",
        [DB_UNPROCESSABLE] = "unprocessable",
        [DB_FORBIDDEN] = "forbidden",
        [DB_BUSY] = "busy",
        [DB_AWAY] = "away",
        [DB_TIMEOUT] = "timeout",
        [DB_BROKEN] = "broken",
    };

    return names[outcome];
}
