/* Lives here: the log writer. A line is put together on the stack and leaves with one
 * write(2), so that lines of many threads never mix. Calls clock only. */
#include "base/log.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

#define LINE_BYTES 2048

struct line {
    char text[LINE_BYTES];
    size_t length;
};

/* Written once before threads start; atomic so that a test may change it in between. */
static atomic_int least_level = LOG_INFO;
static _Thread_local const char *current_request;

static const char *const level_names[] = {"debug", "info", "warning", "error"};

void log_set_level(enum log_level level)
{
    atomic_store(&least_level, (int)level);
}

void log_set_request(const char *request_id)
{
    current_request = request_id;
}

/* Cuts what does not fit; room for the closing brace and the newline is always kept. */
static void line_add(struct line *line, const char *text, size_t length)
{
    size_t room = sizeof(line->text) - 4 - line->length;

    if (length > room)
        length = room;
    memcpy(line->text + line->length, text, length);
    line->length += length;
}

static void line_add_text(struct line *line, const char *text)
{
    line_add(line, text, strlen(text));
}

/* A JSON string of printable ASCII: other bytes become "?", a log needs no more. A text that
 * does not fit whole is cut before its closing quote. */
static void line_add_quoted(struct line *line, const char *text)
{
    char quoted[512];
    size_t length = 0;

    quoted[length++] = '"';
    for (; *text && length < sizeof(quoted) - 4; text++) {
        unsigned char character = (unsigned char)*text;

        if (character == '"' || character == '\\')
            quoted[length++] = '\\';
        quoted[length++] = character < 0x20 || character > 0x7e ? '?' : *text;
    }
    quoted[length++] = '"';
    if (length <= sizeof(line->text) - 4 - line->length)
        line_add(line, quoted, length);
    else
        line_add_text(line, "\"\"");
}

static void line_add_member(struct line *line, const char *name, const char *text)
{
    if (line->length + strlen(name) + 16 > sizeof(line->text) - 4)
        return;
    line_add_text(line, line->length == 1 ? "" : ",");
    line_add_quoted(line, name);
    line_add_text(line, ":");
    line_add_quoted(line, text);
}

static void line_add_number(struct line *line, const char *name, int64_t number)
{
    char text[96];
    int length = snprintf(text, sizeof(text), ",\"%.48s\":%lld", name, (long long)number);

    if (line->length + (size_t)length <= sizeof(line->text) - 4)
        line_add(line, text, (size_t)length);
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
    struct line line = {.text = "{", .length = 1};
    char now[CLOCK_INSTANT_SIZE];
    const char *rest = line.text;

    if ((int)level < atomic_load(&least_level))
        return;
    clock_write_instant(clock_wall_us(), now);
    line_add_member(&line, "time", now);
    line_add_member(&line, "level", level_names[level]);
    line_add_member(&line, "event", event);
    if (current_request)
        line_add_member(&line, "request_id", current_request);
    for (; fields->name; fields++) {
        if (fields->text)
            line_add_member(&line, fields->name, fields->text);
        else
            line_add_number(&line, fields->name, fields->number);
    }
    line.text[line.length++] = '}';
    line.text[line.length++] = '\n';
    while (line.length > 0) {
        ssize_t written = write(STDERR_FILENO, rest, line.length);

        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0)
            return; /* nobody reads the log: the service goes on */
        rest += written;
        line.length -= (size_t)written;
    }
}
