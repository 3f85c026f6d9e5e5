/* Lives here: clinicd import, a file of any size. It cuts the file into requests at the ends of
 * rows, and refuses what no single request can see: a key that comes twice. */
#include "commands/import.h"

#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands/table.h"

#define KEYS_FIRST 4096

static const struct option options[] = {
    {"clinic", required_argument, NULL, 'c'},
    {"group-by", required_argument, NULL, 'g'},
    {"map", required_argument, NULL, 'm'},
    {"set", required_argument, NULL, 's'},
    {"mode", required_argument, NULL, 'o'},
    {"dry-run", no_argument, NULL, 'd'},
    {"refused", required_argument, NULL, 'r'},
    {"format", required_argument, NULL, 'f'},
    {"token-file", required_argument, NULL, 't'},
    {"directory", no_argument, NULL, 'y'},
    {NULL, 0, NULL, 0},
};

struct wishes {
    const char *file, *clinic, *refused, *token_file;
    enum rows_format format;
    bool has_format, dry_run, all, directory;
    json_t *map, *set; /* arrays; NULL until something is in them */
};

/* ------------------------------------------------------------------ the command line */

static void add_entry(json_t **list, const char *text)
{
    if (!*list)
        *list = json_array();
    if (json_array_append_new(*list, json_string(text)) != 0)
        ASSERT(json_array_append_new(*list, json_string("")) == 0); /* refused as an entry */
}

static const char *read_choice(const char *text, const char *first, const char *second,
                               bool *is_second)
{
    *is_second = strcmp(text, second) == 0;
    return *is_second || strcmp(text, first) == 0
               ? NULL
               : "--mode is row or all, --format csv or ndjson";
}

static const char *option_read(int option, struct wishes *wishes, struct arena *arena)
{
    bool is_csv = false;

    switch (option) {
    case 'c':
        wishes->clinic = optarg;
        return NULL;
    case 'g':
        add_entry(&wishes->map, arena_format(arena, "clinic.name:%s", optarg));
        return NULL;
    case 'm':
        add_entry(&wishes->map, optarg);
        return NULL;
    case 's':
        add_entry(&wishes->set, optarg);
        return NULL;
    case 'o':
        return read_choice(optarg, "row", "all", &wishes->all);
    case 'd':
        wishes->dry_run = true;
        return NULL;
    case 'r':
        wishes->refused = optarg;
        return NULL;
    case 'f':
        wishes->has_format = true;
        if (read_choice(optarg, "ndjson", "csv", &is_csv))
            return read_choice(optarg, "ndjson", "csv", &is_csv);
        wishes->format = is_csv ? ROWS_CSV : ROWS_NDJSON;
        return NULL;
    case 't':
        wishes->token_file = optarg;
        return NULL;
    case 'y':
        wishes->directory = true;
        return NULL;
    default:
        return "unknown option, or one without its value";
    }
}

/* NULL, or what is wrong with the options. */
static const char *options_read(int argc, char **argv, struct wishes *wishes,
                                struct arena *arena)
{
    const char *wrong = NULL;
    const char *ending;
    int option;

    opterr = 0;
    while (!wrong && (option = getopt_long(argc, argv, "", options, NULL)) != -1)
        wrong = option_read(option, wishes, arena);
    if (wrong)
        return wrong;
    if (optind + 1 != argc)
        return "name one file";
    wishes->file = argv[optind];
    ending = strrchr(wishes->file, '.');
    if (!wishes->has_format)
        wishes->format = ending && strcmp(ending, ".csv") == 0 ? ROWS_CSV : ROWS_NDJSON;
    if (wishes->clinic && !corridor_is_id(wishes->clinic))
        return "--clinic takes the id of a clinic";
    return wishes->directory && (wishes->map || wishes->set || wishes->format == ROWS_CSV)
               ? "--directory takes the lines of an export, without --map, --set, --group-by"
               : NULL;
}

/* ------------------------------------------------------------------ the file */

struct file {
    char *bytes; /* mapped */
    size_t size;
    size_t released; /* bytes at the front that the kernel may forget */
};

