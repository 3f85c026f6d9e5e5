/* Lives here: memory that dies together. A chain of blocks, newest first; large pieces get a
 * block of their own. Calls malloc; the only file of the service that decides what happens
 * when memory runs out: the process ends, as a half-served request could not be told apart
 * from a served one. */
#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"

#define BLOCK_BYTES 8192

struct block {
    struct block *next;
    size_t used;
    size_t size;
    alignas(max_align_t) unsigned char bytes[];
};

struct release {
    struct release *next;
    void (*function)(void *object);
    void *object;
};

struct arena {
    struct block *blocks;
    struct release *releases;
};

static void *must_have(void *memory)
{
    if (!memory) {
        fputs("clinicd: out of memory\n", stderr);
        abort();
    }
    return memory;
}

static struct block *block_new(size_t size, struct block *next)
{
    struct block *block = must_have(malloc(sizeof(*block) + size));

    *block = (struct block){.next = next, .size = size};
    return block;
}

struct arena *arena_new(void)
{
    return must_have(calloc(1, sizeof(struct arena)));
}

void arena_free(struct arena *arena)
{
    if (!arena)
        return;
    for (struct release *release = arena->releases; release; release = release->next)
        release->function(release->object);
    for (struct block *block = arena->blocks; block;) {
        struct block *next = block->next;

        free(block);
        block = next;
    }
    free(arena);
}

static size_t rounded_up(size_t size)
{
    const size_t step = alignof(max_align_t);

    ASSERT(size <= SIZE_MAX - sizeof(struct block) - step);
    return (size + step - 1) / step * step;
}

/* A piece larger than half a block goes behind the head, so that the head stays in use. */
static struct block *block_with_room(struct arena *arena, size_t size)
{
    struct block *head = arena->blocks;

    if (head && head->size - head->used >= size)
        return head;
    if (head && size > BLOCK_BYTES / 2)
        return head->next = block_new(size, head->next);
    return arena->blocks = block_new(size > BLOCK_BYTES ? size : BLOCK_BYTES, head);
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t taken = rounded_up(size ? size : 1);
    struct block *block = block_with_room(arena, taken);
    void *piece = block->bytes + block->used;

    block->used += taken;
    return memset(piece, 0, taken);
}

void *arena_alloc_array(struct arena *arena, size_t count, size_t size)
{
    ASSERT(size == 0 || count <= SIZE_MAX / size);
    return arena_alloc(arena, count * size);
}

char *arena_copy(struct arena *arena, const void *bytes, size_t length)
{
    char *copy = arena_alloc(arena, length + 1);

    if (length)
        memcpy(copy, bytes, length);
    return copy;
}

char *arena_copy_text(struct arena *arena, const char *text)
{
    return text ? arena_copy(arena, text, strlen(text)) : NULL;
}

char *arena_format(struct arena *arena, const char *format, ...)
{
    va_list arguments;
    int length;
    char *text;

    va_start(arguments, format);
    length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    ASSERT(length >= 0);
    text = arena_alloc(arena, (size_t)length + 1);
    va_start(arguments, format);
    vsnprintf(text, (size_t)length + 1, format, arguments);
    va_end(arguments);
    return text;
}

void arena_defer(struct arena *arena, void (*release)(void *object), void *object)
{
    struct release *entry = arena_alloc(arena, sizeof(*entry));

    *entry = (struct release){arena->releases, release, object};
    arena->releases = entry;
}
