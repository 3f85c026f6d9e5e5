// links: base
/* The start-up link: every mismatch between contract, queries and handlers stops the start with
 * a sentence that names it. Contract, queries and handlers are small ones of the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "serve/link.c"

#define MOST 4

/* The world that link.c looks at; each test fills it. */
static struct operation operations[MOST];
static size_t operation_count;
const struct query db_queries[] = {
    {.name = "readThing",
     .arguments = (const char *const[]){"thing_id", "clinics", NULL},
     .argument_count = 2,
     .file = "sql/queries/things.sql",
     .line = 3},
    {.name = "findOthers",
     .arguments = (const char *const[]){"colour", NULL},
     .argument_count = 1,
     .file = "sql/queries/others.sql",
     .line = 1},
    {.name = "workHard",
     .arguments = (const char *const[]){NULL},
     .file = "sql/queries/work.sql",
     .line = 9,
     .idle_ms = 250},
};
const size_t db_query_count = LENGTH(db_queries);

static void run(struct service *service, struct request *request)
{
    (void)service;
    (void)request;
}

const struct handler handlers[] = {{"makeThing", run, {"findOthers"}}};
const size_t handler_count = LENGTH(handlers);

static const char *hidden_query; /* a query that is not there in this test */

const struct query *db_query_find(const char *name)
{
    for (size_t i = 0; i < db_query_count; i++) {
        if (strcmp(db_queries[i].name, name) == 0 &&
            !(hidden_query && strcmp(hidden_query, name) == 0))
            return &db_queries[i];
    }
    return NULL;
}

size_t contract_operation_count(const struct contract *contract)
{
    (void)contract;
    return operation_count;
}

const struct operation *contract_operation(const struct contract *contract, size_t index)
{
    (void)contract;
    return &operations[index];
}

const struct operation *contract_find(const struct contract *contract, const char *id)
{
    (void)contract;
    for (size_t i = 0; i < operation_count; i++) {
        if (strcmp(operations[i].id, id) == 0)
            return &operations[i];
    }
    return NULL;
}

static const char *left_out; /* an operation that does not exist in these circumstances */

bool contract_leaves_out(const struct contract *contract, const char *id)
{
    (void)contract;
    return left_out && strcmp(left_out, id) == 0;
}

static const char *const thing_parameters[] = {"thing_id", "limit", NULL};
static const char *const colour_parameters[] = {"colour", NULL};
static const char *const no_parameters[] = {NULL};

static void add_operation(const char *id, const char *const *parameters)
{
    operations[operation_count] =
        (struct operation){.id = id, .index = operation_count, .parameter_names = parameters};
    operation_count++;
}

static int whole_world(void **state)
{
    (void)state;
    operation_count = 0;
    hidden_query = NULL;
    left_out = NULL;
    add_operation("readThing", thing_parameters);
    add_operation("makeThing", colour_parameters);
    return 0;
}

/* Links; the fault's text, "" when all fits. */
static const char *link_fault(struct service *service)
{
    static struct fault fault;

    *service = (struct service){.arena = arena_new()};
    fault.text[0] = '\0';
    if (service_link(service, &fault))
        assert_string_equal(fault.text, "");
    else
        assert_string_not_equal(fault.text, "");
    return fault.text;
}

static void what_fits_is_linked(void **state)
{
    struct service service;

    (void)state;
    assert_string_equal(link_fault(&service), "");
    assert_ptr_equal(service.links[0].queries[0].query, &db_queries[0]);
    assert_int_equal(service.links[0].queries[0].arguments[0].source, ARGUMENT_PARAMETER);
    assert_int_equal(service.links[0].queries[0].arguments[1].source, ARGUMENT_CLINICS);
    assert_ptr_equal(service.links[1].handler, &handlers[0]);
    assert_ptr_equal(service.links[1].queries[0].query, &db_queries[1]);
    arena_free(service.arena);
}

static void assert_fault_is_none(void)
{
    struct service service;

    assert_string_equal(link_fault(&service), "");
    arena_free(service.arena);
}

static void assert_fault_names(const char *one, const char *two)
{
    struct service service;
    const char *text = link_fault(&service);

    if (!strstr(text, one) || !strstr(text, two))
        fail_msg("the fault says: %s", text);
    arena_free(service.arena);
}

static void an_operation_without_query_or_handler_stops_the_start(void **state)
{
    (void)state;
    add_operation("paintThing", no_parameters);
    assert_fault_names("paintThing", "neither a query nor a handler");
}

static void an_argument_that_is_no_parameter_stops_the_start(void **state)
{
    (void)state;
    operations[0].parameter_names = no_parameters;
    assert_fault_names("sql/queries/things.sql:3", "thing_id");
}

static void a_handlers_query_is_held_to_the_same(void **state)
{
    (void)state;
    operations[1].parameter_names = no_parameters;
    assert_fault_names("sql/queries/others.sql:1", "colour");
}

static void a_handlers_query_must_be_there(void **state)
{
    (void)state;
    hidden_query = "findOthers";
    assert_fault_names("makeThing", "findOthers");
}

static void a_handler_without_operation_stops_the_start(void **state)
{
    (void)state;
    operation_count = 1;
    assert_fault_names("makeThing", "no operation");
}

static void a_query_without_operation_stops_the_start(void **state)
{
    (void)state;
    operation_count = 0;
    add_operation("makeThing", colour_parameters);
    assert_fault_names("readThing", "no operation");
}

static void a_query_of_the_worker_is_no_operations(void **state)
{
    (void)state;
    assert_fault_is_none(); /* it has no operation, and needs none */
    add_operation("workHard", no_parameters);
    assert_fault_names("sql/queries/work.sql:9: the query workHard is the worker's",
                       "operation workHard");
}

static void what_the_contract_leaves_out_here_may_keep_its_query(void **state)
{
    (void)state;
    operation_count = 0;
    left_out = "readThing";
    add_operation("makeThing", colour_parameters);
    assert_fault_is_none();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(what_fits_is_linked, whole_world),
        cmocka_unit_test_setup(an_operation_without_query_or_handler_stops_the_start,
                               whole_world),
        cmocka_unit_test_setup(an_argument_that_is_no_parameter_stops_the_start, whole_world),
        cmocka_unit_test_setup(a_handlers_query_is_held_to_the_same, whole_world),
        cmocka_unit_test_setup(a_handlers_query_must_be_there, whole_world),
        cmocka_unit_test_setup(a_handler_without_operation_stops_the_start, whole_world),
        cmocka_unit_test_setup(a_query_without_operation_stops_the_start, whole_world),
        cmocka_unit_test_setup(a_query_of_the_worker_is_no_operations, whole_world),
        cmocka_unit_test_setup(what_the_contract_leaves_out_here_may_keep_its_query,
                               whole_world),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
