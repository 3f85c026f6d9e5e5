/* Lives here: clinicd export, the directory of one clinic as a file. Its pages are gathered
 * first, so that what comes out is whole and of one moment, or nothing. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "commands/corridor.h"
#include "commands/table.h"

#define TRIES 3
#define CHUNK_BYTES 65536

static const struct option options[] = {
    {"clinic", required_argument, NULL, 'c'},
    {"output", required_argument, NULL, 'o'},
    {"token-file", required_argument, NULL, 't'},
    {NULL, 0, NULL, 0},
};

struct wishes {
    const char *clinic, *output, *token_file;
};

/* NULL, or what is wrong with the options. */
static const char *options_read(int argc, char **argv, struct wishes *wishes)
{
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option == 'c')
            wishes->clinic = optarg;
        else if (option == 'o')
            wishes->output = optarg;
        else if (option == 't')
            wishes->token_file = optarg;
        else
            return "unknown option, or one without its value";
    }
    if (optind != argc)
        return "takes options only";
    return wishes->clinic && corridor_is_id(wishes->clinic)
               ? NULL
               : "--clinic takes the id of a clinic";
}

/* The address in `<...>; rel="next"`; NULL on the last page. */
static const char *next_target(const struct answer *answer, struct arena *arena)
{
    for (size_t i = 0; i < answer->header_count; i++) {
        const char *value = answer->headers[i].value;

        if (strcmp(answer->headers[i].name, "Link") == 0)
            return arena_copy(arena, value + 1, strcspn(value, ">") - 1);
    }
    return NULL;
}

/* All pages into `spool`. 0, or the status that the service refused one with. */
static int gather(struct corridor *corridor, const char *target, FILE *spool,
                  struct fault *fault)
{
    struct arena *keeps = arena_new(); /* the address of the next page */
    int refused = 0;

    while (target && !refused) {
        struct arena *arena = arena_new();
        struct answer answer;

        corridor_ask(corridor, arena, target, NULL, &answer);
        if (answer.status != 200) {
            refused = answer.status;
            fault_set(fault, "the export was refused: %s", corridor_refusal(&answer, arena));
        } else {
            fwrite(answer.body, 1, answer.length, spool);
            target = next_target(&answer, keeps);
        }
        arena_free(arena);
    }
    arena_free(keeps);
    return refused;
}

/* Begins again when somebody has written to the directory on the way. */
static bool gather_at_once(struct corridor *corridor, const char *target, FILE *spool,
                           struct fault *fault)
{
    int refused = 409;

    for (int tries = 0; refused == 409 && tries < TRIES; tries++) {
        rewind(spool);
        refused =
            ftruncate(fileno(spool), 0) == 0 ? gather(corridor, target, spool, fault) : 500;
    }
    if (!refused && fflush(spool) != 0)
        return fault_set(fault, "the pages cannot be kept: %s", strerror(errno));
    return !refused;
}

static bool copy_out(FILE *spool, const char *path, struct fault *fault)
{
    FILE *output = path ? fopen(path, "we") : stdout;
    char chunk[CHUNK_BYTES];
    bool good = output;
    size_t length;

    rewind(spool);
    while (good && (length = fread(chunk, 1, sizeof(chunk), spool)) > 0)
        good = fwrite(chunk, 1, length, output) == length;
    good = good && fflush(output) == 0 && !ferror(spool);
    if (!good)
        fault_set(fault, "%s cannot be written: %s", path ? path : "the output",
                  strerror(errno));
    if (output && path && fclose(output) != 0 && good)
        good = fault_set(fault, "%s could not be written", path);
    return good;
}

static bool export_run(struct corridor *corridor, const struct wishes *wishes,
                       struct fault *fault)
{
    const char *target = arena_format(corridor->arena, "/v1/clinics/%s/export", wishes->clinic);
    FILE *spool = tmpfile();
    bool good;

    if (!spool)
        return fault_set(fault, "the pages cannot be kept: %s", strerror(errno));
    good = gather_at_once(corridor, target, spool, fault) &&
           copy_out(spool, wishes->output, fault);
    fclose(spool);
    return good;
}

int command_export(const struct config *config, int argc, char **argv)
{
    struct wishes wishes = {0};
    const char *wrong = options_read(argc, argv, &wishes);
    struct corridor corridor;
    struct fault fault;
    bool good;

    if (wrong)
        return command_misused("export", wrong);
    good = corridor_open(&corridor, config,
                         &(struct corridor_caller){.token_file = wishes.token_file,
                                                   .subject = "clinicd-export",
                                                   .clinic = wishes.clinic},
                         &fault) &&
           export_run(&corridor, &wishes, &fault);
    corridor_close(&corridor);
    return good ? EXIT_DONE : command_failed(&fault);
}
