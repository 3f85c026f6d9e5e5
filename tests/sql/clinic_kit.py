"""What the SQL tests share: the named queries of sql/queries run as the service runs them, and small clinics to order."""
import json
import re
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def _named_queries():
    found = {}
    for file in sorted((ROOT / "sql" / "queries").glob("*.sql")):
        for part in re.split(r"(?m)^-- name: ", file.read_text())[1:]:
            name, text = part.split("\n", 1)
            arguments = re.search(r"(?m)^-- args:(.*)$", text).group(1).split()
            statement = re.sub(r"(?m)^--.*$", "", text).strip().rstrip(";").replace("%", "%%")
            found[name.strip()] = (re.sub(r"\$(\d+)", r"%(a\1)s", statement), arguments, "-- guard: principal" in text)
    return found


QUERIES = _named_queries()


class Answer:
    def __init__(self, row, columns):
        self.row = dict(zip(columns, row)) if row else {}
        self.status = self.row.get("status", 404)
        self.body = self.row.get("body")

    def __getitem__(self, member):
        return self.body[member]

    def __repr__(self):
        return f"{self.status} {self.body}"


class Desk:
    """One connection of the service's role with the test clock on, and a principal."""

    def __init__(self, database, sub="partner-a", scopes="availability:read bookings:read bookings:write", clinics="*"):
        self.connection = database.connect("clinicd_service", options="-c app.test_clock=on", autocommit=True)
        self.sub, self.scopes, self.clinics = sub, scopes, clinics

    def close(self):
        self.connection.close()

    def run(self, name, **arguments):
        """Runs a named query in its own transaction (or in the one that is open); dicts and lists go as JSON."""
        text, names, guarded = QUERIES[name]
        known = {"sub": self.sub, "scopes": self.scopes, "clinics": self.clinics, "lang": "{en}", "request_id": "test"} | arguments
        unknown = arguments.keys() - set(names)
        assert not unknown, f"{name} has no {unknown}"
        values = {}
        for number, argument in enumerate(names, 1):
            value = known.get(argument)
            if isinstance(value, (dict, list)):
                value = json.dumps(value)
            values[f"a{number}"] = None if value is None else str(value)
        with self.connection.transaction():
            if guarded:
                self.connection.execute(
                    "select set_config('app.sub', %s, true), set_config('app.scopes', %s, true), set_config('app.clinics', %s, true)",
                    [known["sub"], known["scopes"], known["clinics"]])
            cursor = self.connection.execute(text, values)
            return Answer(cursor.fetchone(), [column.name for column in cursor.description])

    def rehearse(self, name, **arguments):
        """As run, and then takes it back."""
        with self.connection.transaction(force_rollback=True):
            return self.run(name, **arguments)


def calls(database, connection, function, act):
    """What `act` answers, and how often it called a function of ours on this connection: too much work is told by how often it is
    done, on a busy machine too."""
    database.fetch("grant set on parameter track_functions to public")
    with connection.transaction():
        connection.execute("set local track_functions = 'all'")
        answer = act()
        [[count]] = connection.execute("select coalesce(sum(calls), 0)::int from pg_stat_xact_user_functions where funcname = %s",
                                       [function]).fetchall()
    return answer, count


def wait_for_a_waiter(owner, seconds=30):
    """Until somebody in this database waits for a lock that another has."""
    deadline = time.monotonic() + seconds
    while not owner.execute("""select exists (select from pg_locks l join pg_stat_activity a on a.pid = l.pid
                               where not l.granted and a.datname = current_database())""").fetchone()[0]:
        assert time.monotonic() < deadline, "nobody waits"
        time.sleep(0.01)


def set_clock(owner, instant):
    """From now on app.now() is about this instant (an aware datetime; None: the real time)."""
    owner.execute("update app.test_clock set clock_offset = coalesce(%s::timestamptz - now(), '0')", [instant])


