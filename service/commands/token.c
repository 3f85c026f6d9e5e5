/* Lives here: clinicd token. Calls auth to mint. */
#include "commands/table.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CLINICS_MOST 256
#define LIFETIME_SECONDS 3600
#define LIFETIME_MOST_SECONDS (10LL * 365 * 86400)

static const struct option options[] = {
    {"sub", required_argument, NULL, 's'},
    {"scope", required_argument, NULL, 'o'},
    {"clinic", required_argument, NULL, 'c'},
    {"all-clinics", no_argument, NULL, 'a'},
    {"ttl", required_argument, NULL, 't'},
    {"kid", required_argument, NULL, 'k'},
    {NULL, 0, NULL, 0},
};

/* "90s", "15m", "1h", "30d", or seconds; -1 when it is none of them. */
static int64_t lifetime_read(const char *text)
{
    static const struct {
        const char *unit;
        int64_t seconds;
    } units[] = {{"", 1}, {"s", 1}, {"m", 60}, {"h", 3600}, {"d", 86400}};
    char *end;
    long long count;

    errno = 0;
    count = strtoll(text, &end, 10);
    if (errno || end == text || count <= 0)
        return -1;
    for (size_t i = 0; i < LENGTH(units); i++) {
        if (strcmp(units[i].unit, end) == 0 &&
            count <= LIFETIME_MOST_SECONDS / units[i].seconds)
            return count * units[i].seconds;
    }
    return -1;
}

/* Reads the options; NULL, or what is wrong with them. */
static const char *options_read(int argc, char **argv, struct token_request *request,
                                const char **clinics)
{
    size_t count = 0;
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        switch (option) {
        case 's':
            request->subject = optarg;
            break;
        case 'o':
            request->scope = optarg;
            break;
        case 'c':
            if (count == CLINICS_MOST)
                return "too many clinics";
            clinics[count++] = optarg;
            break;
        case 'a':
            request->all_clinics = true;
            break;
        case 't':
            request->lifetime_seconds = lifetime_read(optarg);
            break;
        case 'k':
            request->key_id = optarg;
            break;
        default:
            return "unknown option, or one without its value";
        }
    }
    if (optind < argc)
        return "unexpected argument";
    if (!request->subject || *request->subject == '\0')
        return "--sub is needed";
    if (request->lifetime_seconds < 0)
        return "--ttl must be a time such as 90s, 15m, 1h or 30d";
    return request->all_clinics && count ? "--clinic and --all-clinics exclude each other"
                                         : NULL;
}

int command_token(const struct config *config, int argc, char **argv)
{
    const char *clinics[CLINICS_MOST + 1] = {NULL};
    struct token_request request = {
        .scope = "", .clinics = clinics, .lifetime_seconds = LIFETIME_SECONDS};
    const struct authority_settings settings = authority_settings_of(config);
    const char *wrong = options_read(argc, argv, &request, clinics);
    struct fault fault;
    char *token;

    if (wrong)
        return command_misused("token", wrong);
    token = token_mint(&settings, &request, clock_wall_seconds(), &fault);
    if (!token)
        return command_failed(&fault);
    puts(token);
    free(token);
    return EXIT_DONE;
}
