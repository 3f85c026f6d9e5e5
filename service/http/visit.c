/* Lives here: the list of client connections and the reaper that ends the slow ones. Calls base
 * and MHD. */
#include "http/visit.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <ulfius.h>

#define REAPER_STEP_MS 200

static void visit_set_deadline(struct visit *visit, int64_t from_now_ms)
{
    atomic_store(&visit->deadline_ms, clock_monotonic_ms() + from_now_ms);
}

/* Shuts what is late. Under the lock no visit can leave, so no descriptor is another's. */
static void visits_reap(struct visits *visits)
{
    int64_t now_ms = clock_monotonic_ms();

    for (struct visit *visit = visits->first; visit; visit = visit->next) {
        if (atomic_load(&visit->deadline_ms) > now_ms)
            continue;
        shutdown(visit->socket, SHUT_RDWR);
        atomic_store(&visit->deadline_ms, INT64_MAX);
        metrics_add(METRIC_SLOW_CLIENTS_CUT, 1);
    }
}

static void *reaper_run(void *context)
{
    struct visits *visits = context;
    struct timespec wake;

    pthread_mutex_lock(&visits->lock);
    while (!visits->stopping) {
        clock_gettime(CLOCK_MONOTONIC, &wake);
        wake.tv_nsec += REAPER_STEP_MS * 1000000L;
        wake.tv_sec += wake.tv_nsec / 1000000000L;
        wake.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&visits->stop_wanted, &visits->lock, &wake);
        visits_reap(visits);
    }
    pthread_mutex_unlock(&visits->lock);
    return NULL;
}

bool visits_start(struct visits *visits, int64_t request_ms, int64_t idle_ms,
                  struct fault *fault)
{
    pthread_condattr_t attributes;

    pthread_mutex_init(&visits->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&visits->stop_wanted, &attributes);
    pthread_condattr_destroy(&attributes);
    visits->request_ms = request_ms;
    visits->idle_ms = idle_ms;
    if (pthread_create(&visits->reaper, NULL, reaper_run, visits) != 0)
        return fault_set(fault, "cannot start the thread that ends slow connections");
    return true;
}

void visits_stop(struct visits *visits)
{
    pthread_mutex_lock(&visits->lock);
    visits->stopping = true;
    pthread_cond_signal(&visits->stop_wanted);
    pthread_mutex_unlock(&visits->lock);
    pthread_join(visits->reaper, NULL);
    pthread_cond_destroy(&visits->stop_wanted);
    pthread_mutex_destroy(&visits->lock);
}

static struct visit *visit_open(struct visits *visits, int socket)
{
    struct visit *visit = calloc(1, sizeof(*visit));

    if (!visit)
        return NULL;
    visit->socket = socket;
    visit_set_deadline(visit, visits->request_ms);
    pthread_mutex_lock(&visits->lock);
    visit->next = visits->first;
    visit->previous = &visits->first;
    if (visit->next)
        visit->next->previous = &visit->next;
    visits->first = visit;
    pthread_mutex_unlock(&visits->lock);
    atomic_fetch_add(&visits->open, 1);
    metrics_add(METRIC_CONNECTIONS, 1);
    return visit;
}

static void visit_close(struct visits *visits, struct visit *visit)
{
    visit_end(visits, visit);
    pthread_mutex_lock(&visits->lock);
    *visit->previous = visit->next;
    if (visit->next)
        visit->next->previous = visit->previous;
    pthread_mutex_unlock(&visits->lock);
    free(visit);
    atomic_fetch_sub(&visits->open, 1);
    metrics_add(METRIC_CONNECTIONS, -1);
}

void visit_notice(void *context, struct MHD_Connection *connection, void **socket_context,
                  enum MHD_ConnectionNotificationCode code)
{
    const union MHD_ConnectionInfo *info;

    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*socket_context)
            visit_close(context, *socket_context);
        *socket_context = NULL;
        return;
    }
    info = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    *socket_context = info ? visit_open(context, info->connect_fd) : NULL;
}

struct visit *visit_of(struct MHD_Connection *connection)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);

    return info ? info->socket_context : NULL;
}

void visit_begin(struct visits *visits, struct visit *visit, void *pending)
{
    visit_end(visits, visit);
    visit->pending = pending;
    visit->in_work = true;
    atomic_fetch_add(&visits->in_work, 1);
    metrics_add(METRIC_REQUESTS_IN_WORK, 1);
    visit_set_deadline(visit, visits->request_ms);
}

void visit_work(struct visit *visit)
{
    atomic_store(&visit->deadline_ms, INT64_MAX);
}

void visit_answer(const struct visits *visits, struct visit *visit)
{
    visit_set_deadline(visit, visits->request_ms);
}

/* MHD forgets to complete a request whose headers it refuses itself: `pending` is freed here.
 */
void visit_end(struct visits *visits, struct visit *visit)
{
    if (visit->pending)
        mhd_request_completed(NULL, NULL, &visit->pending, MHD_REQUEST_TERMINATED_WITH_ERROR);
    visit->pending = NULL;
    if (visit->in_work) {
        visit->in_work = false;
        atomic_fetch_sub(&visits->in_work, 1);
        metrics_add(METRIC_REQUESTS_IN_WORK, -1);
    }
    visit_set_deadline(visit, visits->idle_ms + visits->request_ms);
}
