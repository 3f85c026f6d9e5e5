/* Lives here: comparing and counting JSON values. Calls jansson only. */
#include "contract/value.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fault.h"

__extension__ typedef unsigned __int128 wide;

/* 2^63, the first double beyond json_int_t. */
#define INTEGER_LIMIT 9223372036854775808.0

/* Arrays up to this length are compared pair by pair. */
#define FEW_ITEMS 8

static bool is_whole(double real)
{
    return real >= -INTEGER_LIMIT && real < INTEGER_LIMIT && trunc(real) >= real &&
           trunc(real) <= real;
}

struct number number_of(const json_t *value)
{
    double real;

    if (json_is_integer(value))
        return (struct number){.is_integer = true, .integer = json_integer_value(value)};
    real = json_real_value(value);
    if (is_whole(real))
        return (struct number){.is_integer = true, .integer = (json_int_t)real};
    return (struct number){.real = real};
}

/* An integer against a real that is not one: it has a fraction or lies beyond 64 bits. */
static int compare_with_real(json_int_t integer, double real)
{
    if (real >= INTEGER_LIMIT)
        return -1;
    if (real < -INTEGER_LIMIT)
        return 1;
    return integer <= (json_int_t)floor(real) ? -1 : 1;
}

int number_compare(struct number left, struct number right)
{
    if (left.is_integer && right.is_integer)
        return (left.integer > right.integer) - (left.integer < right.integer);
    if (left.is_integer)
        return compare_with_real(left.integer, right.real);
    if (right.is_integer)
        return -compare_with_real(right.integer, left.real);
    return (left.real > right.real) - (left.real < right.real);
}

static uint64_t magnitude(json_int_t integer)
{
    return integer < 0 ? 0 - (uint64_t)integer : (uint64_t)integer;
}

/* "d.ddde-x" as mantissa and exponent. */
static struct decimal decimal_read(const char *text)
{
    struct decimal decimal = {0};
    bool in_fraction = false;

    for (; *text && *text != 'e'; text++) {
        if (*text < '0' || *text > '9') {
            in_fraction = true;
            continue;
        }
        decimal.mantissa = decimal.mantissa * 10 + (uint64_t)(*text - '0');
        decimal.exponent -= in_fraction;
    }
    if (*text)
        decimal.exponent += (int)strtol(text + 1, NULL, 10);
    return decimal;
}

struct decimal decimal_of(struct number number)
{
    char text[32];
    double real = fabs(number.real);

    if (number.is_integer)
        return (struct decimal){.mantissa = magnitude(number.integer)};
    for (int digits = 14; digits < 17; digits++) {
        double back;

        snprintf(text, sizeof(text), "%.*e", digits, real);
        back = strtod(text, NULL);
        if (back <= real && back >= real)
            break;
    }
    return decimal_read(text);
}

static uint64_t power_of_ten_modulo(unsigned exponent, uint64_t modulus)
{
    wide result = 1 % modulus;
    wide base = 10 % modulus;

    for (; exponent; exponent >>= 1) {
        if (exponent & 1)
            result = result * base % modulus;
        base = base * base % modulus;
    }
    return (uint64_t)result;
}

bool decimal_is_multiple(struct decimal value, struct decimal divisor)
{
    int shift = value.exponent - divisor.exponent;
    wide product = divisor.mantissa;

    if (value.mantissa == 0)
        return true;
    ASSERT(divisor.mantissa != 0);
    if (shift >= 0) {
        product = power_of_ten_modulo((unsigned)shift, divisor.mantissa);
        return product * (value.mantissa % divisor.mantissa) % divisor.mantissa == 0;
    }
    if (shift < -19)
        return false; /* a multiple would need more digits than the mantissa has */
    for (; shift < 0; shift++)
        product *= 10;
    return value.mantissa % product == 0;
}

static bool strings_equal(const json_t *left, const json_t *right)
{
    size_t length = json_string_length(left);

    return length == json_string_length(right) &&
           memcmp(json_string_value(left), json_string_value(right), length) == 0;
}

static bool arrays_equal(json_t *left, json_t *right)
{
    size_t size = json_array_size(left);

    if (size != json_array_size(right))
        return false;
    for (size_t i = 0; i < size; i++)
        if (!value_equal(json_array_get(left, i), json_array_get(right, i)))
            return false;
    return true;
}

static bool objects_equal(json_t *left, json_t *right)
{
    if (json_object_size(left) != json_object_size(right))
        return false;
    for (void *member = json_object_iter(left); member;
         member = json_object_iter_next(left, member)) {
        json_t *twin = json_object_getn(right, json_object_iter_key(member),
                                        json_object_iter_key_len(member));

        if (!twin || !value_equal(json_object_iter_value(member), twin))
            return false;
    }
    return true;
}

