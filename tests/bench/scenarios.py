"""What is measured: for the service the scenario of that name in load.lua, for pgbench the named query with
arguments drawn the same way. `arguments` are SQL expressions by the query's argument names; `:name` is a
variable of the script, so all of them reach the server as parameters of the prepared statement."""
import os
from dataclasses import dataclass, field


@dataclass
class Scenario:
    title: str
    query: str = ""            # of sql/queries; "" = pgbench has nothing to compare
    sets: tuple = ()           # \set lines of the pgbench script
    arguments: dict = field(default_factory=dict)  # the others are null
    then: tuple = ()           # further (query, arguments), each in a transaction of its own; pgbench's latency is that of all
    needs_bookings: bool = False  # made beforehand, for the run to give up
    free_day: int = None       # bookings: the service's day without bookings; pgbench has the next


def identifier(kind, variable):
    return f"(:{variable} || '-0000-7000-8000-0000000000{kind}')"


def json_list(*items):
    return "('[\"' || " + " || '\",\"' || ".join(items) + " || '\"]')"


WEEK = ("week random(0, 3) * 7",)
A_WEEK = {"from": "(:monday::date + :week::int)::text", "to": "(:monday::date + :week::int + 6)::text",
          "treatment": ":treatment", "radius_km": ":radius", "limit": ":page", "mode": ":mode",
          "lang": ":lang", "clinics": ":everywhere", "scopes": ":scopes"}
ONE = json_list(identifier("0b", "p"))
ONE_SETS = (*WEEK, "p random(10000001, 10020000)")
FIFTY = json_list(*(identifier("0c", f"c{n}") for n in range(5)))
FIFTY_SETS = (*WEEK, "c0 10000001 + random(0, 399) * 5", *(f"c{n} :c0 + {n}" for n in range(1, 5)))

BODY = ("('{\"offering_id\": \"' || " + identifier("0f", "o") + " || '\", \"location_id\": \"' || " + identifier("0a", "c")
        + " || '\", \"practitioner_id\": \"' || " + identifier("0b", "p") + " || '\", \"start\": \"' || :day || 'T' "
        "|| (array['08', '09', '13', '14', '15'])[:hour::int] || ':00:00Z\", "
        "\"client\": {\"name\": \"Ada Example\", \"email\": \"ada@example.org\"}}')")

HELD = BODY[:-len("}')")] + ", \"hold\": true, \"external_ref\": \"pgbench-' || :k || '\"}')"
# How many pgbench runs: each takes every n-th time.
PGBENCH_CLIENTS = int(os.environ.get("BENCH_PGBENCH_CLIENTS") or 8)
BOOKING_SETS = (f"k :i * {PGBENCH_CLIENTS} + :client_id", "i :i + 1", "p 10000001 + :k * 7919 % 20000", "c 10000001 + (:p - 10000001) / 10",
                "o 10000000 + (:c - 10000000) * 10 + 1", "hour :k / 20000 + 1")
ORDER_SETS = (f"k :i * {PGBENCH_CLIENTS} + :client_id", "i :i + 1", "p0 10000001 + :k * 2659 % 6600 * 3", "p1 :p0 + 1", "p2 :p0 + 2",
              *(f"c{n} 10000001 + (:p{n} - 10000001) / 10" for n in range(3)),
              *(f"o{n} 10000000 + (:c{n} - 10000000) * 10 + 1" for n in range(3)), "hour :k / 6600 + 1")
ORDER = ("('{\"client\": {\"name\": \"Ada Example\", \"email\": \"ada@example.org\"}, \"items\": [' || " + " || ', ' || ".join(
    "'{\"offering_id\": \"' || " + identifier("0f", f"o{n}") + " || '\", \"location_id\": \"' || " + identifier("0a", f"c{n}")
    + " || '\", \"practitioner_id\": \"' || " + identifier("0b", f"p{n}") + " || '\", \"start\": \"' || :day || 'T' "
    "|| (array['08', '09', '13', '14', '15'])[:hour::int] || ':00:00Z\"}'" for n in range(3)) + " || ']}')")
ACT_ON_IT = {"sub": ":sub", "clinics": ":everywhere", "key": "('pgbench-act-' || :k)", "hash": ":hash", "request_id": ":hash"}
ACT = ACT_ON_IT | {"scopes": ":scopes", "key": "('pgbench-' || :k)"}

