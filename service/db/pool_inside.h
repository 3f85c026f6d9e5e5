/*
 * Private to pool.c and keeper.c: what the pool is made of. One lock guards everything in
 * struct database that changes; connections are opened and used outside it, each by the one
 * thread that owns its slot then.
 */
#ifndef CLINICD_DB_POOL_INSIDE_H
#define CLINICD_DB_POOL_INSIDE_H

#include <pthread.h>

#include "db/pool.h"
#include "db/queue.h"

enum { KEEPERS = 2 };

enum slot_state { SLOT_DOWN, SLOT_OPENING, SLOT_IDLE, SLOT_TAKEN };

struct slot {
    enum slot_state state;
    bool was_open;                 /* has had a connection before */
    struct connection *connection; /* NULL unless idle or taken */
    enum lane lane;                /* of who has taken it, or had it last */
    uint64_t epoch;                /* the pool's, when its opening began */
    struct slot *next_idle;
};

struct database {
    /* Immutable after database_open. */
    struct arena *arena; /* of dsn */
    struct dsn dsn;
    struct database_settings settings;
    size_t slot_count, keeper_count;
    int cancel_fd; /* readable when the pool closes */
    pthread_t keepers[KEEPERS];

    pthread_mutex_t lock; /* guards all below */
    pthread_cond_t work;  /* for keepers */
    pthread_cond_t news;  /* for database_wait_ready */
    struct queue queue;
    struct slot *slots, *idle; /* idle: the last one given back first, its memory is warm */
    size_t opening;
    uint64_t epoch; /* connections of an older one are not kept */
    bool closing, was_ready, refused;
    struct fault refusal;
    unsigned failures; /* to connect, in a row */
    size_t first_host; /* where the next attempt begins */
    int64_t next_try_ms, next_look_ms;
    int64_t down_since_ms; /* since when no connection has been up */
};

/* All of these under the lock. */

/* Takes an idle connection that suits the lane; queue_may_take has said that there is one. */
struct slot *slot_take_idle(struct database *database, enum lane lane);

/* Puts a connection that is up on the idle list; the caller has told the queue. */
void slot_free(struct database *database, struct slot *slot);

/* Empties the slot and wakes a keeper; the caller has told the queue, and closes what it
 * returns. */
struct connection *slot_empty(struct database *database, struct slot *slot);

/* Hands free connections out until no waiter may take one. */
void waiters_serve(struct database *database);

/* pthread_cond_timedwait for conditions of condition_init, on the monotonic clock. */
void condition_init(pthread_cond_t *condition);
void condition_wait(pthread_cond_t *condition, pthread_mutex_t *lock, int64_t until_ms);

#endif
