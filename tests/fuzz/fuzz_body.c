// links: base contract
/* Any bytes as a body: a checked value that is its own image when it is written and read again,
 * or findings that can be shown; never both, never neither.
 *
 *     clang-14 -g -O1 -fsanitize=fuzzer,address,undefined -fno-sanitize-recover=all -std=c17
 *         -D_GNU_SOURCE -Iinclude -Iservice tests/fuzz/fuzz_body.c service/contract/(*).c
 *         service/base/{arena,buffer,clock,digest,fault}.c -ljansson -lpcre2-8 -lcrypto -lm
 *         -o fuzz_body
 *     mkdir new && ./fuzz_body -max_total_time=60 new tests/fuzz/seeds/body
 */
#include <stdint.h>

#include "../unit/small_contract.h"
#include "contract/text.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_findings(const struct findings *findings)
{
    for (size_t i = 0; i < findings->count; i++) {
        const struct finding *finding = &findings->items[i];

        ASSERT(finding->pointer && !finding->parameter && finding->status == 400);
        ASSERT(strlen(finding->pointer) <= 1024 && *finding->detail);
        ASSERT(text_is_utf8(finding->pointer, strlen(finding->pointer)));
        ASSERT(text_is_utf8(finding->detail, strlen(finding->detail)));
    }
}

/* What was accepted is accepted again, unchanged. */
static void check_again(const struct operation *operation, json_t *value)
{
    struct findings findings = {.arena = arena_new()};
    char *text = json_dumps(value, JSON_COMPACT);
    json_t *again;

    ASSERT(text);
    again = contract_read_body(operation, text, strlen(text), &findings);
    ASSERT(again && findings.count == 0 && json_equal(again, value));
    free(text);
    json_decref(again);
    arena_free(findings.arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct contract *contract;
    struct findings findings = {.arena = arena_new()};
    const struct operation *operation;
    json_t *value;

    if (!contract)
        contract = small_contract();
    operation = contract_find(contract, "createThing");
    value = contract_read_body(operation, (const char *)data, size, &findings);
    ASSERT((value == NULL) == (findings.count > 0));
    check_findings(&findings);
    if (value)
        check_again(operation, value);
    json_decref(value);
    arena_free(findings.arena);
    return 0;
}
