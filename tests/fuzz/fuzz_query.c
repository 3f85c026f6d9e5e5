// links: base contract
/* Any bytes as a query string, and as the value of a header: parameters come out typed and
 * checked, or with findings that can be shown.
 *
 *     clang-14 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -std=c17
 *         -D_GNU_SOURCE -Iinclude -Iservice tests/fuzz/fuzz_query.c service/contract/(*).c
 *         service/base/{arena,buffer,clock,digest,fault}.c -ljansson -lpcre2-8 -lcrypto -lm
 *         -o fuzz_query
 *     mkdir new && ./fuzz_query -max_total_time=60 new tests/fuzz/seeds/query
 */
#include <stdint.h>

#include "../unit/small_contract.h"
#include "contract/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *lookup_header(void *context, const char *name)
{
    return strcmp(name, "Accept-Language") == 0 ? context : NULL;
}

static void check_findings(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];

        ASSERT(finding->parameter && !finding->pointer && finding->status == 400);
        ASSERT(strlen(finding->parameter) < 100 && *finding->detail);
        ASSERT(text_is_utf8(finding->parameter, strlen(finding->parameter)));
        ASSERT(text_is_utf8(finding->detail, strlen(finding->detail)));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct contract *contract;
    struct arena *arena = arena_new();
    struct findings findings = {.arena = arena};
    char *query = arena_copy(arena, data, size);
    struct route_match match = {0};
    json_t *result;

    if (!contract)
        contract = small_contract();
    match.operation = contract_find(contract, "listThings");
    match.query = query;
    result = contract_read_parameters(&match, lookup_header, query, &findings);
    ASSERT(result);
    check_findings(&findings);
    json_decref(result);
    arena_free(arena);
    return 0;
}
