/*
 * The door of service/http: the socket. The only room that knows ulfius and libmicrohttpd.
 */
#ifndef CLINICD_HTTP_H
#define CLINICD_HTTP_H

#include "base.h"
#include "serve.h"

struct http;
struct sockaddr_in;

/* Reads CLINICD_LISTEN ("127.0.0.1:8080") into `address`. False and a fault for anything but an
 * IPv4 address, a colon and a port from 0 to 65535. */
bool http_address(const char *listen, struct sockaddr_in *address,
                  struct fault *fault) MUST_CHECK;

/* Listens on config->listen and serves until http_stop. Call with all signals blocked, so that
 * its threads inherit that. NULL and a fault when the address is unusable. */
struct http *http_start(struct service *service, struct fault *fault) MUST_CHECK;

/* The port that is listened on (useful with port 0). */
int http_port(const struct http *http);

/* Stops listening, lets requests in work finish for at most `wait_ms`, then ends the threads
 * and frees. Returns how many requests were cut off. */
int http_stop(struct http *http, int64_t wait_ms);

#endif
