/* METRIC(id, name, type, help); no include guard: included many times. */
/* clang-format off */
METRIC(REQUESTS_IN_WORK, "clinicd_requests_in_work", "gauge", "Requests being worked on now")
METRIC(CONNECTIONS, "clinicd_connections", "gauge", "Client connections open now")
METRIC(CONNECTIONS_REFUSED, "clinicd_connections_refused_total", "counter", "Requests turned away because too many were in work")
METRIC(SLOW_CLIENTS_CUT, "clinicd_slow_clients_cut_total", "counter", "Connections shut because a request took too long to arrive")
METRIC(TOKENS_ACCEPTED, "clinicd_tokens_accepted_total", "counter", "Tokens accepted, from the cache or verified")
METRIC(TOKENS_REFUSED, "clinicd_tokens_refused_total", "counter", "Tokens refused")
METRIC(TOKEN_CACHE_HITS, "clinicd_token_cache_hits_total", "counter", "Tokens found in the cache")
METRIC(DATABASE_CONNECTIONS, "clinicd_database_connections", "gauge", "Database connections that are up")
METRIC(DATABASE_WAITING, "clinicd_database_waiting", "gauge", "Requests waiting for a database connection")
METRIC(DATABASE_RECONNECTS, "clinicd_database_reconnects_total", "counter", "Database connections opened again after a loss")
METRIC(DATABASE_SHED, "clinicd_database_shed_total", "counter", "Requests answered 503 because the queue was full or the wait too long")
METRIC(DATABASE_TIMEOUTS, "clinicd_database_timeouts_total", "counter", "Queries cut at their deadline")
METRIC(DATABASE_RETRIES, "clinicd_database_retries_total", "counter", "Transactions run again after a serialization failure, deadlock or lost connection")
METRIC(WORK_CONNECTED, "clinicd_work_connected", "gauge", "1 while the worker of this instance has its database connection")
METRIC(CONTRACT_MISSED, "clinicd_contract_missed_total", "counter", "Inputs that the database refused and the contract should have")
/* clang-format on */
