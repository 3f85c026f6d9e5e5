/* ARGUMENT(id, name): what a query may ask of the request itself, beside the parameters of its
 * operation. No include guard: included many times. */
ARGUMENT(BODY, "body")
ARGUMENT(ROWS, "rows")
ARGUMENT(SUB, "sub")
ARGUMENT(SCOPES, "scopes")
ARGUMENT(CLINICS, "clinics")
ARGUMENT(NOW, "now")
ARGUMENT(LANG, "lang")
ARGUMENT(IF_MATCH, "if_match")
ARGUMENT(IF_NONE_MATCH, "if_none_match")
ARGUMENT(KEY, "key")
ARGUMENT(HASH, "hash")
ARGUMENT(REQUEST_ID, "request_id")
