/* VERDICT(id, slug, sentence): why a token is refused. No include guard: included many times.
 * The sentence goes into error_description: no quotes, no backslashes (RFC 6750 section 3). */
/* clang-format off */
VERDICT(ACCEPTED, "accepted", "The token is accepted")
/* clang-format on */
