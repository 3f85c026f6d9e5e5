/*
 * Private to service/http: one visit per client connection, from accept to close. It knows
 * whether a request is in work and until when the present phase may last; the reaper shuts the
 * sockets of those that are late, as MHD's own timeout cuts silence only.
 */
#ifndef CLINICD_HTTP_VISIT_H
#define CLINICD_HTTP_VISIT_H

#include <stdatomic.h>
#include <pthread.h>
#include <microhttpd.h>

#include "base.h"

struct visit {
    struct visit *next; /* in the list of all, under its lock */
    struct visit **previous;
    int socket;
    atomic_int_fast64_t deadline_ms; /* monotonic; INT64_MAX: none */
    /* the rest is touched by the connection's own thread only */
    bool in_work;  /* counted in visits.in_work */
    void *pending; /* ulfius's state of a request that MHD has not completed; else NULL */
};

struct visits {
    pthread_mutex_t lock;
    struct visit *first;
    int64_t request_ms; /* a request may take this long to arrive, and its answer to leave */
    int64_t idle_ms;    /* a connection may wait this long for its next request */
    atomic_int in_work; /* requests between their first line and their completion */
    atomic_int open;
    pthread_t reaper;
    pthread_cond_t stop_wanted;
    bool stopping;
};

bool visits_start(struct visits *visits, int64_t request_ms, int64_t idle_ms,
                  struct fault *fault) MUST_CHECK;

/* Ends the reaper; no connection may be left. */
void visits_stop(struct visits *visits);

/* MHD_NotifyConnectionCallback; `context` is the struct visits. */
void visit_notice(void *context, struct MHD_Connection *connection, void **socket_context,
                  enum MHD_ConnectionNotificationCode code);

struct visit *visit_of(struct MHD_Connection *connection);

/* The first line of a request is there; `pending` is what to release when MHD never completes
 * it. */
void visit_begin(struct visits *visits, struct visit *visit, void *pending);

/* The whole request is there: from now on our own limits hold. */
void visit_work(struct visit *visit);

/* The answer leaves. */
void visit_answer(const struct visits *visits, struct visit *visit);

/* The request is over. */
void visit_end(struct visits *visits, struct visit *visit);

#endif
