"""The traffic of the fault suite: 32 connections of many partners and one desk do everything at once over a few places, and
keep every request and every answer. Who gets no answer, or a 503, asks again with the same Idempotency-Key until he knows."""
import dataclasses
import json
import random
import threading
import time
import uuid

import psycopg

from harness.load import Caller, together
from harness.practice import Practice

CONNECTIONS = 32
PARTNERS = 8
DESKS = 2  # connections of the clinic's own staff
MORNING = "2027-03-01T09:00:00Z"  # ten on a Monday; the places are on Tuesday from nine to twelve: some are late to cancel, some not yet
DAY = "2027-03-02"
STARTS = [f"{DAY}T{minute // 60:02}:{minute % 60:02}:00+01:00" for minute in range(9 * 60, 12 * 60, 15)]
# How often what is tried.
WEIGHTS = {"create": 6, "hold": 22, "confirm": 15, "cancel": 14, "reschedule": 24, "extend": 5, "read": 7,
           "order": 10, "confirm_order": 6, "cancel_order": 3, "extend_order": 1, "wait": 2, "accept": 6, "decline": 2}
KNOWN = (200, 201, 204, 400, 401, 403, 404, 409, 412, 422)  # an answer after which nothing is in doubt
PATIENCE_SECONDS = 60


@dataclasses.dataclass
class Act:
    """One thing that somebody wanted, with as many tries as it took. `status` 0: nobody knows how it went."""
    id: str            # the Idempotency-Key, and the X-Request-Id of every try
    who: str           # sub of the token
    what: str          # of WEIGHTS
    about: str | None  # the booking, order or entry of the waiting list
    path: str
    body: dict | None
    asked_at: float
    answered_at: float = 0.0
    statuses: list = dataclasses.field(default_factory=list)  # of the tries
    status: int = 0
    answer: dict | None = None
    replayed: bool = False
    seen_before: int = 0  # the newest version of the booking that had been answered to anybody before this was asked

    @property
    def done(self):
        return 200 <= self.status < 300

    @property
    def bookings(self):
        """Those that the answer tells of: itself, those of an order, what was offered and accepted."""
        answer = self.answer or {}
        return answer.get("bookings") or [answer[name] for name in ("booking",) if name in answer] or [answer] * ("reference" in answer)


class Place:
    """A practice of four people and two rooms, made through the API: a massage of 30 minutes with 5 after it, and needling
    of 45 in a room, with 5 before and 10 after."""

    def __init__(self, client, tokens):
        self.tokens = tokens
        admin = client.with_token(tokens.admin())
        assert admin.post("/v1/test-clock", json={"now": MORNING}).status_code == 200
        practice = self.practice = Practice(client, tokens, policy={
            "cancellation_notice_hours": 24, "late_cancellation_fee_percent": 75, "late_reschedule_fee_percent": 50,
            "hold_minutes": 5, "waitlist_offer_minutes": 5, "max_holds_per_partner": 200, "max_holds_per_client": 200})
        site = practice.location()
        people = [practice.practitioner(site) for _ in range(4)]
        for _ in range(2):
            practice.make("room", location_id=site["id"], name="Room", kind="quiet")
        for person in people:
            practice.schedule(person, site, weekdays=(2,), end="13:00")
        self.site = site["id"]
        self.people = [person["id"] for person in people]
        self.offerings = [
            practice.offering(people, [site], duration_minutes=30, buffer_after_minutes=5)["id"],
            practice.offering(people, [site], duration_minutes=45, buffer_before_minutes=5, buffer_after_minutes=10,
                              room_kind="quiet")["id"]]

    def token(self, who):
        clinics = [self.practice.id]
        return self.tokens.desk(clinics, who) if who == "desk" else self.tokens.partner(who, clinics)


