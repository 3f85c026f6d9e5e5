/* Lives here: settings from the environment and a file, by the table tbl/setting.h. Runs once,
 * before threads start. */
#include "base/config.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/arena.h"

extern char **environ;

#define PREFIX "CLINICD_"
#define FILE_SETTING "CLINICD_CONFIG"

enum kind { KIND_TEXT, KIND_NUMBER, KIND_SWITCH };

struct setting {
    const char *name;
    enum kind kind;
    const char *fallback; /* as it is printed */
    int64_t least, most;
    const char *help;
    size_t offset; /* in struct config */
};

static const struct setting settings[] = {
#define TEXT(member, name, fallback, help)                                                     \
    {name, KIND_TEXT, fallback, 0, 0, help, offsetof(struct config, member)},
#define NUMBER(member, name, fallback, least, most, help)                                      \
    {name, KIND_NUMBER, #fallback, least, most, help, offsetof(struct config, member)},
#define SWITCH(member, name, fallback, help)                                                   \
    {name, KIND_SWITCH, (fallback) ? "on" : "off", 0, 1, help, offsetof(struct config, member)},
#include "tbl/setting.h"
#undef TEXT
#undef NUMBER
#undef SWITCH
};

static const struct setting *setting_find(const char *name, size_t length)
{
    for (size_t i = 0; i < LENGTH(settings); i++) {
        if (strlen(settings[i].name) == length && memcmp(settings[i].name, name, length) == 0)
            return &settings[i];
    }
    return NULL;
}

static bool number_read(const struct setting *setting, const char *text, int64_t *number,
                        struct fault *fault)
{
    char *end;
    long long value;

    errno = 0;
    value = strtoll(text, &end, 10);
    if (errno || end == text || *end != '\0')
        return fault_set(fault, "%s must be a whole number", setting->name);
    if (value < setting->least || value > setting->most)
        return fault_set(fault, "%s must be between %lld and %lld", setting->name,
                         (long long)setting->least, (long long)setting->most);
    *number = value;
    return true;
}

static bool switch_read(const struct setting *setting, const char *text, bool *on,
                        struct fault *fault)
{
    *on = strcmp(text, "on") == 0;
    if (!*on && strcmp(text, "off") != 0)
        return fault_set(fault, "%s must be on or off", setting->name);
    return true;
}

/* `text` must live as long as the process. */
static bool setting_apply(struct config *config, const struct setting *setting,
                          const char *text, struct fault *fault)
{
    void *member = (char *)config + setting->offset;

    switch (setting->kind) {
    case KIND_TEXT:
        *(const char **)member = text;
        return true;
    case KIND_NUMBER:
        return number_read(setting, text, member, fault);
    case KIND_SWITCH:
        return switch_read(setting, text, member, fault);
    }
    return false;
}

/* What files said; lives as long as the process, as the strings of struct config must. */
static struct arena *file_texts;

/* One line of the file: NAME=value, or a comment, or nothing. */
static bool line_apply(struct config *config, char *line, const char *path, int number,
                       struct fault *fault)
{
    const struct setting *setting;
    char *equals;

    line += strspn(line, " \t");
    line[strcspn(line, "\r\n")] = '\0';
    if (*line == '\0' || *line == '#')
        return true;
    equals = strchr(line, '=');
    if (!equals)
        return fault_set(fault, "%s:%d: expected NAME=value", path, number);
    setting = setting_find(line, (size_t)(equals - line));
    if (!setting)
        return fault_set(fault, "%s:%d: no such setting; see clinicd help settings", path,
                         number);
    if (!file_texts)
        file_texts = arena_new();
    return setting_apply(config, setting, arena_copy_text(file_texts, equals + 1), fault);
}

static bool file_apply(struct config *config, const char *path, struct fault *fault)
{
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t capacity = 0;
    int number = 0;
    bool done = true;

    if (!file)
        return fault_set(fault, "%s: cannot read %s: %s", FILE_SETTING, path, strerror(errno));
    while (done && getline(&line, &capacity, file) >= 0)
        done = line_apply(config, line, path, ++number, fault);
    free(line);
    fclose(file);
    return done;
}

static bool defaults_apply(struct config *config, struct fault *fault)
{
    for (size_t i = 0; i < LENGTH(settings); i++) {
        if (!setting_apply(config, &settings[i], settings[i].fallback, fault))
            return false;
    }
    return true;
}

static bool environment_apply(struct config *config, struct fault *fault)
{
    for (char **entry = environ; *entry; entry++) {
        size_t length = strcspn(*entry, "=");
        const struct setting *setting = setting_find(*entry, length);

        if (strncmp(*entry, PREFIX, strlen(PREFIX)) != 0 ||
            strncmp(*entry, FILE_SETTING "=", strlen(FILE_SETTING "=")) == 0)
            continue;
        if (!setting)
            return fault_set(fault, "%.*s is no setting; see clinicd help settings",
                             (int)length, *entry);
        if (!setting_apply(config, setting, *entry + length + 1, fault))
            return false;
    }
    return true;
}

bool config_load(struct config *config, struct fault *fault)
{
    const char *path = getenv(FILE_SETTING);

    return defaults_apply(config, fault) &&
           (!path || *path == '\0' || file_apply(config, path, fault)) &&
           environment_apply(config, fault);
}

void config_help(FILE *out)
{
    fprintf(out, "%-32s file of NAME=value lines; the environment wins over it\n",
            FILE_SETTING);
    for (size_t i = 0; i < LENGTH(settings); i++) {
        const struct setting *setting = &settings[i];

        fprintf(out, "%-32s %s (default: %s)\n", setting->name, setting->help,
                *setting->fallback ? setting->fallback : "none");
    }
}
