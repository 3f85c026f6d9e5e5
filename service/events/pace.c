/*
 * The pace of the worker: quick while there is something to do, slow when there is not, slower
 * when it fails.
 */
#include "events/pace.h"

static int64_t at_most(int64_t value, int64_t most)
{
    return value < most ? value : most;
}

/* Between `wait` without its nth part, and `wait`. */
static int64_t scattered(int64_t wait, int64_t part, uint32_t chance)
{
    return wait - (int64_t)(chance % (uint64_t)(wait / part + 1));
}

static int64_t failed_wait_ms(unsigned failures)
{
    int64_t wait = PACE_FAILED_LEAST_MS;

    for (unsigned i = 1; i < failures && wait < PACE_FAILED_MOST_MS; i++)
        wait *= 2;
    return at_most(wait, PACE_FAILED_MOST_MS);
}

void pace_after(struct pace *pace, enum pace_end end, int64_t now_ms, int64_t idle_ms,
                uint32_t chance)
{
    pace->failures = end == PACE_FAILED ? pace->failures + 1 : 0;
    switch (end) {
    case PACE_DID:
        pace->wait_ms = PACE_BUSY_MS;
        pace->due_ms = now_ms + PACE_BUSY_MS;
        return;
    case PACE_NOTHING:
        if (pace->wait_ms < PACE_BUSY_MS)
            pace->wait_ms = PACE_BUSY_MS;
        pace->wait_ms = at_most(2 * pace->wait_ms, idle_ms);
        pace->due_ms = now_ms + scattered(pace->wait_ms, 4, chance);
        return;
    case PACE_FAILED:
        pace->wait_ms = failed_wait_ms(pace->failures);
        pace->due_ms = now_ms + scattered(pace->wait_ms, 2, chance);
        return;
    }
}

size_t pace_next(const struct pace *paces, size_t count)
{
    size_t first = 0;

    for (size_t i = 1; i < count; i++)
        if (paces[i].due_ms < paces[first].due_ms)
            first = i;
    return first;
}
