/* Lives here: the commands that write as the owner of the schema: migrate and demo. */
#include "commands/table.h"

#include <stdio.h>

#include "db.h"

static bool has_owner(const struct config *config, struct fault *fault)
{
    return *config->database_owner_url != '\0' ||
           fault_set(fault, "CLINICD_DATABASE_OWNER_URL is not set");
}

int command_migrate(const struct config *config, int argc, char **argv)
{
    struct fault fault;
    int applied = 0;

    (void)argv;
    if (argc > 1)
        return command_misused("migrate", "takes no arguments");
    if (!has_owner(config, &fault) || !db_migrate(config->database_owner_url, &applied, &fault))
        return command_failed(&fault);
    printf("clinicd: %d migrations applied, functions up to date\n", applied);
    return EXIT_DONE;
}

int command_demo(const struct config *config, int argc, char **argv)
{
    struct fault fault;

    (void)argv;
    if (argc > 1)
        return command_misused("demo", "takes no arguments");
    if (!has_owner(config, &fault) ||
        !db_run_scripts(config->database_owner_url, "demo/", &fault))
        return command_failed(&fault);
    puts("clinicd: the demo practice is loaded");
    return EXIT_DONE;
}
