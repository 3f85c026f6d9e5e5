/* Lives here: how a command gets into the corridor: the rooms put together, a token, a request.
 */
#include "commands/corridor.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "commands/table.h"
#include "commands/wire.h"

#define READY_MS 10000
#define TOKEN_BYTES_MOST 8192
#define TOKEN_SECONDS 86400
#define CONNECTIONS 3
#define QUERY_MS 30000
#define TRIES 5
#define FIRST_PAUSE_MS 100

static const char *token_read(const char *path, struct arena *arena, struct fault *fault)
{
    char bytes[TOKEN_BYTES_MOST + 1] = "";
    FILE *file = fopen(path, "re");
    bool good = file && fscanf(file, "%8192s", bytes) == 1;

    if (file)
        fclose(file);
    if (!good)
        fault_set(fault, "%s holds no token", path);
    return good ? arena_format(arena, "Bearer %s", bytes) : NULL;
}

static const char *token_sign(const struct config *config, const struct corridor_caller *caller,
                              struct arena *arena, struct fault *fault)
{
    const struct authority_settings settings = authority_settings_of(config);
    const char *clinics[] = {caller->clinic, NULL};
    const struct token_request request = {.subject = caller->subject,
                                          .scope = "directory:write platform:write",
                                          .clinics = clinics,
                                          .all_clinics = !caller->clinic,
                                          .lifetime_seconds = TOKEN_SECONDS};
    char *minted = token_mint(&settings, &request, clock_wall_seconds(), fault);
    const char *token = minted ? arena_format(arena, "Bearer %s", minted) : NULL;

    free(minted);
    return token;
}

static bool corridor_wired(struct corridor *corridor, struct fault *fault)
{
    fault_set(fault, "the database is away");
    return service_wire(&corridor->service, &corridor->config, fault) &&
           service_connect(&corridor->service, fault) &&
           database_wait_ready(corridor->service.database, READY_MS, fault) == DATABASE_READY;
}

bool corridor_open(struct corridor *corridor, const struct config *config,
                   const struct corridor_caller *caller, struct fault *fault)
{
    *corridor = (struct corridor){.config = *config, .arena = arena_new()};
    corridor->config.database_connections = CONNECTIONS;
    corridor->config.database_timeout_ms = QUERY_MS;
    log_set_level(LOG_ERROR);
    if (!corridor_wired(corridor, fault))
        return false;
    corridor->token = caller->token_file
                          ? token_read(caller->token_file, corridor->arena, fault)
                          : token_sign(config, caller, corridor->arena, fault);
    return corridor->token;
}

void corridor_close(struct corridor *corridor)
{
    service_unwire(&corridor->service);
    arena_free(corridor->arena);
}

static void ask_once(struct corridor *corridor, struct arena *arena, const char *target,
                     const struct buffer *body, struct answer *answer)
{
    const struct header headers[] = {
        {"Authorization", corridor->token},
        {"Content-Type", "application/x-ndjson"},
    };
    struct request request = {
        .arena = arena,
        .method = body ? "POST" : "GET",
        .target = target,
        .headers = headers,
        .header_count = body ? LENGTH(headers) : 1,
        .headers_are_clean = true,
        .body = body ? body->text : NULL,
        .body_length = body ? body->length : 0,
        .started_us = clock_monotonic_us(),
    };

    serve_request(&corridor->service, &request);
    *answer = request.answer;
}

void corridor_ask(struct corridor *corridor, struct arena *arena, const char *target,
                  const struct buffer *body, struct answer *answer)
{
    long pause_ms = FIRST_PAUSE_MS;

    ask_once(corridor, arena, target, body, answer);
    for (int tries = 1; answer->status == 503 && tries < TRIES; tries++) {
        const struct timespec pause = {pause_ms / 1000, pause_ms % 1000 * 1000000};

        nanosleep(&pause, NULL);
        pause_ms *= 3;
        ask_once(corridor, arena, target, body, answer);
    }
}

const char *corridor_refusal(const struct answer *answer, struct arena *arena)
{
    json_auto_t *problem = json_loadb(answer->body, answer->length, 0, NULL);
    const char *title = json_string_value(json_object_get(problem, "title"));
    const char *detail = json_string_value(json_object_get(problem, "detail"));

    return arena_format(arena, "status %d, %s%s%s", answer->status,
                        title ? title : "no answer that can be read", detail ? ": " : "",
                        detail ? detail : "");
}

bool corridor_is_id(const char *text)
{
    return strlen(text) == 36 && text[strspn(text, "0123456789abcdefABCDEF-")] == '\0';
}
