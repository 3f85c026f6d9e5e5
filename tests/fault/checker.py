"""What the tables and the change log say against what was answered. It knows the rules of booking only from the contract: no
function of sql/ is called, and the exclusion constraint is not asked. Findings are sentences under the name of a rule:

    lost        answered 2xx, and the database does not have it as answered
    unasked     in the database, and answered 2xx to nobody
    doubled     two acts, or two bookings, where there is one winner
    overlap     two bookings in each other's way: in the tables now, or at any moment of the log
    misplaced   what the occupancy table says is not what the bookings say
    states      a change that may not follow the one before
    versions    a version that is missing, or that is not what the booking row says
    charges     one too many, one too few, or another amount
    keys        what is kept for an Idempotency-Key is not what was answered
    tail        what a reader of the log saw while it was written is not the log
    stale       a read that does not know what had been answered before
    unknown     nobody could find out how it went
    errors      an answer that no such request should get
"""
import collections
import datetime
import json

LIVE = ("held", "confirmed")
# What a change leads to, and from which statuses: None is the making.
LEGAL = {"held": ((None,), "held"), "confirmed": ((None, "held"), "confirmed"), "extended": (("held",), "held"),
         "rescheduled": (LIVE, None), "cancelled": (LIVE, "cancelled"), "expired": (("held",), "expired")}
KIND = {"confirm": "confirmed", "cancel": "cancelled", "reschedule": "rescheduled", "extend": "extended", "accept": "confirmed",
        "confirm_order": "confirmed", "cancel_order": "cancelled", "extend_order": "extended", "decline": "cancelled"}
PROBLEMS = {"slot-taken", "slot-not-offered", "state-conflict", "hold-expired", "too-many-holds", "order-refused"}
RULES = ("lost", "unasked", "doubled", "overlap", "misplaced", "states", "versions", "charges", "keys", "tail", "stale",
         "unknown", "errors")

# From the bookings alone, with the offering's buffers; practitioners and rooms.
OVERLAPS = """
    with live as (
        select b.clinic_id, b.id, r.resource, b.starts_at - make_interval(mins => o.buffer_before_minutes) as since,
               b.ends_at + make_interval(mins => o.buffer_after_minutes) as until
        from app.booking b join app.offering o on o.clinic_id = b.clinic_id and o.id = b.offering_id
        cross join lateral unnest(array[b.practitioner_id, b.room_id]) as r (resource)
        where r.resource is not null
          and (b.status = 'confirmed' or b.status = 'held' and b.hold_expires_at > now() + (select clock_offset from app.test_clock)))
    select a.id::text, b.id::text from live a join live b
      on a.clinic_id = b.clinic_id and a.resource = b.resource and a.id < b.id and a.since < b.until and b.since < a.until"""
MISPLACED = """
    with due as (
        select b.id, r.resource, b.starts_at - make_interval(mins => o.buffer_before_minutes) as since,
               b.ends_at + make_interval(mins => o.buffer_after_minutes) as until,
               case when b.status = 'held' then b.hold_expires_at end as expires_at
        from app.booking b join app.offering o on o.clinic_id = b.clinic_id and o.id = b.offering_id
        cross join lateral unnest(array[b.practitioner_id, b.room_id]) as r (resource)
        where r.resource is not null and b.status in ('held', 'confirmed')
    ), there as (
        select booking_id, resource_id, blocked_from, blocked_to, expires_at from app.occupancy)
    (select 'missing', id::text, resource::text from (select * from due except select * from there) as x)
    union all (select 'too many', booking_id::text, resource_id::text from (select * from there except select * from due) as x)"""


def instant(text):
    return datetime.datetime.fromisoformat(text) if text else None


