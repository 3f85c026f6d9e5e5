/* Private to service/commands: one command, as table.c lists it. */
#ifndef CLINICD_COMMANDS_TABLE_H
#define CLINICD_COMMANDS_TABLE_H

#include "auth.h"
#include "base.h"
#include "commands.h"

#define EXIT_DONE 0
#define EXIT_FAILED 1
#define EXIT_USAGE 2

struct command {
    const char *name;
    int (*run)(const struct config *config, int argc, char **argv); /* argv[0] is the name */
    const char *arguments;                                          /* as help shows them */
    const char *help;
};

extern const struct command commands[];
extern const size_t command_count;

int command_serve(const struct config *config, int argc, char **argv);
int command_migrate(const struct config *config, int argc, char **argv);
int command_demo(const struct config *config, int argc, char **argv);
int command_token(const struct config *config, int argc, char **argv);
int command_export(const struct config *config, int argc, char **argv);
int command_import(const struct config *config, int argc, char **argv);
int command_check(const struct config *config, int argc, char **argv);
int command_version(const struct config *config, int argc, char **argv);
int command_help(const struct config *config, int argc, char **argv);

/* Says on stderr what failed; returns EXIT_FAILED. */
int command_failed(const struct fault *fault);

/* Says on stderr how the command is called; returns EXIT_USAGE. */
int command_misused(const char *name, const char *what);

/* The authority's settings out of all settings. */
struct authority_settings authority_settings_of(const struct config *config);

#endif
