/* Lives here: the life of the daemon: block signals, start the rooms, wait for a signal or for
 * a refusal of the database, drain, stop. */
#include "commands/table.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "commands/wire.h"
#include "events.h"
#include "http.h"

#define WATCH_MS 250
#define FIRST_CONNECTION_MS 3000

static sigset_t signals_block(void)
{
    sigset_t signals;

    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    sigaddset(&signals, SIGHUP);
    pthread_sigmask(SIG_BLOCK, &signals, NULL);
    return signals;
}

/* Returns the signal, or 0 with a fault when the database refuses this binary. */
static int wait_for_end(struct service *service, struct events *events, const sigset_t *signals,
                        struct fault *fault)
{
    const struct timespec step = {.tv_nsec = WATCH_MS * 1000000L};

    while (database_state(service->database) != DATABASE_REFUSED) {
        if (events_are_refused(events, fault))
            return 0;
        int signal = sigtimedwait(signals, NULL, &step);

        if (signal > 0 && signal != SIGHUP)
            return signal;
    }
    (void)database_wait_ready(service->database, 0, fault);
    return 0;
}

/* False and a fault for an address that cannot be used; `events` stays NULL where none is set.
 */
static bool work_start(const struct config *config, struct events **events, struct fault *fault)
{
    const struct database_settings settings = worker_settings_of(config);

    if (*config->database_worker_url) {
        *events = events_start(&settings, fault);
        return *events != NULL;
    }
    log_line(LOG_INFO, "serves_only",
             log_text("reason", "CLINICD_DATABASE_WORKER_URL is not set: another instance has "
                                "to expire holds and follow the change log"));
    return true;
}

/* Requests first: they were promised an answer; works are taken up again by whoever comes. */
static void drain(struct http *http, struct events *events, int64_t grace_ms)
{
    int64_t until_ms = clock_monotonic_ms() + grace_ms, left_ms;
    int cut;

    events_finish(events);
    cut = http_stop(http, grace_ms);
    left_ms = until_ms - clock_monotonic_ms();
    events_stop(events, left_ms > 0 ? left_ms : 0);
    log_line(LOG_INFO, "stopped", log_number("requests_cut", cut));
}

static int serve_until_told(struct service *service, const sigset_t *signals,
                            struct fault *fault)
{
    struct events *events = NULL;
    struct http *http = http_start(service, fault);
    int signal;

    if (!http)
        return EXIT_FAILED;
    if (!work_start(service->config, &events, fault)) {
        http_stop(http, 0);
        return EXIT_FAILED;
    }
    log_line(LOG_INFO, "serving", log_number("port", http_port(http)),
             log_text("version", CLINICD_VERSION));
    signal = wait_for_end(service, events, signals, fault);
    log_line(LOG_INFO, "stopping", log_number("signal", signal));
    drain(http, events, service->config->drain_timeout_ms);
    return signal ? EXIT_DONE : EXIT_FAILED;
}

int command_serve(const struct config *config, int argc, char **argv)
{
    struct service service;
    struct fault fault = {""};
    sigset_t signals = signals_block();
    int status = EXIT_FAILED;

    (void)argv;
    if (argc > 1)
        return command_misused("serve", "takes no arguments");
    if (service_wire(&service, config, &fault) && service_connect(&service, &fault) &&
        database_wait_ready(service.database, FIRST_CONNECTION_MS, &fault) != DATABASE_REFUSED)
        status = serve_until_told(&service, &signals, &fault);
    service_unwire(&service);
    if (status == EXIT_FAILED)
        return command_failed(&fault);
    return status;
}
