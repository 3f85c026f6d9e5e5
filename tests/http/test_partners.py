"""What a clinic allows single partners: the rules as its staff keep them, and the caps on holds and bookings that follow."""
import pytest

from harness.practice import CLIENT

HOURS = [f"2027-03-08T{hour:02}:00:00+01:00" for hour in range(9, 20)]


@pytest.fixture
def practice(make_practice, clock):
    """Eleven hours of one person; nobody holds more than five times."""
    practice = make_practice(policy={"max_holds_per_partner": 5, "max_holds_per_client": 1000}).simple(end="20:00")
    practice.times = iter(HOURS)
    return practice


def sub(partner):
    return partner.get("/v1/me").json()["sub"]


def rule(practice, partner, **members):
    """Whatever was there, this is the rule from now on."""
    path = f"{practice.path}/partners/{partner}"
    reply = practice.desk.put(path, json=members, headers={"If-None-Match": "*"})
    if reply.status_code == 412:
        reply = practice.desk.put(path, json=members, if_match="*")
    assert reply.status_code in (200, 201), reply.text
    return reply


def hold(practice, who=None):
    return practice.book(next(practice.times), who=who, hold=True)


def book(practice, who=None):
    return practice.book(next(practice.times), who=who)


def confirm(reply, who):
    return who.post(f"/v1/bookings/{reply.json()['id']}/confirm", json={"client": CLIENT})


def too_many(reply, slug, limit, **members):
    body = reply.json()
    assert (reply.status_code, body["type"]) == (409, f"/problems/{slug}"), reply.text
    assert body.items() >= ({"counted": "partner", "limit": limit} | members).items()
    return body


# ---------------------------------------------------------------- the rules

def test_a_rule_is_made_read_replaced_and_taken_away(practice):
    path, desk = f"{practice.path}/partners/partner-x", practice.desk
    assert desk.get(path).status_code == 404
    assert desk.put(path, json={}).status_code == 428
    assert desk.put(path, json={}, if_match='"1"').status_code == 412
    made = desk.put(path, json={"max_holds": 2, "note": "On trial."}, headers={"If-None-Match": "*"})
    assert (made.status_code, made.headers["location"], made.headers["etag"]) == (201, path, '"1"'), made.text
    assert made.json().items() >= {"clinic_id": practice.id, "partner": "partner-x", "max_holds": 2, "max_bookings_per_day": None,
                                   "note": "On trial.", "version": 1}.items()
    again = desk.put(path, json={}, headers={"If-None-Match": "*"})
    assert (again.status_code, again.json()["version"]) == (412, 1)
    assert desk.get(path).json() == made.json() and desk.get(path).headers["etag"] == '"1"'

    same = desk.put(path, json={"max_holds": 2, "note": "On trial."}, if_match='"1"')
    assert (same.status_code, same.json()) == (200, made.json()), "nothing has changed"
    other = desk.put(path, json={"max_bookings_per_day": 0}, if_match='"1"')
    assert other.json().items() >= {"max_holds": None, "max_bookings_per_day": 0, "note": None, "version": 2}.items()
    assert desk.put(path, json={"max_holds": 1}, if_match='"1"').status_code == 412
    for wrong in ({"max_holds": -1}, {"max_holds": "2"}, {"max_bookings_per_day": 100001}, {"holds": 1}):
        assert desk.put(path, json=wrong, if_match="*").status_code == 400

    assert desk.delete(path).status_code == 428 and desk.delete(path, if_match='"1"').status_code == 412
    gone = desk.delete(path, if_match='"2"')
    assert (gone.status_code, gone.json()) == (200, other.json())
    assert desk.get(path).status_code == desk.delete(path, if_match="*").status_code == 404
    back = desk.put(path, json={"max_holds": 9}, headers={"If-None-Match": "*"})
    assert (back.status_code, back.json()["version"]) == (201, 4), "a version never comes twice"

    trail = [(entry["what"], entry["before"] and entry["before"]["version"], entry["after"] and entry["after"]["version"])
             for entry in desk.items("/v1/audit", clinic_id=practice.id, entity="partner_rule", entity_id="partner-x")]
    assert trail == [("putPartnerRule", None, 4), ("deletePartnerRule", 2, None), ("putPartnerRule", 1, 2), ("putPartnerRule", None, 1)]


def test_rules_come_in_pages_and_any_sub_has_a_place(practice):
    names = sorted(["auth0|5f7c", "a b%c", "Zoë", "partner-1", "partner-2"])
    for name in names:
        made = practice.desk.put(f"{practice.path}/partners/{encoded(name)}", json={"max_holds": 1}, headers={"If-None-Match": "*"})
        assert made.status_code == 201 and made.json()["partner"] == name
        assert practice.desk.get(made.headers["location"]).json() == made.json()
    listed = list(practice.desk.items(f"{practice.path}/partners", limit=2))
    assert sorted(one["partner"] for one in listed) == names
    assert practice.desk.get(f"{practice.path}/partners", params={"cursor": "bm9uZQ"}).status_code == 400


def encoded(name):
    return "".join(letter if letter.isascii() and (letter.isalnum() or letter in "-._~") else
                   "".join(f"%{byte:02X}" for byte in letter.encode()) for letter in name)


