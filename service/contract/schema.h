/*
 * JSON Schema 2020-12, as far as contracts need it: compiled once into immutable nodes
 * (schema.c), run without allocating (validate.c, choice.c). Private to service/contract.
 */
#ifndef CLINICD_CONTRACT_SCHEMA_H
#define CLINICD_CONTRACT_SCHEMA_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <jansson.h>

#include "contract.h"
#include "contract/format.h"
#include "contract/pattern.h"
#include "contract/value.h"

/* Types as bits; a value has exactly one. */
enum {
    TYPE_NULL = 1,
    TYPE_BOOLEAN = 2,
    TYPE_INTEGER = 4, /* fits 64 bits: a number beyond them is of no use as an integer */
    TYPE_REAL = 8,    /* any other number */
    TYPE_NUMBER = TYPE_INTEGER | TYPE_REAL,
    TYPE_STRING = 16,
    TYPE_ARRAY = 32,
    TYPE_OBJECT = 64,
    TYPE_ANY = 127
};

enum keyword {
#define KEYWORD(id, name, compile, check, types, ends) KEYWORD_##id,
#include "contract/keyword_table.h"
#undef KEYWORD
    KEYWORD_COUNT
};

struct schema_list {
    const struct schema **items;
    size_t count;
};

struct name {
    const char *text;
    size_t length;
};

struct name_list {
    struct name *items;
    size_t count;
};

struct member {
    struct name name;
    const struct schema *schema;
};

struct pattern_member {
    const struct pattern *pattern;
    const struct schema *schema;
};

/* properties, patternProperties and additionalProperties */
struct members {
    struct member *known; /* by length, then bytes */
    size_t known_count;
    struct pattern_member *patterns;
    size_t pattern_count;
    const struct schema *additional; /* NULL: anything */
    const char *known_text;          /* "a, b, c" */
};

/* prefixItems and items */
struct elements {
    struct schema_list prefix;
    const struct schema *others; /* NULL: anything */
};

/* contains, minContains and maxContains */
struct containment {
    const struct schema *schema;
    size_t least, most;
};

/* anyOf, oneOf */
struct choice {
    struct schema_list branches;
    const char *discriminator; /* the member by which the branches tell themselves apart: each
                                  branch that takes objects has it with const or enum; NULL:
                                  none. Set when all schemas are compiled. */
};

/* if, then and else */
struct condition {
    const struct schema *when, *then, *otherwise; /* the last two may be NULL */
};

/* A row of dependentRequired or dependentSchemas. */
struct dependency {
    struct name name;
    struct name_list required;   /* of dependentRequired */
    const struct schema *schema; /* of dependentSchemas */
};

struct dependencies {
    struct dependency *items;
    size_t count;
};

/* A keyword with its compiled value. */
struct rule {
    enum keyword keyword;
    union {
        unsigned types;
        size_t count;
        struct number number;
        struct decimal decimal;
        json_t *json; /* of the document: const, enum */
        uint64_t seed[2];
        const struct schema *schema;
        const struct pattern *pattern;
        const struct format *format;
        struct schema_list list;
        struct name_list names;
        struct members *members;
        struct elements *elements;
        struct containment *containment;
        struct choice *choice;
        struct condition *condition;
        struct dependencies *dependencies;
    } is;
    const char *text; /* of the document, for messages: a number, a list of values, x-wanted */
};

struct schema {
    bool refuses_all;   /* the schema `false` */
    struct rule *rules; /* in the order of keyword_table.h */
    size_t rule_count;
    const char *place; /* JSON pointer in the document, with "#" */
    int *mark;         /* while compiling: the search for circles */
};

/* ------------------------------------------------------------------ compiling */

struct schema_set;

/* Schemas of `document`, which must live as long as `arena`. */
struct schema_set *schema_set_new(struct arena *arena, json_t *document) MUST_CHECK;

/* Compiles the schema at `node`, whose place in the document is `place` ("#/components/...").
 * A node compiles once. NULL and a fault that names the place. */
const struct schema *schema_compile(struct schema_set *set, json_t *node, const char *place,
                                    struct fault *fault) MUST_CHECK;

/* Call when all are compiled: refuses schemas that refer to themselves without going deeper
 * into the value (they would never end), and prepares the messages of anyOf and oneOf. */
bool schema_set_finish(struct schema_set *set, struct fault *fault) MUST_CHECK;

/* What a local reference ("#", "#/a/b~1c", percent-encoded) points to; NULL: nothing. */
json_t *reference_resolve(json_t *document, const char *reference);

/* ------------------------------------------------------------------ looking into them */

/* The rule of that keyword, NULL when there is none. */
const struct rule *schema_rule(const struct schema *schema, enum keyword keyword);

/* The types that the schema lets pass, looking through $ref, allOf, anyOf and oneOf. */
unsigned schema_types(const struct schema *schema);

/* The schema of a member, looking through $ref; NULL when it is not in `properties`. */
const struct schema *schema_member(const struct schema *schema, const char *name);

/* The schema of an array's items, looking through $ref and choices; NULL when there is none. */
const struct schema *schema_items(const struct schema *schema);

/* The rule const or enum, looking through $ref; NULL when there is none. */
const struct rule *schema_values(const struct schema *schema);

/* ------------------------------------------------------------------ running */

/* Where a value stands in what is checked: a chain on the stack, innermost first. */
struct place {
    const struct place *parent; /* NULL: the whole value */
    const char *name;           /* of the member; NULL: `index` of an array */
    size_t length;
    size_t index;
};

/* One validation. */
struct run {
    struct findings *findings; /* NULL: only yes or no */
    const char *parameter;     /* findings name this one instead of a pointer; NULL: a body */
    struct pattern_scratch scratch;
};

/* Checks `value` against the compiled schema; false when it is refused, with all faults in
 * `findings` (NULL: none wanted), under the name of `parameter` if that is set. */
bool schema_check(const struct schema *schema, json_t *value, struct findings *findings,
                  const char *parameter);

/* The same inside a running validation. */
bool run_schema(struct run *run, const struct schema *schema, json_t *value,
                const struct place *place);

/* Without findings. */
bool run_quietly(struct run *run, const struct schema *schema, json_t *value);

/* Adds a finding at `place`, unless none are wanted. Always returns false. */
bool run_refuse(struct run *run, const struct place *place, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Says why none of the branches fits: the faults of the one that was meant. */
void choice_explain(struct run *run, const struct choice *choice, json_t *value,
                    const struct place *place);

/* "a string", "an integer or null" */
const char *types_text(unsigned types, struct arena *arena);

/* The type of a value, one bit. */
unsigned type_of(const json_t *value);

#endif
