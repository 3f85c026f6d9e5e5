/*
 * Finds the files that travel inside the binary. The table and the bytes are generated at build
 * time (service/base/embed.awk), sorted by name.
 */
#include "base/embed_table.h"

#include <stdlib.h>
#include <string.h>

static int embedded_compare(const void *name, const void *file)
{
    return strcmp(name, ((const struct embedded *)file)->name);
}

const struct embedded *embedded_find(const char *name)
{
    return bsearch(name, embedded_files, embedded_files_count, sizeof embedded_files[0],
                   embedded_compare);
}

const struct embedded *embedded_list(const char *prefix, size_t index)
{
    size_t length = strlen(prefix);

    for (size_t i = 0; i < embedded_files_count; i++)
        if (strncmp(embedded_files[i].name, prefix, length) == 0 && index-- == 0)
            return &embedded_files[i];
    return NULL;
}