def test_only_who_writes_the_directory_sees_rules(practice, make_practice, admin):
    path = f"{practice.path}/partners/partner-x"
    rule(practice, "partner-x", max_holds=1)
    other = make_practice()
    assert other.desk.get(path).status_code == 403
    assert practice.partner.get(path).status_code == practice.website.get(f"{practice.path}/partners").status_code == 403
    assert practice.partner.put(path, json={"max_holds": 100}, if_match="*").status_code == 403
    nowhere = "/v1/clinics/01900000-0000-7000-8000-00000000ffff/partners"
    assert admin.get(nowhere).status_code == admin.put(f"{nowhere}/x", json={}, headers={"If-None-Match": "*"}).status_code == 404
    admin.delete(practice.path, if_match="*")
    assert practice.desk.put(path, json={}, if_match="*").status_code == 409


# ---------------------------------------------------------------- holds

def test_the_partners_own_cap_of_holds_goes_before_the_policys(practice):
    partner = practice.partner
    rule(practice, sub(partner), max_holds=2)
    first, second = hold(practice), hold(practice)
    assert first.status_code == second.status_code == 201
    too_many(hold(practice), "too-many-holds", 2)
    assert hold(practice, practice.another_partner()).status_code == 201, "another partner has its own"
    assert hold(practice, practice.desk).status_code == 201, "and the desk has none"
    assert confirm(first, partner).status_code == 200 and hold(practice).status_code == 201
    rule(practice, sub(partner), max_holds=3, max_bookings_per_day=None)
    assert hold(practice).status_code == 201, "more, from now on"
    too_many(hold(practice), "too-many-holds", 3)
    rule(practice, sub(partner), max_holds=0)
    too_many(hold(practice), "too-many-holds", 0)
    assert book(practice).status_code == 201, "what is booked at once is no hold"


def test_without_a_rule_the_policy_holds(practice):
    rule(practice, sub(practice.partner), max_holds=1)
    assert hold(practice).status_code == 201
    too_many(hold(practice), "too-many-holds", 1)
    assert practice.desk.delete(f"{practice.path}/partners/{sub(practice.partner)}", if_match="*").status_code == 200
    for _ in range(4):
        assert hold(practice).status_code == 201
    too_many(hold(practice), "too-many-holds", 5)


# ---------------------------------------------------------------- bookings of a day

def test_bookings_are_counted_from_midnight_to_midnight(practice, clock):
    rule(practice, sub(practice.partner), max_bookings_per_day=2)
    clock("2027-03-02T23:30:00+01:00")
    assert book(practice).status_code == book(practice).status_code == 201
    body = too_many(book(practice), "too-many-bookings", 2, retry_at="2027-03-03T00:00:00+01:00")
    assert "alternatives" not in body and "reasons" not in body
    too_many(hold(practice), "too-many-bookings", 2)  # it could not be confirmed
    assert book(practice, practice.another_partner()).status_code == book(practice, practice.desk).status_code == 201
    clock("2027-03-03T00:01:00+01:00")
    assert book(practice).status_code == 201


def test_what_became_of_a_booking_does_not_matter_and_a_hold_counts_when_it_is_confirmed(practice, clock):
    partner = practice.partner
    rule(practice, sub(partner), max_bookings_per_day=2)
    held, lost, booked = hold(practice), hold(practice), book(practice)
    assert partner.post(f"/v1/bookings/{booked.json()['id']}/cancel").status_code == 200
    assert partner.post(f"/v1/bookings/{lost.json()['id']}/cancel").status_code == 200
    waiting = hold(practice)
    assert confirm(held, partner).status_code == 200, "one of two: what is only held was not made"
    too_many(confirm(waiting, partner), "too-many-bookings", 2)
    still = partner.get(f"/v1/bookings/{waiting.json()['id']}").json()
    assert (still["status"], still["version"]) == ("held", 1)
    confirmed = confirm(waiting, practice.desk)
    assert confirmed.status_code == 200, "the desk may"
    clock("2027-03-02T09:00:00+01:00")
    assert book(practice).status_code == 201


def test_the_day_of_the_clocks_has_an_hour_less(make_practice, clock):
    clock("2027-03-27T23:30:00+01:00")
    practice = make_practice(policy={"max_bookings_per_partner_per_day": 1}).simple(weekdays=(1, 2), end="20:00")
    practice.times = iter(f"2027-03-29T{hour:02}:00:00+02:00" for hour in range(9, 20))
    assert book(practice).status_code == 201
    too_many(book(practice), "too-many-bookings", 1, retry_at="2027-03-28T00:00:00+01:00")
    clock("2027-03-28T00:30:00+01:00")
    assert book(practice).status_code == 201
    clock("2027-03-28T23:30:00+02:00")
    too_many(book(practice), "too-many-bookings", 1, retry_at="2027-03-29T00:00:00+02:00")
    rule(practice, sub(practice.partner), max_bookings_per_day=2)
    assert book(practice).status_code == 201, "its own rule goes before the policy"
    too_many(book(practice), "too-many-bookings", 2)
    clock("2027-03-29T00:05:00+02:00")
    assert practice.book("2027-03-30T09:00:00+02:00").status_code == 201