class Traffic:
    """Runs for `seconds`, and on a slow machine on until `least` acts have been done; then `history` holds all acts."""

    def __init__(self, place, port, seconds, least=0, seed=1, connections=CONNECTIONS):
        self.place, self.port, self.seconds, self.least, self.seed = place, port, seconds, least, seed
        self.connections = connections
        self.live = {}      # by who made it: the bookings that are thought to be live, and their status; the desk has all
        self.ended = {}     # likewise, those that are not
        self.orders = {}    # by who made it: orders that are thought to be live
        self.waiting = {}   # likewise, entries of the waiting list
        self.versions = {}  # of a booking: the newest that anybody was answered
        self.made_by = {}
        self.history = []

    def run(self):
        started = time.monotonic()
        self.until = started + self.seconds
        clock = threading.Thread(target=self._move_clock, daemon=True)
        clock.start()
        for mine in together(self.connections, self._one, self.seconds + 2 * PATIENCE_SECONDS):
            self.history += mine
        clock.join(PATIENCE_SECONDS)
        self.seconds = time.monotonic() - started
        self.history.sort(key=lambda act: act.asked_at)
        return self.history

    def keep(self, path):
        """The history as lines of JSON, for whoever wants to see how something came about."""
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w") as file:
            for act in self.history:
                file.write(json.dumps(dataclasses.asdict(act)) + "\n")

    @property
    def _goes_on(self):
        now = time.monotonic()
        return now < self.until or sum(self.versions.values()) < self.least and now < self.until + PATIENCE_SECONDS

    def _move_clock(self):
        """A hold lasts five minutes, which pass in less than a second: so holds run out all the time."""
        caller = Caller(self.port, self.place.tokens.admin(), timeout=5)
        while self._goes_on:
            caller.call("POST", "/v1/test-clock", {"advance_seconds": 120})
            time.sleep(0.25)
        caller.close()

    def _one(self, index):
        pick = random.Random(self.seed * 1000 + index)
        who = "desk" if index < DESKS else f"partner-{index % PARTNERS}"
        caller = Caller(self.port, self.place.token(who), timeout=30)
        mine = []
        while self._goes_on:
            # Some begin with an order, while there is room for one.
            what = "order" if not mine and index % 3 == 0 else pick.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
            act = self._choose(pick, who, what)
            self._ask(caller, act, pick)
            self._learn(act)
            mine.append(act)
        caller.close()
        return mine

    def _choose(self, pick, who, what):
        if what.endswith("_order"):
            known = [order for order, status in list(self.orders.get(who, {}).items()) if status == "held" or what == "cancel_order"]
            if known:
                order = pick.choice(known[-10:])
                return self._act(who, what, order, f"/v1/orders/{order}/{what.removesuffix('_order')}", None if "extend" in what else {})
            what = "order"
        if what == "order":
            return self._act(who, what, None, "/v1/orders", self._basket(pick))
        if what in ("wait", "accept", "decline"):
            known = list(self.waiting.get(who, ()))
            if known and (what != "wait" or len(known) > 1):
                entry = pick.choice(known)
                what = "accept" if what == "wait" else what
                return self._act(who, what, entry, f"/v1/waitlist/{entry}/{what}", {})
            return self._act(who, "wait", None, "/v1/waitlist", {
                "clinic_id": self.place.practice.id, "offering_ids": [pick.choice(self.place.offerings)], "date_from": DAY, "date_to": DAY,
                "client": self._client(pick)})
        known = [] if what in ("create", "hold") else self._known(pick, who, what)
        if not known:
            return self._act(who, "create", None, "/v1/bookings", self._wish(pick, who, what != "create"))
        booking = pick.choice(known[-30:])
        body = {"confirm": {}, "cancel": {"reason": "changed my mind"},
                "reschedule": {"start": pick.choice(STARTS), "practitioner_id": pick.choice([*self.place.people, None])}}.get(what)
        return self._act(who, what, booking, f"/v1/bookings/{booking}" + ("" if what == "read" else f"/{what}"), body)

    def _known(self, pick, who, what):
        """Bookings that the act may be about: mostly such that it can succeed."""
        if pick.random() < 0.05:
            return list(self.ended.get(who, ()))
        wanted = ("held",) if what in ("confirm", "extend") and pick.random() < 0.8 else ("held", "confirmed")
        return [booking for booking, status in list(self.live.get(who, {}).items()) if status in wanted]

    @staticmethod
    def _client(pick):
        return {"name": "Somebody", "email": f"{pick.randrange(1000)}@example.org"}

    def _basket(self, pick):
        """Two or three with different people, all or none."""
        people = pick.sample(self.place.people, pick.choice([2, 2, 2, 3]))
        return {"client": self._client(pick), "hold": pick.random() < 0.6,
                "items": [{"offering_id": pick.choice(self.place.offerings), "location_id": self.place.site,
                           "start": pick.choice(STARTS), "practitioner_id": person} for person in people]}

    def _wish(self, pick, who, hold):
        body = {"offering_id": pick.choice(self.place.offerings), "location_id": self.place.site,
                "start": pick.choice(STARTS), "hold": hold, "client": self._client(pick)}
        if pick.random() < 0.8:
            body["practitioner_id"] = pick.choice(self.place.people)
        if who == "desk" and pick.random() < 0.3:  # off the grid, which the desk may, but never over somebody
            body |= {"start": body["start"].replace(":15:00+", ":20:00+"), "override": {"reason": "asked by telephone"}}
        return body

    def _act(self, who, what, about, path, body):
        return Act(uuid.uuid4().hex, who, what, about, path, body, time.monotonic(), seen_before=self.versions.get(about, 0))

    def _ask(self, caller, act, pick):
        headers = {"X-Request-Id": act.id} | ({} if act.what == "read" else {"Idempotency-Key": act.id})
        give_up = time.monotonic() + PATIENCE_SECONDS
        while time.monotonic() < give_up:
            reply = caller.call("GET" if act.what == "read" else "POST", act.path, act.body, headers)
            act.statuses.append(reply.status)
            if reply.status in KNOWN:
                act.status, act.answer = reply.status, reply.json() if reply.content else None
                act.replayed = "Idempotency-Replayed" in reply.headers
                break
            time.sleep(pick.uniform(0.01, 0.08))
        act.answered_at = time.monotonic()

    def _learn(self, act):
        if act.what == "wait" and act.done:
            self.waiting.setdefault(act.who, {})[act.answer["id"]] = True
        elif act.what in ("accept", "decline") and (act.what == "accept" and act.done or act.status == 409 and has_ended(act)):
            self.waiting.get(act.who, {}).pop(act.about, None)
        elif act.what.endswith("order") and act.done:
            self.orders.setdefault(act.who, {})[act.answer["id"]] = act.answer["status"]
        elif act.what.endswith("_order") and act.status == 409 and act.answer.get("current_status") in ("cancelled", "expired"):
            self.orders[act.who].pop(act.about, None)
        if act.done:
            for booking in act.bookings:
                self.made_by.setdefault(booking["id"], act.who)
                self.versions[booking["id"]] = max(self.versions.get(booking["id"], 0), booking["version"])
                self._note(booking["id"], booking["status"])
        elif act.about in self.made_by and act.status == 409:
            self._note(act.about, act.answer.get("current_status"))

    def _note(self, booking, status):
        if status in ("held", "confirmed", "cancelled", "expired"):
            for who in {self.made_by[booking], "desk"}:
                self.live.setdefault(who, {}).pop(booking, None)
                (self.live if status in ("held", "confirmed") else self.ended).setdefault(who, {})[booking] = status


def has_ended(act):
    """Whether a refusal says that an entry of the waiting list has ended."""
    return act.answer.get("current_status") in ("accepted", "declined", "expired", "withdrawn")


class Tail(threading.Thread):
    """Reads the change log while it is written, as every consumer does: by (xid, id), only what is older than all that runs."""

    def __init__(self, database):
        super().__init__(daemon=True)
        self.database, self.rows, self.stopping = database, [], threading.Event()

    def run(self):
        last = (0, 0)
        while True:
            final = self.stopping.is_set()
            try:
                found = self.database.fetch(
                    "select xid::text::bigint, id, entity, entity_id, (data ->> 'version')::int from app.change "
                    "where (xid, id) > (%s::text::xid8, %s) and xid < pg_snapshot_xmin(pg_current_snapshot()) "
                    "order by xid, id", [str(last[0]), last[1]])
            except psycopg.Error:  # the database is away: that is what this suite is about
                time.sleep(0.1)
                continue
            self.rows += found
            if found:
                last = found[-1][:2]
            if final:
                return
            time.sleep(0.02)

    def stop(self):
        self.stopping.set()
        self.join(30)
        return self.rows
