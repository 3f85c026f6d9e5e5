/* The small OpenAPI document of tests/unit/small_contract.json, with one of each thing, for the
 * tests of service/contract and the fuzz targets. Run them from the top of the repository. */
#ifndef CLINICD_TESTS_SMALL_CONTRACT_H
#define CLINICD_TESTS_SMALL_CONTRACT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "contract.h"

#define SMALL_DOCUMENT "tests/unit/small_contract.json"

/* Reads the document into `out`; ends the test program when it is not there. */
static inline size_t small_document(char *out, size_t size)
{
    FILE *file = fopen(SMALL_DOCUMENT, "r");
    size_t length;

    if (!file) {
        perror(SMALL_DOCUMENT);
        abort();
    }
    length = fread(out, 1, size, file);
    fclose(file);
    return length;
}

/* The document loaded; contract_free it. Ends the test program when it does not load. */
static inline struct contract *small_contract(void)
{
    static char document[16384];
    size_t length = small_document(document, sizeof(document));
    struct contract_options options = {.test_clock = false};
    struct fault fault;
    struct contract *contract = contract_load(document, length, &options, &fault);

    if (!contract) {
        fprintf(stderr, "%s: %s\n", SMALL_DOCUMENT, fault.text);
        abort();
    }
    return contract;
}

#endif
