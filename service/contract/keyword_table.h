/*
 * The keywords of JSON Schema that contracts may use, in the order in which they are checked:
 *
 *     KEYWORD(id, name, compile, check, types, ends)
 *
 * compile (schema.c) reads the keyword's value, check (validate.c) applies it to values of
 * `types`; `ends`: when it refuses, the rest of this schema is not looked at (the wrong type
 * makes the rest noise, a too long text should not reach a pattern). Keywords with the check
 * "none" leave no rule: they annotate, or are read together with another one.
 *
 * Keywords that begin with "x-" are passed over, but for one: beside a pattern, x-wanted says
 * in words what it wants ("latitude and longitude, such as 50.84,4.43"; findings put "must be "
 * before it).
 */
/* clang-format off */
KEYWORD(REF,               "$ref",                 reference,    schema,        TYPE_ANY,    false)
KEYWORD(TYPE,              "type",                 type,         type,          TYPE_ANY,    true)
KEYWORD(CONST,             "const",                constant,     constant,      TYPE_ANY,    true)
KEYWORD(ENUM,              "enum",                 values,       values,        TYPE_ANY,    true)
KEYWORD(MINIMUM,           "minimum",              number,       minimum,       TYPE_NUMBER, false)
KEYWORD(MAXIMUM,           "maximum",              number,       maximum,       TYPE_NUMBER, false)
KEYWORD(EXCLUSIVE_MINIMUM, "exclusiveMinimum",     number,       above,         TYPE_NUMBER, false)
KEYWORD(EXCLUSIVE_MAXIMUM, "exclusiveMaximum",     number,       below,         TYPE_NUMBER, false)
KEYWORD(MULTIPLE_OF,       "multipleOf",           divisor,      multiple,      TYPE_NUMBER, false)
KEYWORD(MAX_LENGTH,        "maxLength",            count,        max_length,    TYPE_STRING, true)
KEYWORD(MIN_LENGTH,        "minLength",            count,        min_length,    TYPE_STRING, false)
KEYWORD(FORMAT,            "format",               format,       format,        TYPE_STRING, true)
KEYWORD(PATTERN,           "pattern",              pattern,      pattern,       TYPE_STRING, false)
KEYWORD(MAX_ITEMS,         "maxItems",             count,        max_items,     TYPE_ARRAY,  true)
KEYWORD(MIN_ITEMS,         "minItems",             count,        min_items,     TYPE_ARRAY,  false)
KEYWORD(ITEMS,             "items",                elements,     elements,      TYPE_ARRAY,  false)
KEYWORD(PREFIX_ITEMS,      "prefixItems",          elements,     elements,      TYPE_ARRAY,  false)
KEYWORD(CONTAINS,          "contains",             containment,  containment,   TYPE_ARRAY,  false)
KEYWORD(MIN_CONTAINS,      "minContains",          count_only,   none,          TYPE_ARRAY,  false)
KEYWORD(MAX_CONTAINS,      "maxContains",          count_only,   none,          TYPE_ARRAY,  false)
KEYWORD(UNIQUE_ITEMS,      "uniqueItems",          unique,       unique,        TYPE_ARRAY,  false)
KEYWORD(MAX_PROPERTIES,    "maxProperties",        count,        max_members,   TYPE_OBJECT, true)
KEYWORD(MIN_PROPERTIES,    "minProperties",        count,        min_members,   TYPE_OBJECT, false)
KEYWORD(REQUIRED,          "required",             required,     required,      TYPE_OBJECT, false)
KEYWORD(DEPENDENT_REQUIRED,"dependentRequired",    dependencies, dependencies,  TYPE_OBJECT, false)
KEYWORD(PROPERTY_NAMES,    "propertyNames",        schema,       names,         TYPE_OBJECT, false)
KEYWORD(PROPERTIES,        "properties",           members,      members,       TYPE_OBJECT, false)
KEYWORD(PATTERN_PROPERTIES,"patternProperties",    members,      members,       TYPE_OBJECT, false)
KEYWORD(ADDITIONAL,        "additionalProperties", members,      members,       TYPE_OBJECT, false)
KEYWORD(DEPENDENT_SCHEMAS, "dependentSchemas",     dependencies, dependencies,  TYPE_OBJECT, false)
KEYWORD(ALL_OF,            "allOf",                all_of,       all_of,        TYPE_ANY,    false)
KEYWORD(ANY_OF,            "anyOf",                choice,       any_of,        TYPE_ANY,    false)
KEYWORD(ONE_OF,            "oneOf",                choice,       one_of,        TYPE_ANY,    false)
KEYWORD(NOT,               "not",                  schema,       not,           TYPE_ANY,    false)
KEYWORD(IF,                "if",                   condition,    condition,     TYPE_ANY,    false)
KEYWORD(THEN,              "then",                 schema_only,  none,          TYPE_ANY,    false)
KEYWORD(ELSE,              "else",                 schema_only,  none,          TYPE_ANY,    false)
KEYWORD(DEFS,              "$defs",                definitions,  none,          TYPE_ANY,    false)
KEYWORD(SCHEMA,            "$schema",              annotation,   none,          TYPE_ANY,    false)
KEYWORD(COMMENT,           "$comment",             annotation,   none,          TYPE_ANY,    false)
KEYWORD(TITLE,             "title",                annotation,   none,          TYPE_ANY,    false)
KEYWORD(DESCRIPTION,       "description",          annotation,   none,          TYPE_ANY,    false)
KEYWORD(DEFAULT,           "default",              annotation,   none,          TYPE_ANY,    false)
KEYWORD(EXAMPLES,          "examples",             annotation,   none,          TYPE_ANY,    false)
KEYWORD(EXAMPLE,           "example",              annotation,   none,          TYPE_ANY,    false)
KEYWORD(DEPRECATED,        "deprecated",           annotation,   none,          TYPE_ANY,    false)
KEYWORD(READ_ONLY,         "readOnly",             annotation,   none,          TYPE_ANY,    false)
KEYWORD(WRITE_ONLY,        "writeOnly",            annotation,   none,          TYPE_ANY,    false)
/* clang-format on */
