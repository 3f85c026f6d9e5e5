/*
 * A private PostgreSQL for tests in C (docker/dev/postgres makes it), gone when the test ends,
 * also when it ends badly. Everything a test writes in SQL goes through cluster_do and
 * cluster_ask, as the administrator. For one test program: all of it is static.
 */
#ifndef CLINICD_TESTS_CLUSTER_H
#define CLINICD_TESTS_CLUSTER_H

#include <libpq-fe.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct cluster {
    char folder[64];
    char socket[160];
    pid_t watch;
    int leash; /* its closing, also by our death, makes the watch erase the folder */
};

static struct cluster cluster;

static void cluster_script(const char *command, const char *rest, char *out, size_t size)
{
    char line[512];
    FILE *pipe;

    snprintf(line, sizeof line, "docker/dev/postgres %s %s %s", command, cluster.folder, rest);
    pipe = popen(line, "r");
    assert_non_null(pipe);
    if (!fgets(out, (int)size, pipe))
        out[0] = '\0';
    out[strcspn(out, "\n")] = '\0';
    assert_int_equal(pclose(pipe), 0);
}

static void cluster_watch(void)
{
    int leash[2];

    assert_int_equal(pipe(leash), 0);
    cluster.watch = fork();
    assert_true(cluster.watch >= 0);
    if (cluster.watch == 0) {
        char byte;

        close(leash[1]);
        setsid();
        while (read(leash[0], &byte, 1) > 0)
            ;
        execl("/bin/sh", "sh", "-c", "docker/dev/postgres erase \"$0\" && rmdir \"$0\"",
              cluster.folder, (char *)NULL);
        _exit(1);
    }
    close(leash[0]);
    assert_int_not_equal(fcntl(leash[1], F_SETFD, FD_CLOEXEC), -1);
    cluster.leash = leash[1];
}

static void cluster_restart(void)
{
    cluster_script("start", "fsync=off max_connections=100", cluster.socket,
                   sizeof cluster.socket);
}

static int cluster_start(void **state)
{
    (void)state;
    snprintf(cluster.folder, sizeof cluster.folder, "build/test/unit-%d", (int)getpid());
    cluster_watch();
    cluster_restart();
    return 0;
}

static int cluster_stop(void **state)
{
    (void)state;
    close(cluster.leash);
    return waitpid(cluster.watch, NULL, 0) == cluster.watch ? 0 : -1;
}

/* kill -9 of the postmaster: what a power cut does. */
static void cluster_crash(void)
{
    char path[256], line[32];
    FILE *file;

    snprintf(path, sizeof path, "%.140s/../data/postmaster.pid", cluster.socket);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(line, sizeof line, file));
    fclose(file);
    assert_int_equal(kill((pid_t)strtol(line, NULL, 10), SIGKILL), 0);
}

/* A connection string, in one of four buffers that take turns. */
static const char *cluster_url(const char *role, const char *database)
{
    static char urls[4][256];
    static unsigned turn;
    char *url = urls[turn++ % 4];

    snprintf(url, sizeof urls[0], "host=%s user=%s dbname=%s", cluster.socket, role, database);
    return url;
}

/* Runs statements; the first column of the first row of the last one, "" when there is none. */
static const char *cluster_ask(const char *database, const char *statements)
{
    static char answer[256];
    PGconn *pg = PQconnectdb(cluster_url("postgres", database));
    PGresult *result = PQexec(pg, statements);

    if (PQresultStatus(result) != PGRES_TUPLES_OK && PQresultStatus(result) != PGRES_COMMAND_OK)
        fail_msg("%s: %s", statements, PQerrorMessage(pg));
    snprintf(answer, sizeof answer, "%s", PQntuples(result) ? PQgetvalue(result, 0, 0) : "");
    PQclear(result);
    PQfinish(pg);
    return answer;
}

static void cluster_do(const char *database, const char *statements)
{
    (void)cluster_ask(database, statements);
}

/* A new database with the roles and the schema app, nothing in it. */
static void cluster_database(const char *name)
{
    char rest[128], out[8], statement[128];

    snprintf(statement, sizeof statement, "drop database if exists %s with (force)", name);
    cluster_do("postgres", statement);
    snprintf(statement, sizeof statement, "create database %s template template0", name);
    cluster_do("postgres", statement);
    snprintf(rest, sizeof rest, "-q -v ON_ERROR_STOP=1 -d %s -f sql/roles.sql 2>&1", name);
    cluster_script("psql", rest, out, sizeof out);
}

#endif
