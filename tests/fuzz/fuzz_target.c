// links: base contract
/* Any bytes as a request target: the router may refuse them, never stumble over them. What it
 * lets pass holds what its door promises.
 *
 *     clang-14 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -std=c17
 *         -D_GNU_SOURCE -Iinclude -Iservice tests/fuzz/fuzz_target.c service/contract/(*).c
 *         service/base/{arena,buffer,clock,digest,fault}.c -ljansson -lpcre2-8 -lcrypto -lm
 *         -o fuzz_target
 *     mkdir new && ./fuzz_target -max_total_time=60 new tests/fuzz/seeds/target
 */
#include <stdint.h>

#include "../unit/small_contract.h"
#include "contract/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A path value is UTF-8, not empty and free of control characters. */
static void check_value(const char *value)
{
    ASSERT(*value && text_is_utf8(value, strlen(value)));
    ASSERT(strcmp(value, ".") != 0 && strcmp(value, "..") != 0);
    for (const char *at = value; *at; at++)
        ASSERT((unsigned char)*at >= ' ' && *at != 0x7F);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct contract *contract;
    struct arena *arena = arena_new();
    const char *target = arena_copy(arena, data, size);
    struct route_match match;
    enum route route;

    if (!contract)
        contract = small_contract();
    route = contract_route(contract, "GET", target, arena, &match);
    ASSERT((route == ROUTE_FOUND) == (match.operation != NULL));
    ASSERT((route == ROUTE_BAD_TARGET) == (match.detail != NULL));
    for (size_t i = 0; match.operation && match.operation->path_names[i]; i++)
        check_value(match.values[i]);
    arena_free(arena);
    return 0;
}