SCENARIOS = {
    "me": Scenario("who am I: the corridor without a database"),
    "location": Scenario(
        "one location by id", "readLocation", ("n random(10000001, 10002000)",),
        {"location_id": identifier("0a", "n"), "lang": ":lang", "clinics": ":everywhere"}),
    "near": Scenario(
        "locations within 10 km of a point, page of 20", "listLocations",
        ("town random(0, 39)", "latitude 43000 + :town % 8 * 1500 + random(-150, 150)",
         "longitude -1000 + :town / 8 * 4000 + random(-150, 150)"),
        {"near": "((:latitude::numeric / 1000)::text || ',' || (:longitude::numeric / 1000)::text)", "radius_km": ":near_radius",
         "limit": ":page", "lang": ":lang", "clinics": ":everywhere", "scopes": ":scopes"}),
    "near_filters": Scenario(
        "nearest of 100,000 locations, with two filters", "listLocations",
        ("latitude 20000 + random(0, 10000)", "longitude -10000 + random(0, 20000)"),
        {"near": "((:latitude::numeric / 1000)::text || ',' || (:longitude::numeric / 1000)::text)", "treatment": ":massage",
         "language": ":french", "limit": ":page", "lang": ":lang", "clinics": ":everywhere", "scopes": ":scopes"}),
    "typing_error": Scenario(
        "text with a typing error among 100,000 names", "listLocations", ("n random(0, 97999)",),
        {"q": "('lindnhof ' || :n)", "limit": ":page", "lang": ":lang", "clinics": ":everywhere", "scopes": ":scopes"}),
    "one": Scenario("one practitioner, a week, page of 20", "findAvailability", ONE_SETS, A_WEEK | {"practitioner_id": ONE}),
    "one_all": Scenario("one practitioner, a week, all of it", "findAvailability", ONE_SETS,
                        A_WEEK | {"practitioner_id": ONE, "limit": ":all"}),
    "fifty": Scenario("50 practitioners, a week, page of 20", "findAvailability", FIFTY_SETS, A_WEEK | {"clinic_id": FIFTY}),
    "fifty_each": Scenario("50 practitioners, a week, first free of each", "findAvailability", FIFTY_SETS,
                           A_WEEK | {"clinic_id": FIFTY, "mode": ":each", "limit": ":fifty"}),
    "fifty_days": Scenario("50 practitioners, a week, free starts per day", "countAvailableDays", FIFTY_SETS,
                           {name: value for name, value in A_WEEK.items() if name not in ("limit", "mode", "lang")}
                           | {"clinic_id": FIFTY}),
    "booking": Scenario("a booking, each of another free time", "createBooking", BOOKING_SETS, {"body": BODY} | ACT, free_day=0),
    "hold_confirm": Scenario(
        "a hold, then its confirmation", "createBooking", BOOKING_SETS, {"body": HELD} | ACT,
        then=(("confirmBooking", {"booking_id": "(select id from app.booking where source = :sub and external_ref = 'pgbench-' || :k)::text",
                                  "body": "'{}'"} | ACT_ON_IT),), free_day=4),
    "order": Scenario("an order of three, all or none", "createOrder", ORDER_SETS, {"body": ORDER} | ACT, free_day=12),
    "cancel": Scenario(
        "a booking is cancelled, each another one", "cancelBooking", BOOKING_SETS,
        {"booking_id": "((10000000 + :first::int + :k::int)::text || '-0000-7000-8000-0000000000ca')",
         "body": "'{\"reason\": \"changed plans\"}'", "scopes": ":scopes"} | ACT_ON_IT, needs_bookings=True, free_day=8),
}

# The load of a busy hour: who, the scenario, and from how many connections.
MIXED = (("readers (one location by id)", "location", 48),
         ("searchers (50 practitioners, a week)", "fifty", 8),
         ("bookers", "booking", 8))

SCOPES = "directory:read availability:read bookings:read bookings:write"
VARIABLES = {"treatment": '["trigger-point-massage"]', "massage": "trigger-point-massage", "french": "fr", "radius": "25",
             "near_radius": "10", "page": "20", "all": "500", "fifty": "50",
             "mode": "all", "each": "first_per_practitioner", "lang": "{en}", "everywhere": "*", "scopes": SCOPES, "sub": "bench",
             "hash": "0" * 64, "absent": "-", "i": "0"}
