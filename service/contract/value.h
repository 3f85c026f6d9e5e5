/* JSON values as JSON Schema compares them: numbers by their value, whatever their spelling
 * (1 and 1.0 are equal), objects without order. */
#ifndef CLINICD_CONTRACT_VALUE_H
#define CLINICD_CONTRACT_VALUE_H

#include <stdbool.h>
#include <stdint.h>
#include <jansson.h>

#include "base/attributes.h"

struct number {
    bool is_integer; /* `integer` holds it, exactly; else `real` */
    json_int_t integer;
    double real;
};

/* A number of JSON; a real without a fraction that fits becomes an integer. */
struct number number_of(const json_t *value);

/* Less than, equal to or greater than 0, exactly (no rounding of large integers). */
int number_compare(struct number left, struct number right);

/* The decimal that a number was written as, without its sign: mantissa * 10^exponent. For reals
 * the shortest one that reads back as the same double. */
struct decimal {
    uint64_t mantissa;
    int exponent;
};

struct decimal decimal_of(struct number number);

/* True when `value` is a whole multiple of `divisor` (not zero), in exact arithmetic. */
bool decimal_is_multiple(struct decimal value, struct decimal divisor);

/* Deep equality. */
bool value_equal(json_t *left, json_t *right);

/* True when two of the array's items are equal. `seed` is secret, against crafted collisions.
 */
bool value_has_twins(json_t *array, const uint64_t seed[2]);

/* Makes every real without a fraction that fits 64 bits an integer, in place, so that what
 * passed `type: integer` as 1.0 is handed on as 1. Returns the value to use instead of `value`
 * (whose reference it takes over), NULL when memory is out. */
json_t *value_normalise(json_t *value) MUST_CHECK;

#endif
