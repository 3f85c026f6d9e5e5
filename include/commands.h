/* The door of service/commands: the command line. */
#ifndef CLINICD_COMMANDS_H
#define CLINICD_COMMANDS_H

/* Runs the command that argv names ("serve" when there is none) and returns the exit status:
 * 0 done, 1 it failed (the reason is on stderr), 2 it was called wrongly. */
int commands_run(int argc, char **argv);

#endif
