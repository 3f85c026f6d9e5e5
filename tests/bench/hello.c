// links:
/*
 * The bare HTTP stack: ulfius and libmicrohttpd with the options of service/http/http.c, one
 * wildcard endpoint that answers a small JSON text. What the service adds is measured against
 * it.
 *
 *     hello PORT        serves on 127.0.0.1 until SIGTERM
 */
#include <arpa/inet.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <ulfius.h>

static void be_silent(void *context, const char *format, va_list arguments)
{
    (void)context, (void)format, (void)arguments;
}

static int say_hello(const struct _u_request *request, struct _u_response *response,
                     void *context)
{
    static const char body[] = "{\"hello\": \"world\"}";

    (void)request, (void)context;
    ulfius_set_binary_body_response(response, 200, body, sizeof body - 1);
    u_map_put(response->map_header, "Content-Type", "application/json");
    return U_CALLBACK_COMPLETE;
}

static int serve(struct _u_instance *instance, struct sockaddr_in *address)
{
    struct MHD_OptionItem options[] = {
        {MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)be_silent, NULL},
        {MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)mhd_request_completed, NULL},
        {MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)ulfius_uri_logger, NULL},
        {MHD_OPTION_SOCK_ADDR, 0, address},
        {MHD_OPTION_LISTENING_ADDRESS_REUSE, 1, NULL},
        {MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL},
        {MHD_OPTION_CONNECTION_LIMIT, 512, NULL},
        {MHD_OPTION_CONNECTION_TIMEOUT, 30, NULL},
        {MHD_OPTION_CONNECTION_MEMORY_LIMIT, 32768, NULL},
        {MHD_OPTION_THREAD_STACK_SIZE, 1024 * 1024, NULL},
        {MHD_OPTION_END, 0, NULL},
    };

    if (ulfius_init_instance(instance, ntohs(address->sin_port), address, NULL) != U_OK ||
        ulfius_add_endpoint_by_val(instance, "*", NULL, "*", 0, say_hello, NULL) != U_OK)
        return -1;
    instance->allowed_post_processor = U_POST_PROCESS_NONE;
    instance->check_utf8 = 0;
    return ulfius_start_framework_with_mhd_options(
        instance,
        MHD_USE_THREAD_PER_CONNECTION | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_POLL |
            MHD_USE_ITC | MHD_USE_ERROR_LOG,
        options);
}

int main(int count, char **arguments)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct _u_instance instance;
    sigset_t ends;
    int signal_number;

    if (count != 2)
        return 2;
    address.sin_port = htons((uint16_t)strtol(arguments[1], NULL, 10));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    if (serve(&instance, &address) != U_OK) {
        fprintf(stderr, "hello: cannot listen on port %s\n", arguments[1]);
        return 1;
    }
    sigwait(&ends, &signal_number);
    ulfius_stop_framework(&instance);
    ulfius_clean_instance(&instance);
    return 0;
}
