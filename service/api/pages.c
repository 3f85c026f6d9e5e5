/* Lives here: the pages about the service itself: health, readiness, metrics, the contract, its
 * documentation, the problems. They answer from memory, whatever the database does. */
#include "api/table.h"

#include <string.h>

#include "base/embed.h"

void api_healthz(struct service *service, struct request *request)
{
    (void)service;
    answer_header(request, "Cache-Control", "no-store");
    answer_json(request, 200,
                json_pack("{s:s, s:s}", "status", "ok", "version", CLINICD_VERSION));
}

void api_readyz(struct service *service, struct request *request)
{
    bool database = database_state(service->database) == DATABASE_READY;
    bool ready = database && !request->draining;

    answer_header(request, "Cache-Control", "no-store");
    if (!ready)
        answer_header(request, "Retry-After", "1");
    answer_json(request, ready ? 200 : 503,
                json_pack("{s:s, s:{s:s, s:s}}", "status", ready ? "ready" : "unready",
                          "checks", "database", database ? "ok" : "away", "draining",
                          request->draining ? "yes" : "no"));
}

void api_metrics(struct service *service, struct request *request)
{
    struct buffer text = buffer_init(request->arena);

    (void)service;
    metrics_write(&text);
    answer_header(request, "Cache-Control", "no-store");
    answer_set(request, 200, "text/plain; version=0.0.4; charset=utf-8", text.text,
               text.length);
}

void api_openapi(struct service *service, struct request *request)
{
    answer_header(request, "Cache-Control", "public, max-age=300");
    answer_set(request, 200, "application/json", service->openapi, service->openapi_length);
}

/* The digest of what stands between `<name>` and `</name>` as a CSP source ('sha256-...'). */
static const char *inline_source(struct arena *arena, const char *page, const char *name)
{
    const char *start = strstr(page, arena_format(arena, "<%s>", name));
    const char *end = strstr(page, arena_format(arena, "</%s>", name));
    uint8_t digest[DIGEST_SIZE];
    char text[2 * DIGEST_SIZE];

    if (!start || !end)
        return "'none'";
    start += strlen(name) + 2;
    digest_bytes(start, (size_t)(end - start), digest);
    base64url_encode(digest, sizeof(digest), text);
    for (char *at = text; *at; at++)
        *at = *at == '-' ? '+' : *at == '_' ? '/' : *at;
    return arena_format(arena, "'sha256-%s='", text);
}

/* Sends a page of ours that may run its one inline script and style, and nothing from
 * elsewhere. */
static void answer_page(struct request *request, const char *page, size_t length)
{
    const char *script = inline_source(request->arena, page, "script");
    const char *style = inline_source(request->arena, page, "style");

    answer_header(
        request, "Content-Security-Policy",
        arena_format(request->arena,
                     "default-src 'none'; script-src %s; style-src %s; img-src "
                     "data:; connect-src 'self'; base-uri 'none'; form-action 'none'; "
                     "frame-ancestors 'none'",
                     script, style));
    answer_header(request, "Referrer-Policy", "no-referrer");
    answer_header(request, "Cache-Control", "public, max-age=300");
    answer_set(request, 200, "text/html; charset=utf-8", page, length);
}

void api_docs(struct service *service, struct request *request)
{
    const struct embedded *page = embedded_find("docs.html");

    (void)service;
    if (!page) {
        answer_problem(request, PROBLEM_NOT_FOUND, NULL);
        return;
    }
    answer_page(request, arena_copy(request->arena, page->data, page->size), page->size);
}

void api_problem(struct service *service, struct request *request)
{
    const char *slug = request_parameter(request, "slug");
    enum problem problem = slug ? problem_find(slug) : PROBLEM_NONE;
    struct buffer page = buffer_init(request->arena);

    (void)service;
    if (problem == PROBLEM_NONE) {
        answer_problem(request, PROBLEM_NOT_FOUND, "there is no problem of this name");
        return;
    }
    buffer_add_format(&page,
                      "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
                      "<meta name=\"viewport\" content=\"width=device-width\">\n"
                      "<title>%s</title>\n<style>body{font:1rem/1.6 system-ui,sans-serif;"
                      "max-width:40rem;margin:3rem auto;padding:0 1rem}</style>\n"
                      "<h1>%s</h1>\n<p><code>%s</code>, HTTP status %d</p>\n<p>%s</p>\n"
                      "<p><a href=\"/docs\">The API</a></p>\n</html>\n",
                      problem_title(problem), problem_title(problem), slug,
                      problem_status(problem), problem_explanation(problem));
    answer_page(request, page.text, page.length);
}
