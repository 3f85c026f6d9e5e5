/*
 * When a work is due next. Pure: the caller brings the clock and the chance.
 */
#ifndef CLINICD_EVENTS_PACE_H
#define CLINICD_EVENTS_PACE_H

#include <stddef.h>
#include <stdint.h>

enum {
    PACE_BUSY_MS = 2,           /* between two portions while there is something to do */
    PACE_FAILED_LEAST_MS = 100, /* after the first failure; it doubles */
    PACE_FAILED_MOST_MS = 5000, /* up to here */
};

struct pace {
    int64_t due_ms;    /* 0: at once */
    int64_t wait_ms;   /* the last wait */
    unsigned failures; /* in a row */
};

enum pace_end { PACE_DID, PACE_NOTHING, PACE_FAILED };

/* After a run that ended at `now_ms`. While there is something to do it is due again in
 * PACE_BUSY_MS; each time that there is nothing it waits twice as long, up to `idle_ms`; after
 * failures much longer. A quarter of an idle wait and half of one after a failure are by
 * `chance` (any number), so that instances do not all ask at once. */
void pace_after(struct pace *pace, enum pace_end end, int64_t now_ms, int64_t idle_ms,
                uint32_t chance);

/* The index of the work that has been due longest, or will be due first. `count` > 0. */
size_t pace_next(const struct pace *paces, size_t count);

#endif
