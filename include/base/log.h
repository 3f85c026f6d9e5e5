/*
 * The log: one JSON object a line on stderr, each with time, level, event and, inside a
 * request, its id. No personal data: names, e-mails, phones, notes, tokens and bodies never
 * come here.
 */
#ifndef CLINICD_BASE_LOG_H
#define CLINICD_BASE_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "base/attributes.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

struct log_field {
    const char *name;
    const char *text; /* NULL: `number` is the value */
    int64_t number;
};

/* A text member; NULL is written as an empty string. */
static inline struct log_field log_text(const char *name, const char *text)
{
    return (struct log_field){name, text ? text : "", 0};
}

static inline struct log_field log_number(const char *name, int64_t number)
{
    return (struct log_field){name, NULL, number};
}

/* log_line(LOG_INFO, "answered", log_text("method", method), log_number("status", 200)); */
#define log_line(level, ...) log_line_(level, __VA_ARGS__, ((struct log_field){NULL, NULL, 0}))
#define log_line_(level, event, ...)                                                           \
    log_write(level, event, (const struct log_field[]){__VA_ARGS__})

/* Writes one line with one write(2). `fields` ends with a member whose name is NULL. Any
 * thread. */
void log_write(enum log_level level, const char *event, const struct log_field *fields);

/* Lines below `level` are dropped from now on. Call before threads start. */
void log_set_level(enum log_level level);

/* Sets the request id that this thread's lines carry; NULL for none. Not copied: it must
 * live until it is replaced. */
void log_set_request(const char *request_id);

#endif
