/* Lives here: the list of what is wrong with a request. Calls the arena only. */
#include "contract.h"

#include <string.h>

static bool same_text(const char *left, const char *right)
{
    return left == right || (left && right && strcmp(left, right) == 0);
}

/* Schemas overlap (allOf): the same fault is told once. */
static bool is_known(const struct findings *findings, const struct finding *finding)
{
    for (size_t i = 0; i < findings->count; i++)
        if (same_text(findings->items[i].pointer, finding->pointer) &&
            same_text(findings->items[i].parameter, finding->parameter) &&
            strcmp(findings->items[i].detail, finding->detail) == 0)
            return true;
    return false;
}

static void add(struct findings *findings, struct finding finding)
{
    if (findings->count == FINDINGS_MOST || is_known(findings, &finding))
        return;
    finding.pointer = arena_copy_text(findings->arena, finding.pointer);
    finding.parameter = arena_copy_text(findings->arena, finding.parameter);
    finding.detail = arena_copy_text(findings->arena, finding.detail);
    findings->items[findings->count++] = finding;
}

void findings_add_pointer(struct findings *findings, const char *pointer, const char *detail)
{
    add(findings, (struct finding){.pointer = pointer, .detail = detail, .status = 400});
}

void findings_add_parameter(struct findings *findings, const char *parameter, int status,
                            const char *detail)
{
    add(findings, (struct finding){.parameter = parameter, .detail = detail, .status = status});
}
