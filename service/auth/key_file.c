/* Lives here: reading a file that holds keys, with a look at who else may read it. */
#include "auth/key_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/crypto.h>

#define FILE_MOST_BYTES (1024 * 1024)

static void wipe(void *object)
{
    struct key_file *file = object;

    OPENSSL_cleanse(file->text, file->length);
}

/* Fills `file` up to the size that fstat told, or up to an earlier end. */
static bool read_all(int descriptor, size_t size, struct key_file *file, struct arena *arena)
{
    struct key_file *held = arena_alloc(arena, sizeof(*held));

    *file = (struct key_file){.text = arena_alloc(arena, size + 1)};
    while (file->length < size) {
        ssize_t got = read(descriptor, file->text + file->length, size - file->length);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return false;
        if (got == 0)
            break;
        file->length += (size_t)got;
    }
    *held = *file;
    arena_defer(arena, wipe, held);
    return true;
}

static bool read_checked(int descriptor, const char *path, struct key_file *file,
                         struct arena *arena, struct fault *fault)
{
    struct stat status;

    if (fstat(descriptor, &status) != 0)
        return fault_set(fault, "CLINICD_JWT_KEYS: %s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return fault_set(fault, "CLINICD_JWT_KEYS: %s: not a regular file", path);
    if (status.st_size > FILE_MOST_BYTES)
        return fault_set(fault, "CLINICD_JWT_KEYS: %s: larger than 1 MiB", path);
    if (!read_all(descriptor, (size_t)status.st_size, file, arena))
        return fault_set(fault, "CLINICD_JWT_KEYS: %s: %s", path, strerror(errno));
    file->is_exposed = (status.st_mode & (S_IWGRP | S_IXGRP | S_IRWXO)) != 0;
    return true;
}

bool key_file_read(const char *path, struct key_file *file, struct arena *arena,
                   struct fault *fault)
{
    int descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool done;

    if (descriptor < 0)
        return fault_set(fault, "CLINICD_JWT_KEYS: %s: %s", path, strerror(errno));
    done = read_checked(descriptor, path, file, arena, fault);
    close(descriptor);
    return done;
}

void key_file_warn(const struct key_file *file, const char *path)
{
    if (file->is_exposed)
        log_line(LOG_WARNING, "key-file-exposed", log_text("file", path),
                 log_text("advice", "chmod 600: others may read it or its group may write it"));
}
