"""The property of availability: what search lists is exactly what the rules say, every listed start can be held, and no
other start on the grid can.

Some offerings are given to groups: sessions with seats left stay listed, at their start alone.

The rules are written here a second time, by brute force over 5-minute cells and Python's zoneinfo, and compared with the
SQL over random rules, exceptions, certificates, rooms and bookings, on ordinary days and around changes of clocks.
CLINICD_PROPERTY_SECONDS (default 30) says how long, CLINICD_PROPERTY_SEED where to begin: a failure names its seed."""
import os
import random
import time
import uuid
from collections import Counter
from datetime import date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest

from clinic_kit import Clinic, Desk, set_clock

SECONDS = float(os.environ.get("CLINICD_PROPERTY_SECONDS", "30"))
SEED = int(os.environ.get("CLINICD_PROPERTY_SEED", "1"))
CELL = timedelta(minutes=5)
UTC = timezone.utc

# Zones and the dates on or just before which their clocks change; an ordinary date for each comes on top.
CHANGES = {
    "Europe/Brussels": ["2027-03-28", "2027-10-31"],
    "America/New_York": ["2027-03-14", "2027-11-07"],
    "Australia/Lord_Howe": ["2027-04-04", "2027-10-03"],   # by half an hour
    "Africa/Cairo": ["2027-04-30", "2027-10-28"],          # at midnight
    "Asia/Kolkata": [],                                    # an odd offset, no changes
}


class Zone:
    """The 5-minute instants around some dates with the local time of each: the oracle's whole knowledge of clocks."""

    def __init__(self, name, first, last):
        zone = ZoneInfo(name)
        self.instants = []
        self.local = {}
        self.read_as = {}  # local time -> the instants that show it
        instant = datetime.combine(first, datetime.min.time(), UTC) - timedelta(days=2)
        while instant < datetime.combine(last, datetime.min.time(), UTC) + timedelta(days=4):
            local = instant.astimezone(zone).replace(tzinfo=None)
            self.instants.append(instant)
            self.local[instant] = local
            self.read_as.setdefault(local, []).append(instant)
            instant += CELL

    def edge(self, local, closing):
        if local in self.read_as:
            return self.read_as[local][-1 if closing else 0]
        return next(after for before, after in zip(self.instants, self.instants[1:])
                    if self.local[before] < local < self.local[after])

    def cells(self, start, end):
        while start < end:
            yield start
            start += CELL


def minutes(clock):
    return timedelta(hours=int(clock[:2]), minutes=int(clock[3:5]))


