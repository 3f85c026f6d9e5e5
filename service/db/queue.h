/*
 * Who gets the next free connection: lanes, their limits, and first come first served among
 * those that may. Only counts and a list: no threads, no libpq, no clock. The pool calls it
 * under its lock and keeps the invariant that no free connection is left while a waiter may
 * take it.
 *
 *   LANE_SEARCH   at most `searches` at once
 *   LANE_BOOKING  one connection is kept for it: the other lanes leave one of those that are up
 *                 (reserved, not prioritised: strict priority starved the other lanes)
 */
#ifndef CLINICD_DB_QUEUE_H
#define CLINICD_DB_QUEUE_H

#include "db.h"

struct waiter {
    enum lane lane;
    struct waiter *next, *previous;
};

struct queue {
    size_t searches; /* limit of LANE_SEARCH */
    size_t most;     /* longest list of waiters */
    size_t up;       /* connections that are up: free and taken */
    size_t free;
    size_t taken[LANE_COUNT];
    struct waiter *first, *last;
    size_t waiting;
};

/* May a request of this lane take a free connection now? */
bool queue_may_take(const struct queue *queue, enum lane lane) MUST_CHECK;

/* A connection is taken and given back by a request of `lane`; `usable` says whether it is
 * still up. */
void queue_take(struct queue *queue, enum lane lane);
void queue_give(struct queue *queue, enum lane lane, bool usable);

/* A connection came up, free; a free one went down. */
void queue_add(struct queue *queue);
void queue_remove(struct queue *queue);

/* Joins the end of the list; false when it is full. The caller owns the waiter and leaves. */
bool queue_enter(struct queue *queue, struct waiter *waiter) MUST_CHECK;
void queue_leave(struct queue *queue, struct waiter *waiter);

/* The first waiter that may take a connection now; NULL when none may. */
struct waiter *queue_next(const struct queue *queue) MUST_CHECK;

#endif
