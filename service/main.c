/* Lives here: the start of the process. Everything else is a command. */
#include <signal.h>

#include <jansson.h>

#include "commands.h"

int main(int argc, char **argv)
{
    signal(SIGPIPE, SIG_IGN);
    json_object_seed(0); /* before threads: jansson seeds its hash tables on first use */
    return commands_run(argc, argv);
}