class Change:
    """A row of the log about a booking, with the act that made it (from the audit row of the same version)."""

    def __init__(self, id, booking, kind, data, at, act, who):
        self.id, self.booking, self.kind, self.at, self.act, self.who = id, booking, kind, at, act, who
        self.version, self.status = data["version"], data["status"]
        self.practitioner, self.room, self.offering = data["practitioner_id"], data["room_id"], data["offering_id"]
        self.start, self.end = instant(data["start"]), instant(data["end"])


class Check:
    def __init__(self, connection, history, tail=None, quiet=True):
        """`quiet`: nothing was killed, so that nobody may have seen a broken connection or a 503."""
        self.history, self.tail, self.quiet = history, tail, quiet
        self.found = collections.defaultdict(list)
        self._load(connection)

    def _load(self, connection):
        rows = lambda query: connection.execute(query).fetchall()  # noqa: E731
        self.log = rows("select id, entity, entity_id, kind, data, at, xid::text::bigint from app.change order by id")
        audit = {(entity, version): (request, who) for entity, version, request, who in rows(
            "select entity_id, (after ->> 'version')::int, request_id, who from app.audit where entity = 'booking'")}
        self.changes = [Change(id, booking, kind, data, at, *audit.get((booking, data["version"]), (None, None)))
                        for id, entity, booking, kind, data, at, _ in self.log if entity == "booking"]
        self.bookings = {id: (status, version, start, end, person, room) for id, *(status, version, start, end, person, room) in rows(
            "select id::text, status, version, starts_at, ends_at, practitioner_id::text, room_id::text from app.booking")}
        self.buffers = {id: (datetime.timedelta(minutes=before), datetime.timedelta(minutes=after)) for id, before, after in rows(
            "select id::text, buffer_before_minutes, buffer_after_minutes from app.offering")}
        self.prices = {id: (price, policy) for id, price, policy in rows("select id::text, price_amount, policy from app.booking")}
        self.offered = dict(rows("select id::text, waitlist_entry_id::text from app.booking where waitlist_entry_id is not null"))
        self.accepted = dict(rows("select id::text, booking_id::text from app.waitlist_entry where status = 'accepted'"))
        self.charges = rows("select booking_id::text, kind, amount from app.charge")
        self.records = {key: body for key, body in rows("select key, body from app.idempotency_record")}
        self.overlaps = rows(OVERLAPS)
        self.misplaced = rows(MISPLACED)

    def say(self, rule, text, *values):
        self.found[rule].append(text.format(*values))

    def run(self):
        self.by_act = collections.defaultdict(list)
        self.by_version = {}
        for change in self.changes:
            self.by_act[change.act].append(change)
            self.by_version[change.booking, change.version] = change
        for one, other in self.overlaps:
            self.say("overlap", "{} and {} are in each other's way", one, other)
        for how, booking, resource in self.misplaced:
            self.say("misplaced", "{}: booking {} at {}", how, booking, resource)
        self._walk()
        self._check_answers()
        self._check_origins()
        self._check_offers()
        self._check_tail()
        return {rule: self.found[rule] for rule in RULES if self.found[rule]}

    # ------------------------------------------------------------ the log by itself

    def _walk(self):
        """The log from its beginning. Acts that touch one resource write their row while they hold its lock, so the order
        of ids is the order in which they took place."""
        now, versions, owed = {}, {}, collections.Counter()
        taken = collections.defaultdict(dict)  # of a resource: its live bookings and their blocks
        for change in self.changes:
            before = now.get(change.booking)
            self._check_step(change, before, versions)
            if before:
                for resource in (before.practitioner, before.room):
                    taken[resource].pop(change.booking, None)
            now[change.booking] = change
            if change.status in LIVE:
                self._take(change, taken)
            if before:
                self._charge(change, before, owed)
        for booking, last in now.items():
            row = self.bookings.get(booking)
            told = (last.status, last.version, last.start, last.end, last.practitioner, last.room)
            if row != told:
                self.say("versions", "booking {} is {} and the log says {}", booking, row, told)
        for booking in self.bookings.keys() - now.keys():
            self.say("versions", "booking {} is not in the log", booking)
        for charge, count in (owed - collections.Counter(self.charges)).items():
            self.say("charges", "{} missing of {}", count, charge)
        for charge, count in (collections.Counter(self.charges) - owed).items():
            self.say("charges", "{} too many of {}", count, charge)

    def _check_step(self, change, before, versions):
        expected = versions.get(change.booking, 0) + 1
        if change.version != expected:
            self.say("versions", "booking {}: version {} follows {}", change.booking, change.version, expected - 1)
        versions[change.booking] = change.version
        froms, to = LEGAL.get(change.kind, ((), None))
        was = before.status if before else None
        if was not in froms or change.status != (to or was):
            self.say("states", "booking {}: {} makes {} of {}", change.booking, change.kind, change.status, was)

    def _take(self, change, taken):
        before, after = self.buffers[change.offering]
        since, until = change.start - before, change.end + after
        for resource in filter(None, (change.practitioner, change.room)):
            for other, (other_since, other_until) in taken[resource].items():
                if since < other_until and other_since < until:
                    self.say("overlap", "booking {} came over {} (change {})", change.booking, other, change.id)
            taken[resource][change.booking] = (since, until)

    def _charge(self, change, before, owed):
        """What the policy of the booking says that this change costs; the desk's own acts cost nothing."""
        if change.who == "desk" or change.kind not in ("cancelled", "rescheduled") or before.status != "confirmed":
            return
        price, policy = self.prices[change.booking]
        free_until = before.start - datetime.timedelta(hours=policy["cancellation_notice_hours"])
        kind, percent = (("late_cancellation", policy["late_cancellation_fee_percent"]) if change.kind == "cancelled"
                         else ("late_reschedule", policy["late_reschedule_fee_percent"]))
        if change.at > free_until:
            owed[change.booking, kind, (price * percent + 50) // 100] += 1

    # ------------------------------------------------------------ answers against the log

    def _check_answers(self):
        for act in self.history:
            broken = [status for status in act.statuses[:-1] if status not in (0, 503)]
            if act.status == 0:
                self.say("unknown", "{} {} by {}: {}", act.what, act.about, act.who, act.statuses[-5:])
            elif broken or self.quiet and len(act.statuses) > 1:
                self.say("errors", "{} {} by {}: {}", act.what, act.about, act.who, act.statuses)
            elif act.what == "read":
                self._check_read(act)
            elif act.done:
                self._check_done(act)
            elif act.status != 409 or act.answer["type"].rsplit("/", 1)[-1] not in PROBLEMS:
                self.say("errors", "{} {} by {}: {} {}", act.what, act.about, act.who, act.status, act.answer)

    def _agrees(self, answer, change):
        return (change.status == answer["status"] and change.start == instant(answer["start"])
                and change.end == instant(answer["end"]) and change.practitioner == answer["practitioner_id"])

    def _is_told(self, answer):
        """Whether the log has this version of a booking as it was answered. A hold that ran out is told as expired before
        anybody has written it down."""
        change = self.by_version.get((answer["id"], answer["version"]))
        if not change:
            return answer["status"] == "expired" and (answer["id"], answer["version"] - 1) in self.by_version
        return self._agrees(answer, change)

    def _check_read(self, act):
        if act.status != 200:
            self.say("lost", "booking {} was answered to {}, and a read finds {}", act.about, act.who, act.status)
        elif act.answer["version"] < act.seen_before:
            self.say("stale", "booking {} was at version {} and is read as {}", act.about, act.seen_before, act.answer["version"])
        elif not self._is_told(act.answer):
            self.say("lost", "booking {}, version {}, was read and is not in the log so", act.about, act.answer["version"])

    def _check_done(self, act):
        mine = {(change.booking, change.version): change for change in self.by_act[act.id]}
        for answer in act.bookings:
            change = mine.pop((answer["id"], answer["version"]), None)
            if not self._is_told(answer):
                self.say("lost", "{} of booking {}, version {}: not in the log as answered", act.what, answer["id"], answer["version"])
            elif change and change.kind != KIND.get(act.what, answer["status"]):
                self.say("states", "{} of booking {} is told as {}", act.what, answer["id"], change.kind)
            elif not change and not self._may_be_anothers(act, answer):
                self.say("doubled", "{} of booking {}, version {}, was answered to two", act.what, answer["id"], answer["version"])
        for change in mine.values():  # what the answer does not tell: the hold that was declined
            if act.what != "decline" or change.kind != "cancelled":
                self.say("unasked", "{} of booking {} came with {} and was not answered", change.kind, change.booking, act.what)
        if self.records.get(act.id) != act.answer:
            self.say("keys", "{} of {}: what is kept for its key is not what was answered", act.what, act.about)

    def _may_be_anothers(self, act, answer):
        """Whether an act may tell of a version of a booking that it did not make: it moved to where it was already, or
        an order tells of one that had been cancelled alone."""
        if act.what == "reschedule":
            return instant(act.body["start"]) == instant(answer["start"])
        return act.what.endswith("_order") and answer["status"] in ("cancelled", "expired") and len(act.bookings) > 1

    def _check_origins(self):
        """Every change was answered to whoever asked for it; only time expires holds, and only the waiting list makes them."""
        done = {act.id for act in self.history if act.done}
        for act, changes in self.by_act.items():
            if act is not None and len({change.booking for change in changes}) < len(changes):
                self.say("doubled", "act {} changed a booking twice", act)
        for change in self.changes:
            if change.who == "clinicd":
                if change.kind != "expired" and not (change.kind == "held" and change.booking in self.offered):
                    self.say("unasked", "booking {} was {} by nobody", change.booking, change.kind)
            elif change.act not in done:
                self.say("unasked", "{} of booking {}, version {}, was answered to nobody", change.kind, change.booking, change.version)
        for key in self.records.keys() - done:
            self.say("unasked", "an answer is kept for {}, and nobody got it", key)

    def _check_offers(self):
        """Of all that an entry of the waiting list was offered, one at most became firm, and the entry names it."""
        winners = collections.defaultdict(set)
        for change in self.changes:
            if change.kind == "confirmed" and change.booking in self.offered:
                winners[self.offered[change.booking]].add(change.booking)
        for entry, bookings in winners.items():
            if len(bookings) > 1:
                self.say("doubled", "entry {} won {} offers", entry, len(bookings))
        accepts = collections.Counter(act.about for act in self.history if act.what == "accept" and act.done)
        for entry, count in accepts.items():
            if count > 1:
                self.say("doubled", "entry {} was accepted by {} acts", entry, count)
            if self.accepted.get(entry) not in winners[entry]:
                self.say("lost", "entry {} was accepted, and stands as {}", entry, self.accepted.get(entry))

    def _check_tail(self):
        if self.tail is None:
            return
        seen = collections.Counter((xid, id) for xid, id, *_ in self.tail)
        there = {(xid, id) for id, *_, xid in self.log}
        for row in there - seen.keys():
            self.say("tail", "change {} was never seen", row)
        for row in seen.keys() - there:
            self.say("tail", "change {} was seen and is not there", row)
        for row, count in seen.items():
            if count > 1:
                self.say("tail", "change {} was seen {} times", row, count)
        newest = {}
        for _, id, entity, entity_id, version in self.tail:
            if entity == "booking":
                if version != newest.get(entity_id, 0) + 1:
                    self.say("tail", "booking {}: version {} came after {} (change {})", entity_id, version, newest.get(entity_id, 0), id)
                newest[entity_id] = version


def describe(findings, most=5):
    """For an assertion: the first sentences of each rule."""
    return json.dumps({rule: [f"{len(lines)} in all", *lines[:most]] for rule, lines in findings.items()}, indent=2)
