/*
 * db_run: take a connection, one attempt, give it back, decide; again where that is safe. A
 * write whose connection broke after it was sent is in doubt and never sent again: its
 * idempotency key tells the client what became of it.
 */
#include "db/pool.h"

#include <string.h>
#include <unistd.h>

enum { PAUSE_LEAST_US = 2000, PAUSE_MOST_US = 20000 };

/* Two transactions that met must not meet again: by chance, longer at each attempt. */
static void pause_before(int attempt)
{
    uint32_t chance;

    random_bytes(&chance, sizeof chance);
    usleep((useconds_t)attempt * (PAUSE_LEAST_US + chance % (PAUSE_MOST_US - PAUSE_LEAST_US)));
}

static void reply_reset(struct db_reply *reply)
{
    const struct db_reply kept = *reply;

    *reply = (struct db_reply){
        .attempts = kept.attempts, .wait_us = kept.wait_us, .run_us = kept.run_us};
}

/* One attempt; `decision` says what became of it. */
static void attempt_run(struct database *database, const struct db_call *call,
                        struct db_reply *reply, struct decision *decision)
{
    const struct database_settings *settings = pool_settings(database);
    int64_t start_us = clock_monotonic_us(), sent_us;
    struct patience patience = {.cancel_fd = -1};
    enum db_outcome shed;
    struct slot *slot =
        pool_take(database, call->lane, start_us / 1000 + settings->wait_ms, &shed);
    enum run_end end;

    sent_us = clock_monotonic_us();
    reply->wait_us += sent_us - start_us;
    if (!slot) {
        *decision = (struct decision){shed, AGAIN_NEVER, 1, FATE_KEEP};
        metrics_add(METRIC_DATABASE_SHED, 1);
        return;
    }
    reply->attempts++;
    patience.until_ms = sent_us / 1000 + settings->timeout_ms;
    end = connection_run(slot_connection(slot), call, &patience, reply);
    *decision = outcome_decide(end, reply->sqlstate);
    pool_give(database, slot, decision->fate);
    reply->run_us += clock_monotonic_us() - sent_us;
}

static enum log_level outcome_level(enum db_outcome outcome)
{
    switch (outcome) {
    case DB_ROW:
    case DB_NO_ROW:
    case DB_CONFLICT:
    case DB_UNKNOWN_REFERENCE:
        return LOG_DEBUG; /* ordinary */
    case DB_FORBIDDEN:
    case DB_BROKEN:
        return LOG_ERROR;
    default:
        return LOG_WARNING;
    }
}

/* Names of ours only: the server's words may quote what a client sent. */
static void outcome_tell(const struct db_call *call, const struct db_reply *reply,
                         enum db_outcome outcome)
{
    if (outcome == DB_UNPROCESSABLE)
        metrics_add(METRIC_CONTRACT_MISSED, 1);
    if (outcome == DB_TIMEOUT)
        metrics_add(METRIC_DATABASE_TIMEOUTS, 1);
    /* What never ran is counted and stands in the request's line; while the database is away
     * that would be one line more for each. */
    log_line(reply->attempts == 0 ? LOG_DEBUG : outcome_level(outcome), "query_failed",
             log_text("query", call->query->name),
             log_text("outcome", db_outcome_name(outcome)),
             log_text("sqlstate", reply->sqlstate), log_text("constraint", reply->constraint),
             log_text("file", call->query->file), log_number("line", reply->line),
             log_number("attempts", reply->attempts), log_number("wait_us", reply->wait_us),
             log_number("run_us", reply->run_us));
}

enum db_outcome db_run(struct database *database, const struct db_call *call,
                       struct db_reply *reply)
{
    struct decision decision;

    ASSERT(call->query >= db_queries && call->query < db_queries + db_query_count);
    memset(reply, 0, sizeof *reply);
    for (;;) {
        reply_reset(reply);
        attempt_run(database, call, reply, &decision);
        if (!outcome_allows_again(&decision, call->is_read, reply->attempts))
            break;
        metrics_add(METRIC_DATABASE_RETRIES, 1);
        pause_before(reply->attempts);
    }
    if (decision.outcome != DB_ROW) {
        reply->status = 0;
        reply->body = reply->etag = reply->location = reply->language = NULL;
        reply->body_length = 0;
        reply->replayed = false;
        reply->modified = 0;
    }
    if (decision.outcome != DB_ROW && decision.outcome != DB_NO_ROW)
        outcome_tell(call, reply, decision.outcome);
    return decision.outcome;
}
