/* Lives here: listening, and the end of listening. The options are those of a thread per
 * connection over poll: a handler that waits for the database must not hold up its neighbours.
 */
#include "http.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "http/exchange.h"

#define CONNECTION_MEMORY_BYTES 32768
#define THREAD_STACK_BYTES (1024 * 1024)
#define CROWD 64 /* connections over the limit that are still told 503 */
#define DRAIN_STEP_MS 5
#define MHD_LINES_PER_SECOND 5

/* What MHD has to say, without trusting it: cut, and a few lines a second at most. */
static void mhd_logger(void *context, const char *format, va_list arguments)
{
    static atomic_int_fast64_t second;
    static atomic_int lines;
    char text[256];
    int64_t now = clock_wall_seconds();

    (void)context;
    if (atomic_exchange(&second, now) != now)
        atomic_store(&lines, 0);
    if (atomic_fetch_add(&lines, 1) >= MHD_LINES_PER_SECOND)
        return;
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    vsnprintf(text, sizeof(text), format, arguments);
#pragma GCC diagnostic pop
    text[strcspn(text, "\n")] = '\0';
    log_line(LOG_DEBUG, "mhd", log_text("message", text));
}

bool http_address(const char *listen, struct sockaddr_in *address, struct fault *fault)
{
    const char *colon = strrchr(listen, ':');
    char host[INET_ADDRSTRLEN] = "";
    char *end;
    long port;

    if (!colon || (size_t)(colon - listen) >= sizeof(host))
        return fault_set(fault, "CLINICD_LISTEN must be an IPv4 address, a colon and a port");
    memcpy(host, listen, (size_t)(colon - listen));
    port = strtol(colon + 1, &end, 10);
    *address = (struct sockaddr_in){.sin_family = AF_INET};
    if (end == colon + 1 || *end || port < 0 || port > 65535 ||
        inet_pton(AF_INET, host, &address->sin_addr) != 1)
        return fault_set(fault, "CLINICD_LISTEN must be an IPv4 address, a colon and a port");
    address->sin_port = htons((uint16_t)port);
    return true;
}

/* Descriptors for connections on both sides; a lower hard limit is taken as it is. */
static void descriptors_reserve(int connections)
{
    struct rlimit limit;
    rlim_t wanted = 2 * ((rlim_t)connections + CROWD + 64) + 64;

    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur >= wanted)
        return;
    limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur < wanted)
        log_line(LOG_WARNING, "few descriptors", log_number("limit", (int64_t)limit.rlim_cur));
}

static bool instance_listen(struct http *http, struct sockaddr_in *address, struct fault *fault)
{
    const struct config *config = http->service->config;
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)mhd_logger, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)exchange_completed, http},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)exchange_first_line, http},
        {MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)visit_notice, &http->visits},
        {MHD_OPTION_SOCK_ADDR, 0, address},
        {MHD_OPTION_STRICT_FOR_CLIENT, 0, NULL}, /* 1: a missing Host gets MHD's own HTML */
        {MHD_OPTION_CONNECTION_LIMIT, http->connection_limit + CROWD, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)config->idle_timeout_seconds, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, CONNECTION_MEMORY_BYTES, NULL},
        {MHD_OPTION_THREAD_STACK_SIZE, THREAD_STACK_BYTES, NULL},
        {MHD_OPTION_END, 0, NULL},
    };

    if (ulfius_start_framework_with_mhd_options(
            &http->instance,
            MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
                MHD_USE_ITC | MHD_USE_ERROR_LOG,
            options) != U_OK)
        return fault_set(fault, "cannot listen on %s", config->listen);
    http->port =
        MHD_get_daemon_info(http->instance.mhd_daemon, MHD_DAEMON_INFO_BIND_PORT)->port;
    return true;
}

static bool instance_make(struct http *http, struct sockaddr_in *address, struct fault *fault)
{
    struct _u_instance *instance = &http->instance;

    if (ulfius_init_instance(instance, ntohs(address->sin_port) ? ntohs(address->sin_port) : 1,
                             address, NULL) != U_OK ||
        ulfius_add_endpoint_by_val(instance, "*", NULL, "*", 0, exchange_run, http) != U_OK)
        return fault_set(fault, "cannot set up the HTTP framework");
    instance->max_post_body_size = http->service->largest_body_bytes + 1;
    instance->allowed_post_processor = U_POST_PROCESS_NONE;
    instance->check_utf8 = 0;
    return true;
}

struct http *http_start(struct service *service, struct fault *fault)
{
    const struct config *config = service->config;
    struct sockaddr_in address = {0};
    struct http *http;

    if (!http_address(config->listen, &address, fault))
        return NULL;
    http = calloc(1, sizeof(*http));
    if (!http) {
        fault_set(fault, "out of memory");
        return NULL;
    }
    http->service = service;
    http->connection_limit = (int)config->connection_limit;
    descriptors_reserve(http->connection_limit);
    if (!visits_start(&http->visits, config->request_timeout_ms,
                      config->idle_timeout_seconds * 1000, fault)) {
        free(http);
        return NULL;
    }
    if (!instance_make(http, &address, fault) || !instance_listen(http, &address, fault)) {
        visits_stop(&http->visits);
        ulfius_clean_instance(&http->instance);
        free(http);
        return NULL;
    }
    return http;
}

int http_port(const struct http *http)
{
    return http->port;
}

/* Waits for requests, not for connections: idle keep-alives would hold up the end. */
static int requests_wait(struct http *http, int64_t wait_ms)
{
    int64_t until_ms = clock_monotonic_ms() + wait_ms;

    while (atomic_load(&http->visits.in_work) > 0 && clock_monotonic_ms() < until_ms)
        usleep(DRAIN_STEP_MS * 1000);
    return atomic_load(&http->visits.in_work);
}

int http_stop(struct http *http, int64_t wait_ms)
{
    int left;
    int descriptor;

    atomic_store(&http->draining, true);
    descriptor = MHD_quiesce_daemon(http->instance.mhd_daemon);
    if (descriptor >= 0)
        close(descriptor);
    left = requests_wait(http, wait_ms);
    ulfius_stop_framework(&http->instance);
    ulfius_clean_instance(&http->instance);
    visits_stop(&http->visits);
    free(http);
    return left;
}