class World:
    """One random clinic, in the database and as the oracle's plain data."""

    def __init__(self, owner, seed):
        pick = self.pick = random.Random(seed)
        self.zone_name = pick.choice(list(CHANGES))
        pivot = date.fromisoformat(pick.choice(CHANGES[self.zone_name] + ["2027-05-19"]))
        self.first = pivot - timedelta(days=pick.randint(0, 3))
        self.last = self.first + timedelta(days=pick.randint(1, 4))
        self.zone = Zone(self.zone_name, self.first, self.last)
        self.notice = pick.choice([0, 60, 600])
        self.horizon = pick.choice([2, 30, 90])
        self.now = datetime.combine(pick.choice([self.first - timedelta(days=1), self.first, self.first + timedelta(days=1)]),
                                    datetime.min.time(), UTC) + timedelta(hours=pick.randint(0, 23), minutes=2)
        set_clock(owner, self.now)
        self.clinic = Clinic(owner, self.zone_name, {"min_notice_minutes": self.notice, "booking_horizon_days": self.horizon})
        self.places = [self.clinic.location() for _ in range(pick.choice([1, 1, 2]))]
        self.people = [self.clinic.practitioner(*self.places) for _ in range(pick.choice([1, 2]))]
        self.make_offering()
        self.some_kept = pick.random() < 0.4
        self.schedules = [self.make_schedule() for _ in range(pick.randint(3, 14))]
        self.exceptions = [self.make_exception() for _ in range(pick.choice([0, 0, 1, 2, 4]))]
        self.blocks = []
        self.sessions = []
        for _ in range(pick.choice([2, 6, 12]) if self.seats > 1 else 0):
            self.make_session()
        for _ in range(pick.choice([0, 2, 6, 12])):
            self.make_block()

    def clock(self, late=False):
        """A time of day; often near the hours in which clocks change."""
        hour = self.pick.choice([0, 0, 1, 2, 2, 3, 23] if self.pick.random() < 0.4 else range(6, 21))
        minute = self.pick.choice([0, 0, 30, 15, 45, 5 * self.pick.randint(0, 11)])
        return f"{(hour + (self.pick.randint(1, 9) if late else 0)) % 24:02}:{minute:02}"

    def make_offering(self):
        pick, clinic = self.pick, self.clinic
        self.duration = timedelta(minutes=pick.choice([5, 30, 45, 60, 90, 120]))
        self.before = timedelta(minutes=pick.choice([0, 0, 10, 30]))
        self.after = timedelta(minutes=pick.choice([0, 0, 15, 20]))
        # Half an hour moves the grid only under these.
        self.step = pick.choice([20, 60] if self.zone_name == "Australia/Lord_Howe" else [5, 10, 15, 15, 20, 30, 60])
        self.seats = pick.choice([1, 1, 1, 3, 6])
        self.certificate = "needles" if pick.random() < 0.2 else None
        self.rooms = {place: [] for place in self.places}
        room_kind = None
        if pick.random() < 0.3:
            room_kind = "table"
            for place in self.places:
                self.rooms[place] = [clinic.add("room", location_id=place, name="R", kind="table") for _ in range(pick.randint(0, 2))]
        self.wants_room = room_kind is not None
        self.offering = clinic.offering(self.people, self.places, self.duration // timedelta(minutes=1),
                                        self.before // timedelta(minutes=1), self.after // timedelta(minutes=1), self.step,
                                        certificate=self.certificate, room_kind=room_kind, seats=self.seats)
        # Of another treatment, by the same people: its sessions are in the way like any booking.
        self.other = clinic.offering(self.people, self.places, self.duration // timedelta(minutes=1), seats=5)
        self.valid = {person: [] for person in self.people}
        for person in self.people:
            for position in range(pick.randint(0, 2) if self.certificate else 0):
                issued = pick.choice([None, self.first, self.first + timedelta(days=1)])
                expires = pick.choice([None, self.last, self.first + timedelta(days=1)])
                if issued and expires and expires < issued:
                    continue
                clinic.add("qualification", practitioner_id=person, position=position, code="needles", issued_on=issued, expires_on=expires)
                self.valid[person].append((issued or date.min, expires or date.max))

    def make_schedule(self):
        pick = self.pick
        rule = dict(practitioner=pick.choice(self.people), location=pick.choice(self.places),
                    weekday=(self.first + timedelta(days=pick.randint(-1, 4))).isoweekday(),
                    start=self.clock(), end=self.clock(late=True), valid_from=None, valid_until=None, every_weeks=1)
        if pick.random() < 0.3:
            rule["valid_from"] = self.first + timedelta(days=pick.randint(-20, 2))
            rule["every_weeks"] = pick.choice([1, 2, 3])
        if pick.random() < 0.2:
            rule["valid_until"] = max(rule["valid_from"] or date.min, self.first + timedelta(days=pick.randint(0, 3)))
        rule["kept_hours"] = self.kept_hours()
        self.clinic.schedule(rule["practitioner"], rule["location"], rule["weekday"], rule["start"], rule["end"],
                             valid_from=rule["valid_from"], valid_until=rule["valid_until"], every_weeks=rule["every_weeks"],
                             desk_only_until_hours_before=rule["kept_hours"])
        return rule

    def kept_hours(self):
        """Until so many hours before only the desk; mostly None, and never in most worlds."""
        return self.pick.choice([0, 1, 5, 24, 30, 48]) if self.some_kept and self.pick.random() < 0.4 else None

    def make_exception(self):
        pick = self.pick
        kind = pick.choice(["close", "close", "add", "replace"])
        begins = self.first + timedelta(days=pick.randint(-1, 3))
        change = dict(kind=kind, practitioner_id=pick.choice(self.people), location_id=pick.choice(self.places),
                      date_from=begins, date_to=begins + timedelta(days=pick.choice([0, 0, 1, 3])),
                      windows=[{"from": self.clock(), "to": self.clock(late=True)} for _ in range(pick.choice([0, 1, 2]))])
        for window in change["windows"] if kind != "close" else []:
            hours = self.kept_hours()
            if hours is not None or pick.random() < 0.2:
                window["desk_only_until_hours_before"] = hours
        if kind == "close":
            change[pick.choice(["practitioner_id", "location_id", "reason"])] = None
        elif kind == "add" and not change["windows"]:
            change["windows"] = [{"from": "09:00", "to": "11:00"}]
        self.clinic.add("exception", **change)
        return change

    def make_block(self):
        """A booking, a live hold or one that has run out, on a practitioner and perhaps a room; skipped if it would overlap."""
        pick = self.pick
        place, person = pick.choice(self.places), pick.choice(self.people)
        start = pick.choice(self.zone.instants[400:-690])
        end = start + timedelta(minutes=5 * pick.randint(1, 30))
        resources = [person] + ([pick.choice(self.rooms[place])] if self.rooms[place] and pick.random() < 0.7 else [])
        if self.meets_a_block(resources, start, end):
            return
        expires = self.expiry()
        self.clinic.block(resources, self.offering, place, person, start, end, expires)
        self.blocks.append((resources, start, end, expires))

    def make_session(self):
        """A group that meets: of this offering or another, as long as it is now or as it was once, in a room of the kind, in
        none, or in one that has another kind now; its seats firm, held or held no longer; skipped if it would overlap."""
        pick = self.pick
        place, person = pick.choice(self.places), pick.choice(self.people)
        ours, as_long = pick.random() < 0.85, pick.random() < 0.9
        grid = [t for t in self.zone.instants[400:-690] if (self.zone.local[t].hour * 60 + self.zone.local[t].minute) % self.step == 0]
        start = pick.choice(grid if pick.random() < 0.9 else self.zone.instants[400:-690])
        if pick.random() < 0.7:
            open_cells, _ = self.open_cells(person, place)
            worked = [t for t in grid if self.first <= self.zone.local[t].date() <= self.last
                      and open_cells.issuperset(self.zone.cells(t, t + self.duration))]
            start = pick.choice(worked or [start])
        end = start + self.duration + (timedelta() if as_long else timedelta(minutes=15))
        before, after = pick.choice([(self.before, self.after), (timedelta(), timedelta(minutes=20))])
        room, fits = None, not self.wants_room
        if self.wants_room and pick.random() < 0.9:
            if self.rooms[place] and pick.random() < 0.8:
                room, fits = pick.choice(self.rooms[place]), True
            else:
                room = self.clinic.add("room", location_id=place, name="R", kind=pick.choice(["table", "pool"]), status="archived")
        resources = [person] + ([room] if room else [])
        if self.meets_a_block(resources, start - before, end + after):
            return
        seats, free = [], self.seats
        filled = pick.random() < 0.3
        while free > 0 and (not seats or filled or pick.random() < 0.4):
            seats.append((pick.randint(1, free if filled else max(1, free // 2)), self.expiry()))
            free -= seats[-1][0] if self.lives(seats[-1][1]) else 0
        self.clinic.session(self.offering if ours else self.other, place, person, room, start, end, before, after, seats)
        taken = sum(number for number, expires in seats if self.lives(expires))
        expiries = [expires for _, expires in seats]
        self.blocks.append((resources, start - before, end + after, None if None in expiries else max(expiries)))
        if ours and as_long and fits and taken:
            self.sessions.append((start, person, place, self.seats - taken))

    def expiry(self):
        return self.pick.choice([None, None, self.now + timedelta(minutes=3), self.now - timedelta(minutes=3)])

    def lives(self, expires):
        return expires is None or expires > self.now

    def meets_a_block(self, resources, start, end):
        return any(resource in taken and start < block_end and block_start < end
                   for taken, block_start, block_end, _ in self.blocks for resource in resources)

    # ------------------------------------------------------------ the oracle

    def open_cells(self, person, place):
        """The cells of working time, and the hours before which a cell is the desk's alone, for those that ever are."""
        def window_cells(day, window):
            end_day = day if window["to"] > window["from"] else day + timedelta(days=1)
            midnight = datetime.min.time()
            return self.zone.cells(self.zone.edge(datetime.combine(day, midnight) + minutes(window["from"]), False),
                                   self.zone.edge(datetime.combine(end_day, midnight) + minutes(window["to"]), True))

        mine = [change for change in self.exceptions
                if change["practitioner_id"] in (None, person) and change["location_id"] in (None, place)]
        open_cells, closed, kept = set(), set(), {}
        day = self.first - timedelta(days=1)
        while day <= self.last + timedelta(days=1):
            today = [change for change in mine if change["date_from"] <= day <= change["date_to"]]
            windows = []
            if not any(change["kind"] == "replace" for change in today):
                for rule in self.schedules:
                    weeks = 0
                    if rule["valid_from"]:
                        monday = rule["valid_from"] - timedelta(days=rule["valid_from"].weekday())
                        weeks = (day - timedelta(days=day.weekday()) - monday).days // 7
                    if (rule["practitioner"] == person and rule["location"] == place and rule["weekday"] == day.isoweekday()
                            and (rule["valid_from"] is None or day >= rule["valid_from"])
                            and (rule["valid_until"] is None or day <= rule["valid_until"])
                            and weeks % rule["every_weeks"] == 0):
                        windows.append({"from": rule["start"], "to": rule["end"], "desk_only_until_hours_before": rule["kept_hours"]})
            for change in today:
                if change["kind"] != "close":
                    windows += change["windows"]
            for window in windows:
                cells = list(window_cells(day, window))
                open_cells.update(cells)
                hours = window.get("desk_only_until_hours_before")
                for cell in cells if hours is not None else []:
                    kept[cell] = min(hours, kept.get(cell, hours))
            for change in today:
                if change["kind"] == "close" and change["windows"]:
                    for window in change["windows"]:
                        closed.update(window_cells(day, window))
                elif change["kind"] == "close":
                    closed.update(t for t in self.zone.instants if self.zone.local[t].date() == day)
            day += timedelta(days=1)
        return open_cells - closed, kept

    def seats_left(self, start, person, place):
        """Null for an offering with one seat; of the session that begins then, or of the one that a booking would open."""
        return None if self.seats == 1 else next((left for *session, left in self.sessions if session == [start, person, place]), self.seats)

    def free_starts(self, party=1, for_desk=False):
        """All (instant, person, place) that the rules allow to so many people, within the local dates first to last."""
        taken = {}
        for resources, start, end, expires in self.blocks:
            if self.lives(expires):
                for resource in resources:
                    taken.setdefault(resource, set()).update(self.zone.cells(start, end))
        today = self.now.astimezone(ZoneInfo(self.zone_name)).date()
        free = set()
        for person in self.people:
            for place in self.places:
                open_cells, kept = self.open_cells(person, place)
                joinable = {session[0] for session in self.sessions if session[1:3] == (person, place) and session[3] >= party}
                for start in self.zone.instants:
                    local = self.zone.local[start]
                    whole = set(self.zone.cells(start - self.before, start + self.duration + self.after))
                    if (self.first <= local.date() <= self.last
                            and (local.hour * 60 + local.minute) % self.step == 0
                            and start >= self.now + timedelta(minutes=self.notice)
                            and local.date() <= today + timedelta(days=self.horizon)
                            and open_cells.issuperset(self.zone.cells(start, start + self.duration))
                            and (for_desk or all(start - self.now <= timedelta(hours=kept[cell])
                                                 for cell in self.zone.cells(start, start + self.duration) if cell in kept))
                            and (start in joinable
                                 or not whole & taken.get(person, set())
                                 and (not self.wants_room or any(not whole & taken.get(room, set()) for room in self.rooms[place])))
                            and (not self.certificate or any(issued <= local.date() <= expires for issued, expires in self.valid[person]))):
                        free.add((start, person, place))
        return free


def search(desk, world, **more):
    """All pages of a search over the world's dates, as (instant, person, place) in the order given."""
    listed, cursor = [], None
    while True:
        answer = desk.run("findAvailability", **{"from": world.first, "to": world.last, "clinic_id": [str(world.clinic.id)],
                                                 "offering_id": [str(world.offering)], "cursor": cursor, **more})
        assert answer.status == 200, answer
        for slot in answer["items"]:
            left = world.seats_left(datetime.fromisoformat(slot["start"]), uuid.UUID(slot["practitioner_id"]), uuid.UUID(slot["location_id"]))
            assert slot.get("seats_left") == left, slot
        listed += [(datetime.fromisoformat(slot["start"]), slot["practitioner_id"], slot["location_id"]) for slot in answer["items"]]
        cursor = answer["next"]
        if cursor is None:
            return listed


def hold(desk, world, start, person, place, seats=1):
    return desk.rehearse("createBooking", body={"offering_id": str(world.offering), "location_id": place, "practitioner_id": person,
                                                "start": start.isoformat(), "hold": True, "seats": seats})


def check(desk, staff, owner, seed):
    world = World(owner, seed)
    pick = world.pick
    expected = {(start, str(person), str(place)) for start, person, place in world.free_starts()}
    ordered = sorted(expected, key=lambda slot: (slot[0], slot[1], slot[2]))

    listed = search(desk, world, limit=500)
    assert listed == ordered, f"seed {seed}: missing {sorted(expected - set(listed))[:3]}, too many {sorted(set(listed) - expected)[:3]}"
    if len(ordered) < 400:
        assert search(desk, world, limit=pick.choice([1, 3, 20]) if len(ordered) < 60 else 20) == ordered, f"seed {seed}: pages"
    for mode, member in (("first_per_practitioner", 1), ("first_per_location", 2)):
        firsts = {}
        for slot in ordered:
            firsts.setdefault(slot[member], slot)
        assert search(desk, world, mode=mode, limit=pick.choice([1, 20])) == sorted(firsts.values()), f"seed {seed}: {mode}"
    assert search(desk, world, mode="first") == ordered[:1], f"seed {seed}: first"
    days = desk.run("countAvailableDays", **{"from": world.first, "to": world.last, "offering_id": [str(world.offering)]})
    counted = Counter(world.zone.local[slot[0]].date().isoformat() for slot in ordered)
    assert {day["date"]: day["slots"] for day in days["items"]} == counted, f"seed {seed}: days"

    joined, full = set(), set()
    if world.seats > 1:
        party = pick.randint(2, world.seats)
        together = sorted((start, str(person), str(place)) for start, person, place in world.free_starts(party))
        assert search(desk, world, limit=500, seats=party) == together, f"seed {seed}: {party} seats"
        for slot in pick.sample(ordered, min(8, len(ordered))):
            answer = hold(desk, world, *slot, seats=party)
            assert answer.status == (201 if slot in together else 409), f"seed {seed}: {party} seats at {slot}: {answer}"
        joined = {(start, str(person), str(place)) for start, person, place, _ in world.sessions} & expected
        for slot in sorted(joined):
            assert hold(desk, world, *slot).status == 201, f"seed {seed}: a seat was left at {slot}"
        full = {(start, str(person), str(place)) for start, person, place, left in world.sessions if left == 0} - expected
        for slot in sorted(full):
            answer = hold(desk, world, *slot)
            assert answer.status == 409 and answer["reasons"], f"seed {seed}: no seat was left at {slot}"

    # With instants, over a part of those days.
    inside = [t for t in world.zone.instants if world.first <= world.zone.local[t].date() <= world.last]
    since, until = sorted(pick.sample(inside, 2))
    assert search(desk, world, limit=500, **{"from": since.isoformat(), "to": until.isoformat()}) == [
        slot for slot in ordered if since <= slot[0] < until], f"seed {seed}: instants {since} to {until}"

    # The desk has all of it at any time.
    everything = sorted((start, str(person), str(place)) for start, person, place in world.free_starts(for_desk=True))
    assert search(staff, world, limit=500) == everything, f"seed {seed}: the desk"
    for slot in pick.sample(everything, min(3, len(everything))):
        assert hold(staff, world, *slot).status == 201, f"seed {seed}: the desk is listed {slot}"
    for slot in pick.sample(sorted(set(everything) - expected), min(5, len(everything) - len(ordered))):
        answer = hold(desk, world, *slot)
        assert (answer.status, answer["reasons"]) == (409, ["not_open_yet"]), f"seed {seed}: kept, but {slot}: {answer}"

    for slot in pick.sample(ordered, min(15, len(ordered))):
        answer = hold(desk, world, *slot)
        assert answer.status == 201, f"seed {seed}: listed, but {slot}: {answer}"
    # The others: mostly those next to a start that is free.
    near = {(start + shift * CELL, person, place) for start, person, place in pick.sample(ordered, min(8, len(ordered)))
            for shift in (-12, -3, -1, 1, 3, 12)}
    anywhere = {(start, str(person), str(place)) for start in pick.sample(world.zone.instants[500:-990], 8)
                for person in world.people for place in world.places}
    for slot in sorted((near | anywhere) - expected):
        if world.first <= world.zone.local.get(slot[0], datetime.min).date() <= world.last:
            answer = hold(desk, world, *slot)
            assert answer.status == 409 and answer["reasons"], f"seed {seed}: not listed, but {slot}: {answer}"
    return Counter(worlds=1, bare=not ordered, starts=len(ordered), groups=world.seats > 1, joined=len(joined), full=len(full))


@pytest.mark.timeout(60 + 4 * SECONDS)
def test_search_lists_exactly_what_can_be_held(database):
    owner, desk = database.connect("clinicd_owner"), Desk(database)
    staff = Desk(database, sub="desk", scopes="availability:read bookings:read bookings:write bookings:desk")
    until = time.monotonic() + SECONDS
    seed, seen = SEED, Counter()
    while time.monotonic() < until or seed < SEED + 20:
        seen += check(desk, staff, owner, seed)
        seed += 1
    print(dict(seen))
    assert seen["bare"] < seen["worlds"] / 2, "most worlds have nothing free: the test looks at nothing"
    assert seen["joined"] and seen["full"], "no session was joined, or none was full"
    desk.close()
    staff.close()
    owner.close()
