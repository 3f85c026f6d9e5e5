/* Lives here: clocks, and RFC 3339 and HTTP dates in and out. Calls the kernel's clocks only;
 * no locale, no time zone of the machine. */
#include "base/clock.h"

#include <stdio.h>
#include <time.h>

#define SECONDS_PER_DAY 86400

static int64_t clock_us(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_us(void)
{
    return clock_us(CLOCK_MONOTONIC);
}

int64_t clock_monotonic_ms(void)
{
    return clock_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_wall_us(void)
{
    return clock_us(CLOCK_REALTIME);
}

int64_t clock_wall_seconds(void)
{
    return clock_us(CLOCK_REALTIME) / 1000000;
}

/* What is left to read. */
struct reader {
    const char *at;
    const char *end;
};

static bool read_char(struct reader *reader, char wanted)
{
    if (reader->at == reader->end || *reader->at != wanted)
        return false;
    reader->at++;
    return true;
}

/* Exactly `digits` digits, as a number between least and most. */
static bool read_number(struct reader *reader, int digits, int least, int most, int *number)
{
    int value = 0;

    for (int i = 0; i < digits; i++, reader->at++) {
        if (reader->at == reader->end || *reader->at < '0' || *reader->at > '9')
            return false;
        value = value * 10 + (*reader->at - '0');
    }
    *number = value;
    return value >= least && value <= most;
}

static bool is_leap_year(int year)
{
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month)
{
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};

    return month == 2 && is_leap_year(year) ? 29 : days[month - 1];
}

/* Days since 1970-01-01 in the proleptic Gregorian calendar. Years run from 0 to 9999. */
static int64_t days_since_epoch(int year, int month, int day)
{
    int64_t before = year - 1;
    int64_t days = before * 365 + before / 4 - before / 100 + before / 400;

    if (year == 0)
        days = -366;
    for (int past = 1; past < month; past++)
        days += days_in_month(year, past);
    return days + day - 1 - 719162;
}

static bool read_date(struct reader *reader, int64_t *days)
{
    int year, month, day;

    if (!read_number(reader, 4, 0, 9999, &year) || !read_char(reader, '-') ||
        !read_number(reader, 2, 1, 12, &month) || !read_char(reader, '-') ||
        !read_number(reader, 2, 1, days_in_month(year, month), &day))
        return false;
    *days = days_since_epoch(year, month, day);
    return true;
}

static bool read_fraction(struct reader *reader, int *us)
{
    int scale = 100000;
    int digits = 0;

    *us = 0;
    if (!read_char(reader, '.'))
        return true;
    for (; reader->at < reader->end && *reader->at >= '0' && *reader->at <= '9'; reader->at++) {
        *us += (*reader->at - '0') * scale;
        scale /= 10;
        digits++;
    }
    return digits >= 1 && digits <= 9;
}

/* Seconds east of UTC. */
static bool read_offset(struct reader *reader, int *seconds)
{
    int hours, minutes;
    int sign = read_char(reader, '-') ? -1 : 1;

    *seconds = 0;
    if (sign == 1 && (read_char(reader, 'Z') || read_char(reader, 'z')))
        return true;
    if (sign == 1 && !read_char(reader, '+'))
        return false;
    if (!read_number(reader, 2, 0, 23, &hours) || !read_char(reader, ':') ||
        !read_number(reader, 2, 0, 59, &minutes))
        return false;
    *seconds = sign * (hours * 3600 + minutes * 60);
    return true;
}

/* A full-time (RFC 3339 section 5.6); the result is in microseconds of a UTC day and may lie
 * outside 0..24 h because of the offset. A second 60 must be 23:59:60 UTC. */
static bool read_time(struct reader *reader, int64_t *us_of_day)
{
    int hour, minute, second, fraction_us, offset;
    int64_t seconds;

    if (!read_number(reader, 2, 0, 23, &hour) || !read_char(reader, ':') ||
        !read_number(reader, 2, 0, 59, &minute) || !read_char(reader, ':') ||
        !read_number(reader, 2, 0, 60, &second) || !read_fraction(reader, &fraction_us) ||
        !read_offset(reader, &offset) || reader->at != reader->end)
        return false;
    seconds = hour * 3600 + minute * 60 + second - offset;
    if (second == 60 && (seconds % SECONDS_PER_DAY + SECONDS_PER_DAY) % SECONDS_PER_DAY != 0)
        return false;
    *us_of_day = seconds * 1000000 + fraction_us;
    return true;
}

bool clock_is_date(const char *text, size_t length)
{
    struct reader reader = {text, text + length};
    int64_t days;

    return read_date(&reader, &days) && reader.at == reader.end;
}

bool clock_is_time(const char *text, size_t length)
{
    struct reader reader = {text, text + length};
    int64_t us_of_day;

    return read_time(&reader, &us_of_day);
}

static bool ends_a_month(int64_t unix_us)
{
    time_t day_after = (time_t)(unix_us / 1000000);
    struct tm calendar;

    return gmtime_r(&day_after, &calendar) && calendar.tm_mday == 1;
}

bool clock_read_instant(const char *text, size_t length, int64_t *unix_us)
{
    struct reader reader = {text, text + length};
    int64_t days, us_of_day, instant;
    bool leap;

    if (!read_date(&reader, &days) || (!read_char(&reader, 'T') && !read_char(&reader, 't')))
        return false;
    leap = reader.end - reader.at > 8 && reader.at[6] == '6';
    if (!read_time(&reader, &us_of_day))
        return false;
    instant = days * SECONDS_PER_DAY * 1000000 + us_of_day;
    if (leap && !ends_a_month(instant))
        return false;
    *unix_us = instant;
    return true;
}

/* Broken-down UTC of an instant that may be negative; microseconds apart. */
static struct tm calendar_of(int64_t unix_us, int *us)
{
    int64_t seconds = unix_us / 1000000;
    struct tm calendar = {0};
    time_t whole;

    *us = (int)(unix_us % 1000000);
    if (*us < 0) {
        *us += 1000000;
        seconds--;
    }
    whole = (time_t)seconds;
    gmtime_r(&whole, &calendar);
    return calendar;
}

void clock_write_instant(int64_t unix_us, char out[CLOCK_INSTANT_SIZE])
{
    int us;
    struct tm calendar = calendar_of(unix_us, &us);

    snprintf(out, CLOCK_INSTANT_SIZE, "%04u-%02u-%02uT%02u:%02u:%02u.%03uZ",
             (unsigned)(calendar.tm_year + 1900) % 10000, (unsigned)calendar.tm_mon + 1,
             (unsigned)calendar.tm_mday, (unsigned)calendar.tm_hour, (unsigned)calendar.tm_min,
             (unsigned)calendar.tm_sec, (unsigned)us / 1000);
}

void clock_write_http_date(int64_t unix_seconds, char out[CLOCK_HTTP_DATE_SIZE])
{
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    int us;
    struct tm calendar = calendar_of(unix_seconds * 1000000, &us);

    snprintf(out, CLOCK_HTTP_DATE_SIZE, "%s, %02u %s %04u %02u:%02u:%02u GMT",
             days[calendar.tm_wday % 7], (unsigned)calendar.tm_mday % 100,
             months[calendar.tm_mon % 12], (unsigned)(calendar.tm_year + 1900) % 10000,
             (unsigned)calendar.tm_hour % 100, (unsigned)calendar.tm_min % 100,
             (unsigned)calendar.tm_sec % 100);
}
