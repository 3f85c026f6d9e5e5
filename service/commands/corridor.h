/* Private to service/commands: requests of the command line that walk the same corridor as
 * those from the socket, token and all, so that nothing of an operation is written twice. */
#ifndef CLINICD_COMMANDS_CORRIDOR_H
#define CLINICD_COMMANDS_CORRIDOR_H

#include "serve.h"

struct corridor {
    struct service service;
    struct config config; /* the caller's, with few connections and patient queries */
    const char *token;    /* "Bearer ..." */
    struct arena *arena;  /* lives as long as the corridor */
};

/* Whose token: the one in `token_file`, or (NULL) one that the corridor signs for itself, when
 * a key is there that can. */
struct corridor_caller {
    const char *token_file;
    const char *subject;
    const char *clinic; /* the only clinic of a signed token; NULL: all */
};

/* Puts the rooms together and waits until the database is there. corridor_close frees, also
 * after false and a fault. */
bool corridor_open(struct corridor *corridor, const struct config *config,
                   const struct corridor_caller *caller, struct fault *fault) MUST_CHECK;
void corridor_close(struct corridor *corridor);

/* One request; `body` NULL for a GET, else the NDJSON of a POST. Waits and asks again while the
 * service has no connection: ask only what may be done twice. The answer lives in the arena. */
void corridor_ask(struct corridor *corridor, struct arena *arena, const char *target,
                  const struct buffer *body, struct answer *answer);

/* "status 403, The token may not act at this clinic: detail" of a problem. */
const char *corridor_refusal(const struct answer *answer, struct arena *arena);

/* True for the form of a uuid, in letters of either case. */
bool corridor_is_id(const char *text);

#endif
