/*
 * Time: the monotonic clock for limits, the wall clock for tokens and logs, RFC 3339 in and
 * out. What the business calls "now" is app.now() in the database, not this.
 */
#ifndef CLINICD_BASE_CLOCK_H
#define CLINICD_BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

/* Milliseconds and microseconds of the monotonic clock; only differences mean something. */
int64_t clock_monotonic_ms(void);
int64_t clock_monotonic_us(void);

/* Seconds and microseconds since 1970-01-01T00:00:00Z. */
int64_t clock_wall_seconds(void);
int64_t clock_wall_us(void);

/* Reads an RFC 3339 date-time ("2027-03-29T09:00:00+02:00"; section 5.6, with T, Z and a real
 * calendar date; fractions up to 9 digits, cut to microseconds; a leap second only as
 * 23:59:60 UTC on a month's last day, which reads as the next second). Returns false, leaving
 * `unix_us` alone, for anything else. */
bool clock_read_instant(const char *text, size_t length, int64_t *unix_us) MUST_CHECK;

/* True for an RFC 3339 full-date ("2027-02-28") that is in the calendar. */
bool clock_is_date(const char *text, size_t length) MUST_CHECK;

/* True for an RFC 3339 full-time ("09:00:00Z", "09:00:00.5+02:00"). */
bool clock_is_time(const char *text, size_t length) MUST_CHECK;

#define CLOCK_INSTANT_SIZE 32
/* Writes `unix_us` as "2027-03-29T07:00:00.123Z" into `out` (CLOCK_INSTANT_SIZE bytes). */
void clock_write_instant(int64_t unix_us, char out[CLOCK_INSTANT_SIZE]);

#define CLOCK_HTTP_DATE_SIZE 32
/* Writes an IMF-fixdate (RFC 9110 section 5.6.7), "Sun, 06 Nov 1994 08:49:37 GMT". */
void clock_write_http_date(int64_t unix_seconds, char out[CLOCK_HTTP_DATE_SIZE]);

#endif