static bool file_open(const char *path, struct file *file, struct fault *fault)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    bool good = descriptor >= 0 && fstat(descriptor, &status) == 0 && S_ISREG(status.st_mode);

    *file = (struct file){0};
    if (good && status.st_size > 0) {
        file->size = (size_t)status.st_size;
        file->bytes = mmap(NULL, file->size, PROT_READ, MAP_PRIVATE, descriptor, 0);
        good = file->bytes != MAP_FAILED;
    }
    if (!good)
        fault_set(fault, "%s cannot be read: %s", path,
                  errno ? strerror(errno) : "it is no file");
    if (descriptor >= 0)
        close(descriptor);
    return good;
}

/* What has been read need not stay in memory. */
static void file_release(struct file *file, size_t read)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    size_t end = read / page * page;

    if (end > file->released)
        madvise(file->bytes + file->released, end - file->released, MADV_DONTNEED);
    file->released = end;
}

static void file_close(struct file *file)
{
    if (file->size)
        munmap(file->bytes, file->size);
}

/* ------------------------------------------------------------------ what export gave */

/* The id of the clinic in whose line the file begins; NULL when there is none. */
static const char *directory_clinic(const struct file *file, struct arena *arena)
{
    const char *end = file->bytes + file->size;

    for (const char *at = file->bytes; at && at < end;) {
        const char *next = memchr(at, '\n', (size_t)(end - at));
        json_auto_t *line = json_loadb(at, (size_t)((next ? next : end) - at), 0, NULL);
        const char *type = json_string_value(json_object_get(line, "type"));
        const char *id = json_string_value(json_object_get(line, "id"));

        if (!type || strcmp(type, "directory") != 0)
            return type && id && strcmp(type, "clinic") == 0 ? arena_copy_text(arena, id)
                                                             : NULL;
        at = next ? next + 1 : NULL;
    }
    return NULL;
}

static size_t lines_count(const struct file *file)
{
    size_t count = 0;

    for (size_t i = 0; i < file->size; i++)
        count += file->bytes[i] == '\n';
    return count;
}

/* Whose directory the file is, and whether it can be had as it was asked for. */
static bool directory_look(struct wishes *wishes, const struct file *file, struct arena *arena,
                           struct fault *fault)
{
    static const char end[] = "{\"type\": \"end\"}\n";
    const size_t length = sizeof(end) - 1;

    if (file->size < length || memcmp(file->bytes + file->size - length, end, length) != 0)
        return fault_set(fault, "%s is cut off: an export closes with %.15s", wishes->file,
                         end);
    if ((wishes->dry_run || wishes->all) &&
        (lines_count(file) > DIRECTORY_ROWS_MOST || file->size > IMPORT_BYTES_MOST))
        return fault_set(
            fault,
            "%s is more than one request (%d lines, 1 MiB), whose lines name those "
            "of requests before: it can only be imported row by row",
            wishes->file, DIRECTORY_ROWS_MOST);
    if (!wishes->clinic)
        wishes->clinic = directory_clinic(file, arena);
    return wishes->clinic && corridor_is_id(wishes->clinic)
               ? true
               : fault_set(fault, "%s begins with no clinic: name one with --clinic",
                           wishes->file);
}

/* ------------------------------------------------------------------ keys that came */

/* Open addressing over digests of clinic and key: two numbers a row, whatever the rows hold. */
struct key {
    uint64_t digest; /* 0: free */
    size_t line;
};

struct keys {
    struct key *places;
    size_t capacity, count;
};

static struct key *keys_place(const struct keys *keys, uint64_t digest)
{
    size_t at = digest & (keys->capacity - 1);

    while (keys->places[at].digest && keys->places[at].digest != digest)
        at = (at + 1) & (keys->capacity - 1);
    return &keys->places[at];
}

static void keys_grow(struct keys *keys)
{
    struct keys larger = {.capacity = keys->capacity ? 2 * keys->capacity : KEYS_FIRST,
                          .count = keys->count};

    larger.places = calloc(larger.capacity, sizeof(*larger.places));
    ASSERT(larger.places);
    for (size_t i = 0; i < keys->capacity; i++) {
        if (keys->places[i].digest)
            *keys_place(&larger, keys->places[i].digest) = keys->places[i];
    }
    free(keys->places);
    *keys = larger;
}

static uint64_t key_digest(const char *clinic, const char *kind, const char *key)
{
    const struct digest_part parts[] = {
        {clinic, clinic ? strlen(clinic) : 0}, {kind, strlen(kind)}, {key, strlen(key)}};
    uint8_t bytes[DIGEST_SIZE];
    uint64_t digest;

    digest_parts(parts, LENGTH(parts), bytes);
    memcpy(&digest, bytes, sizeof(digest));
    return digest ? digest : 1;
}

