/* The trie of path templates. Private to service/contract. */
#ifndef CLINICD_CONTRACT_ROUTER_H
#define CLINICD_CONTRACT_ROUTER_H

#include "contract.h"

struct route_node;

/* An empty trie. */
struct route_node *router_new(struct arena *arena) MUST_CHECK;

/* Adds an operation under its method and path; its names of path values come from the
 * template. A fault for templates that are not made of whole segments ("/a/{b}"), are too deep,
 * or cannot be told apart from another one of the same method. */
bool router_add(struct route_node *root, struct arena *arena, const struct operation *operation,
                struct fault *fault) MUST_CHECK;

/* contract_route. */
enum route router_match(const struct route_node *root, const char *method, const char *target,
                        struct arena *arena, struct route_match *match) MUST_CHECK;

#endif
