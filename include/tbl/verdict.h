/* VERDICT(id, slug, sentence): why a token is refused. No include guard: included many times.
 * The sentence goes into error_description: no quotes, no backslashes (RFC 6750 section 3).
 * The order is that of the checks: the first that fails is the verdict. */
/* clang-format off */
VERDICT(ACCEPTED, "accepted", "The token is accepted")
VERDICT(TOO_LONG, "too-long", "The token is longer than 8192 bytes")
VERDICT(NOT_COMPACT, "not-compact", "The token does not have three parts separated by dots")
VERDICT(BAD_HEADER, "bad-header", "The header of the token is not base64url of a JSON object without repeated members")
VERDICT(EXTENSION, "extension", "The token demands extensions with crit, and none is supported")
VERDICT(TYPE, "type", "The typ of the token is neither JWT nor at+jwt")
VERDICT(ALGORITHM, "algorithm", "The token is signed with an algorithm that is not accepted")
VERDICT(KEY_UNKNOWN, "key-unknown", "The token is signed with a key that is not known")
VERDICT(KEY_UNNAMED, "key-unnamed", "The token has no kid, and there is not exactly one key for its algorithm")
VERDICT(KEY_MISMATCH, "key-mismatch", "The token is signed with another algorithm than the one its key is for")
VERDICT(SIGNATURE, "signature", "The signature of the token is not valid")
VERDICT(BAD_PAYLOAD, "bad-payload", "The payload of the token is not base64url of a JSON object without repeated members")
VERDICT(EXPIRY, "expiry", "The token has no exp that is an integer")
VERDICT(TIMES, "times", "An nbf or iat of the token is not an integer")
VERDICT(ISSUER, "issuer", "The token comes from another issuer")
VERDICT(AUDIENCE, "audience", "The token is meant for another audience")
VERDICT(SUBJECT, "subject", "The token has no sub of 1 to 255 bytes without control characters")
VERDICT(SCOPE, "scope", "The scope of the token is not a string of names separated by single spaces")
VERDICT(CLINICS, "clinics", "The clinics of the token are neither * nor a list of uuids")
VERDICT(EXPIRED, "expired", "The token has expired")
VERDICT(NOT_YET, "not-yet", "The token is not valid yet")
/* clang-format on */
