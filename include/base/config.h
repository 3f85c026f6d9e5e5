/*
 * Settings: declared once in tbl/setting.h, read from CLINICD_* environment variables and,
 * below them, from the file that CLINICD_CONFIG names (lines of NAME=value, # comments).
 */
#ifndef CLINICD_BASE_CONFIG_H
#define CLINICD_BASE_CONFIG_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "base/attributes.h"
#include "base/fault.h"

/* One member per setting: text settings are strings (never NULL, "" when unset), number
 * settings int64_t within the bounds of the table, switches bool. */
struct config {
#define TEXT(member, name, fallback, help) const char *member;
#define NUMBER(member, name, fallback, least, most, help) int64_t member;
#define SWITCH(member, name, fallback, help) bool member;
#include "tbl/setting.h"
#undef TEXT
#undef NUMBER
#undef SWITCH
};

/* Reads all settings. Unknown CLINICD_* variables, unknown names in the file, numbers that are
 * none or out of bounds are faults that name the setting (never its value, it may be secret).
 * The strings live as long as the process. Call before threads start. */
bool config_load(struct config *config, struct fault *fault) MUST_CHECK;

/* Prints the table: name, default, meaning. */
void config_help(FILE *out);

#endif
