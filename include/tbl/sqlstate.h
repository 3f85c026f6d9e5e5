/* SQLSTATE(code, outcome, again, tries, connection, meaning): what PostgreSQL's verdict means
 * for a request (PostgreSQL 15, appendix A). A code of two characters stands for its whole
 * class; the longest code wins. No include guard: included many times. outcome     without DB_
 * (db.h) again       NEVER; READS: a read only, for a write may have happened; ALWAYS: it
 * surely did not tries       how many in all connection  KEEP; DROP: open it anew; DROP_ALL:
 * its neighbours are as stale */
/* clang-format off */
SQLSTATE("23P01", CONFLICT,          NEVER,  1, KEEP,     "exclusion violation: the place is taken")
SQLSTATE("23505", CONFLICT,          NEVER,  1, KEEP,     "unique violation")
SQLSTATE("23503", UNKNOWN_REFERENCE, NEVER,  1, KEEP,     "foreign key violation")
SQLSTATE("23502", UNPROCESSABLE,     NEVER,  1, KEEP,     "not null violation")
SQLSTATE("23514", UNPROCESSABLE,     NEVER,  1, KEEP,     "check violation")
SQLSTATE("22",    UNPROCESSABLE,     NEVER,  1, KEEP,     "a value that its type refuses")
SQLSTATE("40001", BUSY,              ALWAYS, 3, KEEP,     "serialization failure")
SQLSTATE("40P01", BUSY,              ALWAYS, 3, KEEP,     "deadlock")
SQLSTATE("55P03", BUSY,              ALWAYS, 2, KEEP,     "lock not available within lock_timeout")
SQLSTATE("57014", TIMEOUT,           NEVER,  1, KEEP,     "cut by statement_timeout")
SQLSTATE("53",    BUSY,              NEVER,  1, KEEP,     "out of connections, memory or disk")
SQLSTATE("58",    BUSY,              NEVER,  1, KEEP,     "the server's disk or system failed")
SQLSTATE("57P01", AWAY,              READS,  2, DROP,     "the server shuts down")
SQLSTATE("57P02", AWAY,              READS,  2, DROP,     "another backend crashed")
SQLSTATE("57P03", AWAY,              READS,  2, DROP,     "the server starts up")
SQLSTATE("57P05", AWAY,              READS,  2, DROP,     "cut by idle_session_timeout")
SQLSTATE("25P03", AWAY,              READS,  2, DROP,     "cut by idle_in_transaction_session_timeout")
SQLSTATE("08",    AWAY,              READS,  2, DROP,     "connection failure")
SQLSTATE("25006", AWAY,              ALWAYS, 2, DROP_ALL, "a write on a primary that no longer is one")
SQLSTATE("26000", AWAY,              ALWAYS, 2, DROP,     "the session lost its prepared statements")
SQLSTATE("0A000", BROKEN,            ALWAYS, 2, DROP,     "a cached plan whose result type has changed")
SQLSTATE("42501", FORBIDDEN,         NEVER,  1, KEEP,     "insufficient privilege, or a row policy")
/* clang-format on */
