/* Lives here: GET /v1/me, what the token says. Touches no database. */
#include "api/table.h"

static json_t *texts(const char *const *list)
{
    json_t *array = json_array();

    for (; *list; list++)
        json_array_append_new(array, json_string(*list));
    return array;
}

static json_t *expiry(const struct principal *principal)
{
    char text[CLOCK_INSTANT_SIZE];

    if (principal->expires_at == INT64_MAX)
        return json_null();
    clock_write_instant(principal->expires_at * 1000000, text);
    return json_string(text);
}

void api_read_me(struct service *service, struct request *request)
{
    const struct principal *principal = &request->principal;
    json_t *clinics = principal->all_clinics ? json_string("*") : texts(principal->clinics);

    (void)service;
    request->is_personal = true;
    answer_json(request, 200,
                json_pack("{s:s, s:o, s:o, s:o}", "sub", principal->subject, "scopes",
                          texts(principal->scopes), "clinics", clinics, "expires_at",
                          expiry(principal)));
}