bool value_equal(json_t *left, json_t *right)
{
    if (json_is_number(left) && json_is_number(right))
        return number_compare(number_of(left), number_of(right)) == 0;
    if (json_typeof(left) != json_typeof(right))
        return false;
    if (json_is_string(left))
        return strings_equal(left, right);
    if (json_is_array(left))
        return arrays_equal(left, right);
    if (json_is_object(left))
        return objects_equal(left, right);
    return true; /* null, true, false */
}

/* ------------------------------------------------------------------ twins */

/* Folds two words into one under a secret, so that collisions cannot be prepared. */
static uint64_t fold(uint64_t left, uint64_t right, const uint64_t seed[2])
{
    wide product = (wide)(left ^ seed[0]) * (right ^ seed[1]);

    return (uint64_t)product ^ (uint64_t)(product >> 64);
}

static uint64_t hash_bytes(const char *bytes, size_t length, const uint64_t seed[2])
{
    uint64_t hash = fold(length, 1, seed);

    for (size_t at = 0; at < length; at += sizeof(uint64_t)) {
        uint64_t word = 0;

        memcpy(&word, bytes + at, length - at < sizeof(word) ? length - at : sizeof(word));
        hash = fold(hash, word, seed);
    }
    return hash;
}

static uint64_t hash_number(struct number number, const uint64_t seed[2])
{
    uint64_t bits = (uint64_t)number.integer;

    if (!number.is_integer)
        memcpy(&bits, &number.real, sizeof(bits));
    return fold(bits, number.is_integer ? 2 : 3, seed);
}

static uint64_t hash_value(json_t *value, const uint64_t seed[2])
{
    uint64_t hash = fold((uint64_t)json_typeof(value), 4, seed);

    if (json_is_number(value))
        return hash_number(number_of(value), seed);
    if (json_is_string(value))
        return hash_bytes(json_string_value(value), json_string_length(value), seed);
    for (size_t i = 0; i < json_array_size(value); i++)
        hash = fold(hash, hash_value(json_array_get(value, i), seed), seed);
    for (void *member = json_object_iter(value); member;
         member = json_object_iter_next(value, member)) /* a sum: order does not count */
        hash += fold(
            hash_bytes(json_object_iter_key(member), json_object_iter_key_len(member), seed),
            hash_value(json_object_iter_value(member), seed), seed);
    return hash;
}

static bool has_twins_by_pairs(json_t *array)
{
    for (size_t i = 1; i < json_array_size(array); i++)
        for (size_t k = 0; k < i; k++)
            if (value_equal(json_array_get(array, i), json_array_get(array, k)))
                return true;
    return false;
}

struct hashed {
    uint64_t hash;
    json_t *item;
};

static int by_hash(const void *left, const void *right)
{
    uint64_t one = ((const struct hashed *)left)->hash;
    uint64_t other = ((const struct hashed *)right)->hash;

    return (one > other) - (one < other);
}

bool value_has_twins(json_t *array, const uint64_t seed[2])
{
    size_t size = json_array_size(array);
    struct hashed *items;
    bool found = false;

    if (size <= FEW_ITEMS)
        return has_twins_by_pairs(array);
    items = calloc(size, sizeof(*items));
    ASSERT(items);
    for (size_t i = 0; i < size; i++) {
        items[i].item = json_array_get(array, i);
        items[i].hash = hash_value(items[i].item, seed);
    }
    qsort(items, size, sizeof(*items), by_hash);
    for (size_t i = 1; i < size && !found; i++)
        found =
            items[i].hash == items[i - 1].hash && value_equal(items[i].item, items[i - 1].item);
    free(items);
    return found;
}

/* ------------------------------------------------------------------ normalising */

static bool normalise_items(json_t *array)
{
    for (size_t i = 0; i < json_array_size(array); i++) {
        json_t *item = json_array_get(array, i);
        json_t *better = value_normalise(json_incref(item));

        if (!better || json_array_set_new(array, i, better) != 0)
            return false;
    }
    return true;
}

static bool normalise_members(json_t *object)
{
    for (void *member = json_object_iter(object); member;
         member = json_object_iter_next(object, member)) {
        json_t *better = value_normalise(json_incref(json_object_iter_value(member)));

        if (!better || json_object_iter_set_new(object, member, better) != 0)
            return false;
    }
    return true;
}

json_t *value_normalise(json_t *value)
{
    if (json_is_real(value) && number_of(value).is_integer) {
        json_t *integer = json_integer(number_of(value).integer);

        json_decref(value);
        return integer;
    }
    if ((json_is_array(value) && !normalise_items(value)) ||
        (json_is_object(value) && !normalise_members(value))) {
        json_decref(value);
        return NULL;
    }
    return value;
}