/* The line where the key came first; `line` itself when it is new. */
static size_t keys_first_line(struct keys *keys, uint64_t digest, size_t line)
{
    struct key *place;

    if (2 * keys->count >= keys->capacity)
        keys_grow(keys);
    place = keys_place(keys, digest);
    if (!place->digest) {
        *place = (struct key){digest, line};
        keys->count++;
    }
    return place->line;
}

/* ------------------------------------------------------------------ one pass over the file */

struct pass {
    struct import *import;
    struct file *file;
    struct rows rows;
    struct import_piece piece;
    struct keys keys;
    size_t count;
    bool shows_progress;
};

static json_t *errors_of(const char *pointer, const char *detail)
{
    json_t *errors = json_pack("[{s:s, s:s}]", "pointer", pointer, "detail", detail);

    ASSERT(errors);
    return errors;
}

/* True when a row before had the same key. What is no object, the service will say. */
static bool is_repeated(struct pass *pass, const struct row *row, struct arena *arena)
{
    json_auto_t *object = json_loadb(row->text, row->length, 0, NULL);
    const char *clinic =
        json_string_value(json_object_get(json_object_get(object, "clinic"), "name"));
    const char *external = json_string_value(json_object_get(object, "external_id"));
    const char *slug = json_string_value(json_object_get(object, "slug"));
    const char *member = external ? "external_id" : "slug";
    const char *key = external ? external : slug;
    size_t first;

    if (!key)
        return false;
    first = keys_first_line(&pass->keys, key_digest(clinic, member, key), row->line);
    if (first == row->line)
        return false;
    import_refuse(
        pass->import, row->line,
        errors_of(arena_format(arena, "/%s", member),
                  arena_format(arena, "is the same as in line %zu of this import", first)),
        arena_copy(arena, row->text, row->length));
    return true;
}

static void show_progress(const struct pass *pass)
{
    size_t read = pass->file->size - (size_t)(pass->rows.csv.end - pass->rows.csv.at);

    if (pass->shows_progress)
        fprintf(stderr, "\r%zu rows, %zu %%", pass->count, read * 100 / pass->file->size);
}

static bool send_piece(struct pass *pass, struct fault *fault)
{
    bool sent = import_piece_send(pass->import, &pass->piece, fault);

    import_piece_begin(&pass->piece);
    file_release(pass->file,
                 pass->file->size - (size_t)(pass->rows.csv.end - pass->rows.csv.at));
    show_progress(pass);
    return sent;
}

static bool take_row(struct pass *pass, const struct row *row, struct arena *arena,
                     struct fault *fault)
{
    pass->count++;
    if (row->fault) {
        import_refuse(pass->import, row->line, errors_of("", row->fault), NULL);
        return true;
    }
    if (is_repeated(pass, row, arena))
        return true;
    if (import_piece_is_full(pass->import, &pass->piece, row) && !send_piece(pass, fault))
        return false;
    import_piece_add(&pass->piece, row);
    return true;
}

static bool pass_rows(struct pass *pass, struct fault *fault)
{
    bool good = true;
    bool more = true;

    while (good && more) {
        struct arena *arena = arena_new();
        struct row row;

        more = rows_next(&pass->rows, arena, &row);
        if (more)
            good = take_row(pass, &row, arena, fault);
        arena_free(arena);
    }
    return good && send_piece(pass, fault);
}

static bool pass_open(struct pass *pass, const struct wishes *wishes, struct arena *arena,
                      struct fault *fault)
{
    const struct rows_mapping mapping = {wishes->map, wishes->set};
    struct findings *findings = arena_alloc(arena, sizeof(*findings));

    findings->arena = arena;
    return rows_open(&pass->rows, wishes->format, &mapping,
                     pass->file->bytes ? pass->file->bytes : "", pass->file->size, findings) ||
           fault_set(fault, "%s: %s %s", wishes->file,
                     findings->items[0].parameter ? findings->items[0].parameter : "the file",
                     findings->items[0].detail);
}

/* Reads the whole file once; the tally tells what became of its rows. */
static bool pass_run(struct import *import, const struct wishes *wishes, struct file *file,
                     struct arena *arena, struct fault *fault)
{
    struct pass *pass = arena_alloc(arena, sizeof(*pass));
    bool good;

