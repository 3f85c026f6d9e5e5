/* Lives here: how the rooms are put together. The only file that knows them all. */
#include "commands/wire.h"

#include <string.h>

#include "base/embed.h"
#include "commands/table.h"

static bool contract_wire(struct service *service, struct fault *fault)
{
    const struct contract_options options = {.test_clock = service->config->test_clock};
    const struct embedded *document = embedded_find("openapi.json");

    if (!document)
        return fault_set(fault, "the binary carries no contract");
    service->contract =
        contract_load((const char *)document->data, document->size, &options, fault);
    if (!service->contract)
        return false;
    service->openapi = contract_document(service->contract, &service->openapi_length);
    return service_link(service, fault);
}

/* Who is nobody may read what is on the web site anyhow, and never write or see people. */
static bool anonymous_is_harmless(const char *scopes, struct fault *fault)
{
    static const char *const harmless[] = {"directory:read", "availability:read"};

    for (const char *at = scopes + strspn(scopes, " "); *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        bool found = false;

        for (size_t i = 0; i < LENGTH(harmless); i++)
            found = found ||
                    (strlen(harmless[i]) == length && memcmp(harmless[i], at, length) == 0);
        if (!found)
            return fault_set(fault,
                             "CLINICD_ANONYMOUS_SCOPES may hold directory:read and "
                             "availability:read only, not %.*s",
                             (int)(length < 40 ? length : 40), at);
        at += length;
    }
    return true;
}

bool service_wire(struct service *service, const struct config *config, struct fault *fault)
{
    const struct authority_settings settings = authority_settings_of(config);

    *service = (struct service){.config = config, .arena = arena_new()};
    if (!anonymous_is_harmless(config->anonymous_scopes, fault) ||
        !contract_wire(service, fault))
        return false;
    service->authority = authority_open(&settings, fault);
    return service->authority != NULL;
}

bool service_connect(struct service *service, struct fault *fault)
{
    const struct config *config = service->config;
    const struct database_settings settings = {
        .url = config->database_url,
        .connections = (size_t)config->database_connections,
        .searches = (size_t)config->database_searches,
        .queue = (size_t)config->database_queue,
        .wait_ms = config->database_wait_ms,
        .timeout_ms = config->database_timeout_ms,
        .test_clock = config->test_clock,
    };

    if (*config->database_url == '\0')
        return fault_set(fault, "CLINICD_DATABASE_URL is not set");
    service->database = database_open(&settings, fault);
    return service->database != NULL;
}

struct database_settings worker_settings_of(const struct config *config)
{
    return (struct database_settings){
        .url = config->database_worker_url,
        .timeout_ms = config->database_timeout_ms,
        .test_clock = config->test_clock,
    };
}

void service_unwire(struct service *service)
{
    if (service->database)
        database_free(service->database);
    if (service->authority)
        authority_free(service->authority);
    if (service->contract)
        contract_free(service->contract);
    arena_free(service->arena);
}
