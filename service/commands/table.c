/* Lives here: the list of commands, help, and the way to each. */
#include "commands/table.h"

#include <stdio.h>
#include <string.h>

const struct command commands[] = {
    {"serve", command_serve, "", "serve the API until SIGTERM or SIGINT"},
    {"migrate", command_migrate, "", "bring the database's schema up to this binary"},
    {"demo", command_demo, "", "load the demo practice; again changes nothing"},
    {"token", command_token,
     "--sub NAME --scope \"SCOPES\" [--clinic UUID]... [--all-clinics] [--ttl 1h] [--kid ID]",
     "print a token, signed with the first key that can sign"},
    {"import", command_import,
     "FILE [--clinic UUID | --group-by COLUMN] [--directory] [--map MEMBER:COLUMN]... [--set "
     "MEMBER:VALUE]... "
     "[--mode row|all] [--dry-run] [--refused FILE] [--format csv|ndjson] [--token-file FILE]",
     "import locations from a file of any size, or what export gave (--directory; without "
     "--clinic into the clinic that it names); refused rows come out as NDJSON"},
    {"export", command_export, "--clinic UUID [--output FILE] [--token-file FILE]",
     "write the whole directory of a clinic as NDJSON that import --directory takes back"},
    {"check", command_check, "[--live]",
     "check contract, queries and database; --live: ask the running service"},
    {"version", command_version, "", "print the version"},
    {"help", command_help, "[COMMAND | settings | keys]", "explain"},
};
const size_t command_count = LENGTH(commands);

static const struct command *command_find(const char *name)
{
    for (size_t i = 0; i < command_count; i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
    }
    return NULL;
}

int command_failed(const struct fault *fault)
{
    fprintf(stderr, "clinicd: %s\n", fault->text);
    return EXIT_FAILED;
}

int command_misused(const char *name, const char *what)
{
    const struct command *command = command_find(name);

    fprintf(stderr, "clinicd %s: %s\nusage: clinicd %s %s\n", name, what, name,
            command ? command->arguments : "");
    return EXIT_USAGE;
}

static void help_command(const struct command *command)
{
    printf("clinicd %s %s\n    %s\n", command->name, command->arguments, command->help);
}

int command_help(const struct config *config, int argc, char **argv)
{
    const char *topic = argc > 1 ? argv[1] : NULL;
    const struct command *command = topic ? command_find(topic) : NULL;

    (void)config;
    if (topic && strcmp(topic, "settings") == 0) {
        config_help(stdout);
    } else if (topic && strcmp(topic, "keys") == 0) {
        fputs(authority_keys_help(), stdout);
    } else if (command) {
        help_command(command);
    } else if (topic) {
        return command_misused("help", "there is no such topic");
    } else {
        puts("clinicd, a directory and booking service for manual-therapy practices\n");
        for (size_t i = 0; i < command_count; i++)
            help_command(&commands[i]);
    }
    return EXIT_DONE;
}

int command_version(const struct config *config, int argc, char **argv)
{
    (void)config;
    (void)argc;
    (void)argv;
    puts("clinicd " CLINICD_VERSION);
    return EXIT_DONE;
}

struct authority_settings authority_settings_of(const struct config *config)
{
    return (struct authority_settings){
        .keys = config->jwt_keys,
        .algorithms = config->jwt_algorithms,
        .issuer = config->jwt_issuer,
        .audience = config->jwt_audience,
        .leeway_seconds = config->jwt_leeway_seconds,
        .cache_entries = 4096,
    };
}

static bool log_level_apply(const char *name, struct fault *fault)
{
    static const char *const names[] = {"debug", "info", "warning", "error"};

    for (size_t i = 0; i < LENGTH(names); i++) {
        if (strcmp(names[i], name) == 0) {
            log_set_level((enum log_level)i);
            return true;
        }
    }
    return fault_set(fault, "CLINICD_LOG_LEVEL must be debug, info, warning or error");
}

/* Help and version need no settings, and must work when those are broken. */
static bool needs_settings(const struct command *command)
{
    return command->run != command_help && command->run != command_version;
}

int commands_run(int argc, char **argv)
{
    char serve_name[] = "serve";
    char *serve[] = {serve_name, NULL};
    struct config config = {0};
    struct fault fault;
    const char *name = argc > 1 ? argv[1] : "serve";
    const struct command *command =
        command_find(strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 ? "help" : name);

    if (!command) {
        fprintf(stderr, "clinicd: there is no command %s; see clinicd help\n", name);
        return EXIT_USAGE;
    }
    if (needs_settings(command) &&
        (!config_load(&config, &fault) || !log_level_apply(config.log_level, &fault)))
        return command_failed(&fault);
    return argc > 1 ? command->run(&config, argc - 1, argv + 1)
                    : command->run(&config, 1, serve);
}
