/* Private to service/auth: files that hold keys. */
#ifndef CLINICD_AUTH_KEY_FILE_H
#define CLINICD_AUTH_KEY_FILE_H

#include "base.h"

struct key_file {
    char *text; /* its bytes and a NUL; wiped when the arena is freed */
    size_t length;
    bool is_exposed; /* others may read it, or the group may write it */
};

/* Reads a regular file of at most 1 MiB. Faults name the path. */
bool key_file_read(const char *path, struct key_file *file, struct arena *arena,
                   struct fault *fault) MUST_CHECK;

/* Logs a warning when a file that holds a secret is exposed. */
void key_file_warn(const struct key_file *file, const char *path);

#endif