class Clinic:
    """A clinic under construction; methods return ids."""

    def __init__(self, owner, zone="Europe/Brussels", policy=None):
        self.owner, self.zone = owner, zone
        self.id = self.insert("clinic", slug=f"t-{uuid.uuid4().hex}", name="Test", timezone=zone, policy=policy or {})

    def insert(self, table, **columns):
        for name, value in columns.items():
            if isinstance(value, dict) or name == "windows":
                columns[name] = json.dumps(value)
        names = ", ".join(f'"{name}"' for name in columns)
        marks = ", ".join(["%s"] * len(columns))
        key = "id" if table not in ("treatment", "practitioner_location", "offering_practitioner", "offering_location",
                                    "qualification", "occupancy") else "null"
        return self.owner.execute(f"insert into app.{table} ({names}) values ({marks}) returning {key}",
                                  list(columns.values())).fetchone()[0]

    def add(self, table, **columns):
        return self.insert(table, clinic_id=self.id, **columns)

    def location(self, zone=None, **columns):
        return self.add("location", slug=f"l-{uuid.uuid4().hex}", name="Site", timezone=zone or self.zone, **columns)

    def practitioner(self, *locations, **columns):
        person = self.add("practitioner", name="Somebody", **columns)
        for location in locations:
            self.add("practitioner_location", practitioner_id=person, location_id=location)
        return person

    def offering(self, practitioners, locations, duration=60, before=0, after=0, step=15, treatment=None, certificate=None, **columns):
        if treatment is None:
            treatment = f"t-{uuid.uuid4().hex}"
            self.insert("treatment", code=treatment, name={"en": "Treatment"}, modality="manual",
                        requires_qualification=certificate)
        offering = self.add("offering", treatment=treatment, duration_minutes=duration, buffer_before_minutes=before,
                            buffer_after_minutes=after, step_minutes=step, price_amount=6500, price_currency="EUR", **columns)
        for person in practitioners:
            self.add("offering_practitioner", offering_id=offering, practitioner_id=person)
        for location in locations:
            self.add("offering_location", offering_id=offering, location_id=location)
        return offering

    def schedule(self, practitioner, location, weekday, start, end, **columns):
        return self.add("schedule", practitioner_id=practitioner, location_id=location, weekday=weekday,
                        **{"from": start, "to": end}, **columns)

    def booking(self, offering, location, practitioner, start, end, expires_at=None, **columns):
        """A booking of somebody else, held until an instant or confirmed; it occupies nothing yet."""
        return self.add("booking", reference=uuid.uuid4().hex[:12].upper(), status="held" if expires_at else "confirmed",
                           location_id=location, practitioner_id=practitioner, offering_id=offering,
                           treatment=self.owner.execute("select treatment from app.offering where id = %s", [offering]).fetchone()[0],
                           starts_at=start, ends_at=end, timezone=self.zone, price_amount=0, price_currency="EUR", policy={},
                           free_cancel_until=start, remind_at=start, hold_expires_at=expires_at, client={"name": "X"},
                           source="somebody-else", **columns)

    def block(self, resources, offering, location, practitioner, start, end, expires_at=None):
        """A booking of somebody else that takes the resources from start to end (instants)."""
        booking = self.booking(offering, location, practitioner, start, end, expires_at)
        for resource in resources:
            self.add("occupancy", resource_id=resource, booking_id=booking, blocked_from=start, blocked_to=end,
                     expires_at=expires_at)
        return booking

    def session(self, offering, location, practitioner, room, start, end, before, after, seats):
        """A session with bookings of somebody else: a pair for each, how many seats and until when they are held (None: firm)."""
        session = self.add("session", offering_id=offering, location_id=location, practitioner_id=practitioner, room_id=room,
                           starts_at=start, ends_at=end, blocked_from=start - before, blocked_to=end + after)
        for number, expires_at in seats:
            self.booking(offering, location, practitioner, start, end, expires_at, seats=number, session_id=session, room_id=room)
        expiries = [expires_at for _, expires_at in seats]
        for resource in [practitioner] + ([room] if room else []):
            self.add("occupancy", resource_id=resource, session_id=session, blocked_from=start - before, blocked_to=end + after,
                     expires_at=None if None in expiries else max(expiries))
        return session
