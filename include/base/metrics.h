/*
 * Counters and gauges for /metrics (Prometheus text format 0.0.4), declared once in
 * tbl/metric.h. Atomic; any thread. No labels with personal data.
 */
#ifndef CLINICD_BASE_METRICS_H
#define CLINICD_BASE_METRICS_H

#include <stdint.h>

#include "base/buffer.h"

enum metric {
#define METRIC(id, name, type, help) METRIC_##id,
#include "tbl/metric.h"
#undef METRIC
    METRIC_COUNT
};

/* Adds `amount` (negative only for gauges). */
void metrics_add(enum metric metric, int64_t amount);

/* Sets a gauge. */
void metrics_set(enum metric metric, int64_t value);

/* Counts one answered request: by status class, and its duration in the histogram. */
void metrics_request(int status, int64_t duration_us);

/* Counts what one run of a work did: `done`, or a failure when it is negative. `index` (below
 * METRICS_WORKS) and `work`, which lives for ever, are the same for each of its runs. */
#define METRICS_WORKS 32
void metrics_work(size_t index, const char *work, int64_t done);

/* How long the oldest change that is still to be worked on has been waiting. */
void metrics_work_lag(int64_t lag_ms);

/* Appends the whole exposition. */
void metrics_write(struct buffer *out);

#endif
