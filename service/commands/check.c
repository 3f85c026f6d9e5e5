/* Lives here: clinicd check. Without arguments it does what serve does before it listens; with
 * --live it asks the running service on the configured address whether it is ready (for
 * container health checks: a slim image has no curl). */
#include "commands/table.h"

#include <arpa/inet.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "commands/wire.h"
#include "events.h"
#include "http.h"

#define READY_MS 10000
#define LIVE_SECONDS 3

/* The worker's role and queries, where this instance is to work. */
static bool worker_is_good(const struct config *config, struct fault *fault)
{
    const struct database_settings settings = worker_settings_of(config);

    return !*config->database_worker_url || events_check(&settings, fault) == DATABASE_READY;
}

static int check_all(const struct config *config)
{
    struct service service;
    struct fault fault = {"the database is away"};
    bool good = service_wire(&service, config, &fault) && service_connect(&service, &fault) &&
                database_wait_ready(service.database, READY_MS, &fault) == DATABASE_READY &&
                worker_is_good(config, &fault);

    if (good)
        printf("clinicd: %zu operations and %zu queries fit together and with the database\n",
               contract_operation_count(service.contract), db_query_count);
    service_unwire(&service);
    return good ? EXIT_DONE : command_failed(&fault);
}

/* The configured address; 0.0.0.0 is asked on the loopback. */
static bool live_address(const struct config *config, struct sockaddr_in *address,
                         struct fault *fault)
{
    if (!http_address(config->listen, address, fault))
        return false;
    if (address->sin_addr.s_addr == htonl(INADDR_ANY))
        address->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    return true;
}

static bool is_ready(int connection, const struct sockaddr_in *address)
{
    static const char question[] =
        "GET /readyz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    static const char wanted[] = "HTTP/1.1 200 ";
    const struct timeval limit = {.tv_sec = LIVE_SECONDS};
    char answer[sizeof(wanted)] = "";

    setsockopt(connection, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
    setsockopt(connection, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
    return connect(connection, (const struct sockaddr *)address, sizeof(*address)) == 0 &&
           send(connection, question, sizeof(question) - 1, MSG_NOSIGNAL) ==
               (ssize_t)sizeof(question) - 1 &&
           recv(connection, answer, sizeof(wanted) - 1, MSG_WAITALL) ==
               (ssize_t)sizeof(wanted) - 1 &&
           strcmp(answer, wanted) == 0;
}

static int check_live(const struct config *config)
{
    struct sockaddr_in address;
    struct fault fault;
    int connection = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool ready = connection >= 0 && live_address(config, &address, &fault) &&
                 is_ready(connection, &address);

    if (connection >= 0)
        close(connection);
    if (!ready) {
        fault_set(&fault, "no service is ready on %s", config->listen);
        return command_failed(&fault);
    }
    puts("clinicd: ready");
    return EXIT_DONE;
}

int command_check(const struct config *config, int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "--live") == 0)
        return check_live(config);
    if (argc > 1)
        return command_misused("check", "takes --live or nothing");
    return check_all(config);
}