    *pass =
        (struct pass){.import = import, .file = file, .shows_progress = isatty(STDERR_FILENO)};
    import->tally = (struct import_tally){0};
    file->released = 0;
    import_piece_begin(&pass->piece);
    good = pass_open(pass, wishes, arena, fault) && pass_rows(pass, fault);
    arena_free(pass->piece.arena);
    free(pass->keys.places);
    if (pass->shows_progress && pass->count)
        fputs("\r\033[K", stderr);
    return good;
}

/* ------------------------------------------------------------------ the whole */

static const char *target_of(const struct wishes *wishes, bool dry_run, struct arena *arena)
{
    const char *query = dry_run ? "?dry_run=true" : "";

    if (wishes->directory)
        return arena_format(arena, "/v1/clinics/%s/import%s", wishes->clinic,
                            wishes->all && !dry_run ? "?mode=all" : query);
    return wishes->clinic
               ? arena_format(arena, "/v1/clinics/%s/locations/import%s", wishes->clinic, query)
               : arena_format(arena, "/v1/clinics/import%s", query);
}

static void tell(const struct import_tally *tally, const struct wishes *wishes, bool written,
                 int64_t started_ms)
{
    fprintf(stderr,
            "clinicd: %lld created, %lld updated, %lld unchanged, %lld refused, %lld clinics "
            "created, in %.1f s%s\n",
            (long long)tally->created, (long long)tally->updated, (long long)tally->unchanged,
            (long long)tally->refused, (long long)tally->clinics_created,
            (double)(clock_monotonic_ms() - started_ms) / 1000,
            written           ? ""
            : wishes->dry_run ? "; a dry run, nothing was written"
                              : "; nothing was written, for a row is refused");
}

/* All or nothing looks at the whole file first: a file is more than one transaction. */
static bool import_file(struct import *import, const struct wishes *wishes, struct file *file,
                        struct arena *arena, struct fault *fault)
{
    int64_t started_ms = clock_monotonic_ms();
    bool asks = wishes->dry_run || wishes->all;
    bool writes = !wishes->dry_run;

    if (asks) {
        import->target = target_of(wishes, true, arena);
        if (!pass_run(import, wishes, file, arena, fault))
            return false;
        writes = writes && import->tally.refused == 0;
    }
    if (writes) {
        import->target = target_of(wishes, false, arena);
        if (!pass_run(import, wishes, file, arena, fault))
            return false;
    }
    tell(&import->tally, wishes, writes, started_ms);
    return true;
}

static bool import_run(struct import *import, const struct wishes *wishes, struct file *file,
                       struct arena *arena, struct fault *fault)
{
    bool good;

    import->refused = wishes->refused ? fopen(wishes->refused, "we") : stdout;
    if (!import->refused)
        return fault_set(fault, "%s cannot be written: %s", wishes->refused, strerror(errno));
    good = import_file(import, wishes, file, arena, fault);
    if (wishes->refused && fclose(import->refused) != 0)
        good = fault_set(fault, "%s could not be written", wishes->refused);
    return good;
}

/* With the database, and the file open. */
static int import_open(const struct config *config, struct wishes *wishes, struct arena *arena)
{
    /* who imports a directory may have to make its clinic, which needs a token for all */
    const struct corridor_caller caller = {.token_file = wishes->token_file,
                                           .subject = "clinicd-import",
                                           .clinic = wishes->directory ? NULL : wishes->clinic};
    struct corridor corridor;
    struct import import = {.corridor = &corridor,
                            .rows_most = wishes->directory ? DIRECTORY_ROWS_MOST : ROWS_MOST};
    struct file file = {0};
    struct fault fault;
    bool good = corridor_open(&corridor, config, &caller, &fault) &&
                file_open(wishes->file, &file, &fault) &&
                (!wishes->directory || directory_look(wishes, &file, arena, &fault)) &&
                import_run(&import, wishes, &file, arena, &fault);

    file_close(&file);
    corridor_close(&corridor);
    if (!good)
        return command_failed(&fault);
    return import.tally.refused ? EXIT_FAILED : EXIT_DONE;
}

int command_import(const struct config *config, int argc, char **argv)
{
    struct arena *arena = arena_new();
    struct wishes wishes = {0};
    const char *wrong = options_read(argc, argv, &wishes, arena);
    int status = wrong ? command_misused("import", wrong) : import_open(config, &wishes, arena);

    json_decref(wishes.map);
    json_decref(wishes.set);
    arena_free(arena);
    return status;
}
