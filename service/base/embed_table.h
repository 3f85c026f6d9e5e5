/* Between service/base/embed.c and the table that the build generates for it; nobody else. */
#ifndef CLINICD_BASE_EMBED_TABLE_H
#define CLINICD_BASE_EMBED_TABLE_H

#include "base/embed.h"

/* Sorted by name, `embedded_files_count` of them and one empty entry behind the last. */
extern const struct embedded embedded_files[];
extern const size_t embedded_files_count;

#endif
