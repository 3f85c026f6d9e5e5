/* COLUMN(name, required, type): the columns a named query may return, in any order; required
 * ones it must. The types are those of PostgreSQL. No include guard: included many times. */
/* clang-format off */
COLUMN(status,   true,  "integer")
COLUMN(body,     true,  "json or jsonb")
COLUMN(etag,     false, "text")
COLUMN(location, false, "text")
COLUMN(language, false, "text")
COLUMN(replayed, false, "boolean")
COLUMN(modified, false, "bigint")
/* clang-format on */
