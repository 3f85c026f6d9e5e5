/* Lives here: the counters behind /metrics. Atomics only; nothing here waits. */
#include "base/metrics.h"

#include <stdatomic.h>

#include "base/attributes.h"
#include "base/fault.h"

static const struct {
    const char *name;
    const char *type;
    const char *help;
} table[] = {
#define METRIC(id, name, type, help) {name, type, help},
#include "tbl/metric.h"
#undef METRIC
};

/* Upper bounds of the duration histogram, in microseconds. */
static const int64_t bounds_us[] = {500,   1000,   2500,   5000,    10000,   25000,
                                    50000, 100000, 250000, 1000000, 5000000, 20000000};

static atomic_int_fast64_t values[METRIC_COUNT];
static atomic_int_fast64_t answered_by_class[6];
static atomic_int_fast64_t durations[LENGTH(bounds_us) + 1];
static atomic_int_fast64_t duration_sum_us;

/* The works that have run; a name stays once it is there. */
static struct {
    _Atomic(const char *) name;
    atomic_int_fast64_t runs, done, failures;
} works[METRICS_WORKS];
static atomic_int_fast64_t work_lag_ms;

void metrics_add(enum metric metric, int64_t amount)
{
    atomic_fetch_add_explicit(&values[metric], amount, memory_order_relaxed);
}

void metrics_set(enum metric metric, int64_t value)
{
    atomic_store_explicit(&values[metric], value, memory_order_relaxed);
}

void metrics_request(int status, int64_t duration_us)
{
    size_t class = status >= 100 && status < 600 ? (size_t)status / 100 : 0;
    size_t bucket = 0;

    while (bucket < LENGTH(bounds_us) && duration_us > bounds_us[bucket])
        bucket++;
    atomic_fetch_add_explicit(&answered_by_class[class], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&durations[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&duration_sum_us, duration_us, memory_order_relaxed);
}

void metrics_work(size_t index, const char *work, int64_t done)
{
    ASSERT(index < METRICS_WORKS);
    atomic_fetch_add_explicit(&works[index].runs, 1, memory_order_relaxed);
    if (done < 0)
        atomic_fetch_add_explicit(&works[index].failures, 1, memory_order_relaxed);
    else
        atomic_fetch_add_explicit(&works[index].done, done, memory_order_relaxed);
    atomic_store_explicit(&works[index].name, work, memory_order_release);
}

void metrics_work_lag(int64_t lag_ms)
{
    atomic_store_explicit(&work_lag_ms, lag_ms, memory_order_relaxed);
}

static void write_family(struct buffer *out, const char *name, const char *type,
                         const char *help)
{
    buffer_add_format(out, "# HELP %s %s\n", name, help);
    buffer_add_format(out, "# TYPE %s %s\n", name, type);
}

enum work_count { WORK_RUNS, WORK_DONE, WORK_FAILURES };

static long long work_counted(size_t index, enum work_count count)
{
    const atomic_int_fast64_t *const counts[] = {
        [WORK_RUNS] = &works[index].runs,
        [WORK_DONE] = &works[index].done,
        [WORK_FAILURES] = &works[index].failures,
    };

    return (long long)atomic_load_explicit(counts[count], memory_order_relaxed);
}

static void write_works(struct buffer *out)
{
    static const struct {
        const char *name, *help;
    } families[] = {
        [WORK_RUNS] = {"clinicd_work_runs_total", "Times that the worker asked for a work"},
        [WORK_DONE] = {"clinicd_work_done_total", "What it did, by work"},
        [WORK_FAILURES] = {"clinicd_work_failures_total", "Runs that failed and are repeated"},
    };
    static const char lag[] = "clinicd_work_lag_seconds";

    for (size_t family = 0; family < LENGTH(families); family++) {
        write_family(out, families[family].name, "counter", families[family].help);
        for (size_t i = 0; i < METRICS_WORKS; i++) {
            const char *name = atomic_load_explicit(&works[i].name, memory_order_acquire);

            if (name)
                buffer_add_format(out, "%s{work=\"%s\"} %lld\n", families[family].name, name,
                                  work_counted(i, (enum work_count)family));
        }
    }
    write_family(out, lag, "gauge", "Age of the oldest change that some consumer has not had");
    buffer_add_format(out, "%s %.3f\n", lag,
                      (double)atomic_load_explicit(&work_lag_ms, memory_order_relaxed) / 1e3);
}

static void write_histogram(struct buffer *out)
{
    static const char name[] = "clinicd_request_duration_seconds";
    int64_t count = 0;

    buffer_add_format(out, "# HELP %s Time from the whole request to its answer\n", name);
    buffer_add_format(out, "# TYPE %s histogram\n", name);
    for (size_t i = 0; i < LENGTH(bounds_us); i++) {
        count += atomic_load_explicit(&durations[i], memory_order_relaxed);
        buffer_add_format(out, "%s_bucket{le=\"%g\"} %lld\n", name, (double)bounds_us[i] / 1e6,
                          (long long)count);
    }
    count += atomic_load_explicit(&durations[LENGTH(bounds_us)], memory_order_relaxed);
    buffer_add_format(out, "%s_bucket{le=\"+Inf\"} %lld\n", name, (long long)count);
    buffer_add_format(out, "%s_sum %.6f\n%s_count %lld\n", name,
                      (double)atomic_load_explicit(&duration_sum_us, memory_order_relaxed) /
                          1e6,
                      name, (long long)count);
}

void metrics_write(struct buffer *out)
{
    static const char answered[] = "clinicd_requests_total";

    for (size_t i = 0; i < METRIC_COUNT; i++) {
        long long value = (long long)atomic_load_explicit(&values[i], memory_order_relaxed);

        buffer_add_format(out, "# HELP %s %s\n", table[i].name, table[i].help);
        buffer_add_format(out, "# TYPE %s %s\n", table[i].name, table[i].type);
        buffer_add_format(out, "%s %lld\n", table[i].name, value);
    }
    buffer_add_format(out, "# HELP %s Answered requests by status class\n", answered);
    buffer_add_format(out, "# TYPE %s counter\n", answered);
    for (size_t class = 1; class < LENGTH(answered_by_class); class ++) {
        buffer_add_format(
            out, "%s{class=\"%zuxx\"} %lld\n", answered, class,
            (long long)atomic_load_explicit(&answered_by_class[class], memory_order_relaxed));
    }
    write_histogram(out);
    write_works(out);
}
