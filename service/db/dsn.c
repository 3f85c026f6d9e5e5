/*
 * Reads a connection string and adds what every connection needs. Calls libpq's parser only.
 */
#include "db/dsn.h"

#include <libpq-fe.h>
#include <stdlib.h>
#include <string.h>

enum { PARAMETERS_MOST = 64 };

/* What the url may override. */
static const struct {
    const char *keyword, *value;
} defaults[] = {
    {"connect_timeout", "3"},
    /* A cut network is seen after about 3 s instead of never (40 s and more with defaults). */
    {"keepalives_idle", "2"},
    {"keepalives_interval", "1"},
    {"keepalives_count", "3"},
    {"tcp_user_timeout", "3000"},
    /* Of several hosts the one that takes writes: after a failover the new primary. */
    {"target_session_attrs", "read-write"},
    /* Kerberos encryption is tried first otherwise: one more round trip at each connect. */
    {"gssencmode", "disable"},
};

struct pairs {
    const char *keywords[PARAMETERS_MOST];
    const char *values[PARAMETERS_MOST];
    size_t count;
};

static const char *pairs_get(const struct pairs *pairs, const char *keyword)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->keywords[i], keyword) == 0)
            return pairs->values[i];
    return NULL;
}

static void pairs_set(struct pairs *pairs, const char *keyword, const char *value)
{
    size_t i = 0;

    while (i < pairs->count && strcmp(pairs->keywords[i], keyword) != 0)
        i++;
    ASSERT(i < PARAMETERS_MOST);
    pairs->keywords[i] = keyword;
    pairs->values[i] = value;
    if (i == pairs->count)
        pairs->count++;
}

static size_t list_length(const char *list)
{
    size_t length = 1;

    for (; list && *list; list++)
        length += *list == ',';
    return length;
}

/* "a,b,c" from its second member on: "b,c,a". A list of another length, such as one port for
 * all hosts, stays. */
static const char *list_rotate(const char *list, size_t first, size_t length,
                               struct arena *arena)
{
    const char *rest = list;

    if (first == 0 || !list || list_length(list) != length)
        return list;
    for (size_t i = 0; i < first; i++)
        rest = strchr(rest, ',') + 1;
    return arena_format(arena, "%s,%.*s", rest, (int)(rest - list - 1), list);
}

static struct dsn_parameters parameters_from(const struct pairs *pairs, size_t first,
                                             size_t hosts, struct arena *arena)
{
    static const char *const lists[] = {"host", "hostaddr", "port"};
    struct pairs rotated = *pairs;
    const char **keywords = arena_alloc_array(arena, pairs->count + 1, sizeof *keywords);
    const char **values = arena_alloc_array(arena, pairs->count + 1, sizeof *values);

    for (size_t i = 0; i < LENGTH(lists); i++)
        if (pairs_get(pairs, lists[i]))
            pairs_set(&rotated, lists[i],
                      list_rotate(pairs_get(pairs, lists[i]), first, hosts, arena));
    memcpy(keywords, rotated.keywords, pairs->count * sizeof *keywords);
    memcpy(values, rotated.values, pairs->count * sizeof *values);
    return (struct dsn_parameters){keywords, values};
}

static void pairs_complete(struct pairs *pairs, const char *application, const char *settings,
                           struct arena *arena)
{
    const char *given = pairs_get(pairs, "options");

    for (size_t i = 0; i < LENGTH(defaults); i++)
        if (!pairs_get(pairs, defaults[i].keyword))
            pairs_set(pairs, defaults[i].keyword, defaults[i].value);
    if (!pairs_get(pairs, "application_name"))
        pairs_set(pairs, "application_name", application);
    pairs_set(pairs, "client_encoding", "UTF8");
    pairs_set(pairs, "options",
              arena_format(arena, "%s%s%s", given ? given : "", given ? " " : "", settings));
}

static bool pairs_read(struct pairs *pairs, const char *url, struct arena *arena)
{
    PQconninfoOption *options = PQconninfoParse(url, NULL);

    if (!options)
        return false;
    for (PQconninfoOption *option = options; option->keyword; option++)
        if (option->val && *option->val)
            pairs_set(pairs, arena_copy_text(arena, option->keyword),
                      arena_copy_text(arena, option->val));
    PQconninfoFree(options);
    return true;
}

bool dsn_read(struct dsn *dsn, const char *name, const char *url, const char *application,
              const char *settings, struct arena *arena, struct fault *fault)
{
    struct pairs pairs = {.count = 0};
    const char *hosts;
    long seconds;

    if (!*url)
        return fault_set(fault, "%s is not set: it takes a libpq connection string", name);
    if (!pairs_read(&pairs, url, arena))
        return fault_set(fault, "%s is no connection string that libpq can read", name);
    pairs_complete(&pairs, application, settings, arena);
    hosts = pairs_get(&pairs, "host");
    dsn->hosts = list_length(hosts ? hosts : pairs_get(&pairs, "hostaddr"));
    dsn->from_host = arena_alloc_array(arena, dsn->hosts, sizeof *dsn->from_host);
    for (size_t i = 0; i < dsn->hosts; i++)
        dsn->from_host[i] = parameters_from(&pairs, i, dsn->hosts, arena);
    seconds = strtol(pairs_get(&pairs, "connect_timeout"), NULL, 10);
    dsn->connect_ms = (seconds < 1 ? 1 : seconds > 60 ? 60 : seconds) * 1000;
    return true;
}

/* The server gives up a little before we do, which keeps the connection. */
static const char *session_settings(const struct database_settings *settings,
                                    struct arena *arena)
{
    long long timeout = settings->timeout_ms;

    return arena_format(arena,
                        "-c statement_timeout=%lldms -c lock_timeout=%lldms "
                        "-c idle_in_transaction_session_timeout=%lldms "
                        "-c TimeZone=UTC -c plan_cache_mode=force_generic_plan -c jit=off "
                        "-c search_path=app,public -c app.test_clock=%s",
                        timeout - timeout / 10, timeout / 2, 2 * timeout,
                        settings->test_clock ? "on" : "off");
}

bool dsn_read_for_service(struct dsn *dsn, const char *name, const char *application,
                          const struct database_settings *settings, struct arena *arena,
                          struct fault *fault)
{
    return dsn_read(dsn, name, settings->url, application, session_settings(settings, arena),
                    arena, fault);
}
