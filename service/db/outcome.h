/*
 * What became of one attempt, and what follows from it. Pure: no libpq.
 */
#ifndef CLINICD_DB_OUTCOME_H
#define CLINICD_DB_OUTCOME_H

#include "db.h"

/* How one pipeline ended. */
enum run_end {
    RUN_ROW,     /* one row, and the commit is confirmed */
    RUN_NO_ROW,  /* none, and the commit is confirmed */
    RUN_ERROR,   /* the server refused, at a statement or at the commit: see sqlstate */
    RUN_ODD,     /* an answer that breaks the agreement on columns or rows */
    RUN_LOST,    /* the connection broke before the commit was confirmed */
    RUN_EXPIRED, /* our deadline passed; the server may still be at it */
};

enum again { AGAIN_NEVER, AGAIN_READS, AGAIN_ALWAYS };

enum fate { FATE_KEEP, FATE_DROP, FATE_DROP_ALL };

struct decision {
    enum db_outcome outcome;
    enum again again;
    int tries; /* in all */
    enum fate fate;
};

/* `sqlstate` is read for RUN_ERROR only; "" counts as unknown. Any thread. */
struct decision outcome_decide(enum run_end end, const char *sqlstate);

/* May the whole transaction run again after `attempts` of it? */
bool outcome_allows_again(const struct decision *decision, bool is_read, int attempts);

#endif
