"""Orders: several times at several practices, booked or held together, or not at all. On practices of their own, by the test clock."""
import itertools

import pytest

from harness.practice import CLIENT

NINE = "2027-03-29T09:00:00+02:00"  # a Monday
TEN, ELEVEN, TWELVE, ONE = (NINE.replace("T09", hour) for hour in ("T10", "T11", "T12", "T13"))
_numbers = itertools.count(1)


def item(practice, start, practitioner=None, **members):
    """An item of an order; `practitioner=False` takes anybody."""
    body = {"offering_id": practice.massage["id"], "location_id": practice.site["id"], "start": start}
    if practitioner is not False:
        body["practitioner_id"] = (practitioner or practice.person)["id"]
    return body | members


def order(who, *items, client=CLIENT, key=None, **members):
    return who.post("/v1/orders", json={"items": list(items), **({"client": client} if client else {}), **members}, key=key)


def ordered(who, *items, **members):
    reply = order(who, *items, **members)
    assert reply.status_code == 201, reply.text
    return reply.json()


def act(who, order, what, key=None, **body):
    return who.post(f"/v1/orders/{order['id']}/{what}", **({} if what == "extend" else {"json": body}), key=key)


def read(who, order):
    reply = who.get(f"/v1/orders/{order['id']}")
    assert reply.status_code == 200, reply.text
    return reply.json()


@pytest.fixture
def practice(make_practice, clock):
    return make_practice().simple(start="09:00", end="14:00")


@pytest.fixture
def pair(make_practice, shared_client, tokens, clock):
    """Two clinics with different policies, and a partner of both."""
    first = make_practice(policy={"hold_minutes": 20}).simple(start="09:00", end="14:00")
    second = make_practice(policy={"hold_minutes": 15, "late_cancellation_fee_percent": 50}, zone="Europe/London")
    second.simple(offering={"price": {"amount": 4001, "currency": "GBP"}}, start="08:00", end="13:00")
    partner = shared_client.with_token(tokens.partner(f"orders-{next(_numbers)}-{first.id}", [first.id, second.id]))
    return first, second, partner


def test_several_people_and_clinics_are_booked_at_once(pair):
    first, second, partner = pair
    reply = order(partner, item(second, TEN), item(first, NINE), item(first, ELEVEN), external_ref="basket-7", note="Three in a day.")
    assert reply.status_code == 201, reply.text
    made = reply.json()
    assert reply.headers["location"] == f"/v1/orders/{made['id']}"
    assert made["status"] == "confirmed" and made["hold_expires_at"] is None and made["external_ref"] == "basket-7"
    assert made["totals"] == [{"amount": 13000, "currency": "EUR"}, {"amount": 4001, "currency": "GBP"}]
    assert [(b["clinic_id"], b["start"], b["status"]) for b in made["bookings"]] == [
        (second.id, "2027-03-29T09:00:00+01:00", "confirmed"), (first.id, NINE, "confirmed"), (first.id, ELEVEN, "confirmed")]
    assert {b["order_id"] for b in made["bookings"]} == {made["id"]}
    assert all(b["client"] == CLIENT | {} or b["client"]["name"] == CLIENT["name"] for b in made["bookings"])
    assert {b["note"] for b in made["bookings"]} == {"Three in a day."} and {b["external_ref"] for b in made["bookings"]} == {"basket-7"}
    assert len({b["reference"] for b in made["bookings"]}) == 3
    assert read(partner, made) == made
    alone = partner.get(f"/v1/bookings/{made['bookings'][1]['id']}").json()
    assert {name: alone[name] for name in made["bookings"][1]} == made["bookings"][1]
    assert first.starts("2027-03-29") == ["03-29T10:00", "03-29T12:00", "03-29T12:15", "03-29T12:30", "03-29T12:45", "03-29T13:00"]


def test_a_held_order_is_confirmed_as_one(pair, clock):
    first, second, partner = pair
    held = ordered(partner, item(first, NINE), item(second, TEN), client=None)
    assert held["status"] == "held" and held["hold_expires_at"] == "2027-03-01T06:15:00Z", "the shorter of the two"
    assert [b["hold_expires_at"] for b in held["bookings"]] == ["2027-03-01T07:15:00+01:00", "2027-03-01T06:15:00+00:00"]
    booking = f"/v1/bookings/{held['bookings'][0]['id']}"
    alone = partner.post(f"{booking}/confirm", json={"client": CLIENT})
    assert alone.status_code == 409 and "its order" in alone.json()["detail"]
    assert partner.post(f"{booking}/extend").status_code == 409
    nobody = act(partner, held, "confirm")
    assert nobody.status_code == 422 and nobody.json()["type"] == "/problems/client-required"
    foreign = act(partner, held, "confirm", client=CLIENT, items=[{"booking_id": first.id, "intake": None}])
    assert foreign.status_code == 422 and foreign.json()["errors"][0]["pointer"] == "/items/0/booking_id"
    assert read(partner, held) == held
    clock("2027-03-01T06:14:00Z")
    reply = act(partner, held, "confirm", client=CLIENT, key="firm")
    assert reply.status_code == 200, reply.text
    firm = reply.json()
    assert firm["status"] == "confirmed" and firm["hold_expires_at"] is None
    assert [b["version"] for b in firm["bookings"]] == [2, 2] and all(b["client"]["name"] == CLIENT["name"] for b in firm["bookings"])
    again = act(partner, held, "confirm", client=CLIENT, key="firm")
    assert again.content == reply.content and again.headers["idempotency-replayed"] == "true"
    refused = act(partner, held, "confirm", client=CLIENT)
    assert refused.status_code == 409 and refused.json()["current_status"] == "confirmed"
    clock("2027-03-01T07:00:00Z")
    assert read(partner, held)["status"] == "confirmed"


def test_a_held_order_runs_out_at_one_moment(pair, clock):
    first, second, partner = pair
    held = ordered(partner, item(first, NINE), item(second, TEN), hold=True)
    clock("2027-03-01T06:14:59Z")
    assert "03-29T09:00" not in first.starts("2027-03-29") and "03-29T09:00" not in second.starts("2027-03-29")
    clock("2027-03-01T06:15:01Z")
    assert "03-29T09:00" in first.starts("2027-03-29") and "03-29T09:00" in second.starts("2027-03-29")
    gone = read(partner, held)
    assert gone["status"] == "expired" and gone["totals"] == [] and {b["status"] for b in gone["bookings"]} == {"expired"}
    for what in ("confirm", "extend", "cancel"):
        late = act(partner, held, what)
        assert late.status_code == 409 and late.json()["type"] == "/problems/hold-expired", what
    assert first.book(NINE).status_code == 201


def test_a_held_order_is_extended_as_one_and_once(pair, clock):
    first, second, partner = pair
    held = ordered(partner, item(first, NINE), item(second, TEN), client=None)
    clock("2027-03-01T06:10:00Z")
    reply = act(partner, held, "extend", key="longer")
    assert reply.status_code == 200, reply.text
    longer = reply.json()
    assert longer["hold_expires_at"] == "2027-03-01T06:30:00Z" and longer["hold_extended_at"].startswith("2027-03-01T06:10:0")
    assert {b["hold_expires_at"][14:16] for b in longer["bookings"]} == {"30"}
    assert act(partner, held, "extend", key="longer").content == reply.content
    assert act(partner, held, "extend").json()["current_status"] == "held"
    clock("2027-03-01T06:29:30Z")
    assert first.book(NINE).status_code == 409
    assert act(partner, held, "confirm", client=CLIENT).status_code == 200
    assert act(partner, held, "extend").json()["current_status"] == "confirmed"


def test_if_one_cannot_be_had_nothing_is_and_each_is_told(pair):
    first, second, partner = pair
    first.booked(TEN)
    free = first.starts("2027-03-29"), second.starts("2027-03-29")
    reply = order(partner, item(first, NINE), item(first, TEN.replace(":00:00", ":30:00")), item(second, TEN), item(second, NINE.replace("T09", "T20")),
                  item(first, "2027-08-30T09:00:00+02:00"), key="tried")
    assert reply.status_code == 409, reply.text
    problem = reply.json()
    assert problem["type"] == "/problems/order-refused" and problem["detail"].startswith("3 of 5 items")
    told = {one["pointer"]: one for one in problem["items"]}
    assert list(told) == ["/items/1", "/items/3", "/items/4"]
    assert (told["/items/1"]["type"], told["/items/1"]["reasons"]) == ("/problems/slot-taken", ["practitioner_busy"])
    assert (told["/items/3"]["type"], told["/items/3"]["reasons"]) == ("/problems/slot-not-offered", ["outside_hours"])
    assert told["/items/4"]["reasons"] == ["horizon"] and told["/items/4"]["alternatives"] == []
    near = told["/items/1"]["alternatives"]
    assert [slot["start"][11:16] for slot in near] == ["11:00", "11:15", "11:30"], "not at ten, where the order's own first item ends"
    assert (first.starts("2027-03-29"), second.starts("2027-03-29")) == free
    assert partner.items("/v1/bookings") == [] and partner.items("/v1/orders") == []
    better = order(partner, item(first, NINE), item(first, near[0]["start"]), item(second, TEN), key="tried")
    assert better.status_code == 201, "a refusal is not kept for its key"


def test_what_only_the_locks_show_is_told_the_same_way(practice):
    """No firm booking is in sight, so that all items are tried: one is off the grid, one at a held time, one too late."""
    practice.booked(TEN, client=None)
    reply = order(practice.partner, item(practice, NINE), item(practice, TEN), item(practice, ELEVEN.replace("00:00", "05:00")))
    told = {one["pointer"]: one["reasons"] for one in reply.json()["items"]}
    assert told == {"/items/1": ["practitioner_busy"], "/items/2": ["off_grid"]}
    assert practice.book(NINE).status_code == 201


def test_items_must_not_clash_with_each_other(practice):
    half_past = NINE.replace("09:00", "09:30")
    reply = order(practice.partner, item(practice, NINE), item(practice, half_past), item(practice, TEN.replace("10:00", "10:15")))
    assert reply.status_code == 409
    (second, third) = reply.json()["items"]
    assert (second["pointer"], second["type"], second["reasons"]) == ("/items/1", "/problems/slot-taken", ["practitioner_busy", "order_clash"])
    assert second["detail"] == "It clashes with /items/0 of this order."
    assert third["pointer"] == "/items/2" and third["detail"] == "It clashes with /items/1 of this order."
    assert second["alternatives"] and all(slot["start"] >= TEN.replace("10:00", "11:15") for slot in second["alternatives"])
    # The same where nobody is named: there is only one person.
    reply = order(practice.partner, item(practice, NINE, practitioner=False), item(practice, half_past, practitioner=False))
    (second,) = reply.json()["items"]
    assert (second["pointer"], second["reasons"]) == ("/items/1", ["practitioner_busy", "order_clash"])
    assert practice.starts("2027-03-29")[0] == "03-29T09:00"


def test_whoever_takes_any_leaves_those_that_others_name(practice):
    helper = practice.practitioner(practice.site)
    practice.schedule(helper, practice.site, start="09:00", end="14:00")
    practice.change("offering", practice.massage["id"], practitioner_ids=[practice.person["id"], helper["id"]])
    for named, other in ((practice.person, helper), (helper, practice.person)):
        made = ordered(practice.partner, item(practice, NINE, practitioner=False), item(practice, NINE, practitioner=named))
        assert [b["practitioner_id"] for b in made["bookings"]] == [other["id"], named["id"]]
        assert act(practice.partner, made, "cancel").status_code == 200


def test_rooms_are_shared_out_within_an_order(make_practice, clock):
    practice = make_practice().simple(offering={"room_kind": "table"})
    helper = practice.practitioner(practice.site)
    practice.schedule(helper, practice.site)
    practice.change("offering", practice.massage["id"], practitioner_ids=[practice.person["id"], helper["id"]])
    practice.make("room", location_id=practice.site["id"], name="One", kind="table")
    both = [item(practice, NINE), item(practice, NINE, practitioner=helper)]
    (refused,) = order(practice.partner, *both).json()["items"]
    assert refused["pointer"] == "/items/1" and refused["reasons"] == ["room_busy", "order_clash"]
    practice.make("room", location_id=practice.site["id"], name="Two", kind="table")
    assert order(practice.partner, *both).status_code == 201


def test_cancelling_the_whole_goes_by_each_policy(pair, clock):
    first, second, partner = pair
    made = ordered(partner, item(first, NINE), item(second, TEN), item(first, "2027-04-05T09:00:00+02:00"))
    clock("2027-03-28T12:00:00Z")  # late for the two of Monday
    reply = act(partner, made, "cancel", key="away", reason="Ill")
    assert reply.status_code == 200, reply.text
    gone = reply.json()
    assert gone["status"] == "cancelled" and gone["totals"] == [] and gone["left_alone"] == []
    charges = [b["charge"] and (b["charge"]["percent"], b["charge"]["amount"], b["charge"]["currency"]) for b in gone["bookings"]]
    assert charges == [(100, 6500, "EUR"), (50, 2001, "GBP"), None]
    assert act(partner, made, "cancel", key="away", reason="Ill").content == reply.content
    assert act(partner, made, "cancel", key="away").status_code == 422
    again = act(partner, made, "cancel")
    assert again.status_code == 409 and again.json()["current_status"] == "cancelled"
    assert "left_alone" not in read(partner, made)


def test_what_has_begun_or_ended_is_left_and_told(practice, clock):
    made = ordered(practice.partner, item(practice, NINE), item(practice, TEN), item(practice, ELEVEN), item(practice, TWELVE))
    ids = [b["id"] for b in made["bookings"]]
    assert practice.partner.post(f"/v1/bookings/{ids[3]}/cancel").status_code == 200
    assert read(practice.partner, made)["status"] == "partly_cancelled"
    assert read(practice.partner, made)["totals"] == [{"amount": 19500, "currency": "EUR"}]
    clock("2027-03-29T08:30:00Z")  # half past ten
    assert practice.desk.post(f"/v1/bookings/{ids[0]}/complete").status_code == 200
    gone = act(practice.partner, made, "cancel").json()
    assert gone["left_alone"] == [{"booking_id": ids[0], "status": "completed"}, {"booking_id": ids[1], "status": "confirmed"},
                                  {"booking_id": ids[3], "status": "cancelled"}]
    assert [b["status"] for b in gone["bookings"]] == ["completed", "confirmed", "cancelled", "cancelled"]
    assert gone["status"] == "partly_cancelled"
    assert act(practice.partner, made, "cancel").json()["current_status"] == "partly_cancelled"
    assert practice.desk.post(f"/v1/bookings/{ids[1]}/no-show").status_code == 200
    assert read(practice.partner, made)["status"] == "completed"


def test_a_single_item_of_a_held_order_may_be_let_go_or_moved(practice):
    held = ordered(practice.partner, item(practice, NINE), item(practice, TEN), item(practice, ELEVEN), client=None)
    ids = [b["id"] for b in held["bookings"]]
    assert practice.partner.post(f"/v1/bookings/{ids[0]}/cancel").status_code == 200
    moved = practice.partner.post(f"/v1/bookings/{ids[1]}/reschedule", json={"start": ONE}).json()
    assert moved["hold_expires_at"] == held["bookings"][1]["hold_expires_at"] and moved["order_id"] == held["id"]
    assert read(practice.partner, held)["status"] == "held"
    firm = act(practice.partner, held, "confirm", client=CLIENT)
    assert firm.status_code == 200, firm.text
    assert [b["status"] for b in firm.json()["bookings"]] == ["cancelled", "confirmed", "confirmed"]
    assert firm.json()["status"] == "partly_cancelled"


def test_each_item_answers_what_its_offering_asks(practice):
    practice.change("offering", practice.massage["id"], intake=[
        {"code": "pregnant", "type": "yes_no", "label": {"en": "Are you pregnant?"}, "required": True}])
    bare, told = item(practice, NINE), item(practice, TEN, intake={"pregnant": False})
    reply = order(practice.partner, bare, told, item(practice, ELEVEN, intake={"pregnant": "no"}))
    assert reply.status_code == 422 and reply.json()["type"] == "/problems/intake-invalid"
    assert [error["pointer"] for error in reply.json()["errors"]] == ["/items/0/intake/pregnant", "/items/2/intake/pregnant"]
    held = ordered(practice.partner, bare, told, client=None)
    ids = [b["id"] for b in held["bookings"]]
    refused = act(practice.partner, held, "confirm", client=CLIENT)
    assert refused.status_code == 422 and [error["pointer"] for error in refused.json()["errors"]] == ["/items/-/intake/pregnant"]
    wrong = act(practice.partner, held, "confirm", client=CLIENT, items=[{"booking_id": ids[0], "intake": {"pregnant": 1}}])
    assert wrong.json()["errors"][0]["pointer"] == "/items/0/intake/pregnant" and read(practice.partner, held) == held
    firm = act(practice.partner, held, "confirm", client=CLIENT, items=[{"booking_id": ids[0], "intake": {"pregnant": True}}])
    assert firm.status_code == 200, firm.text
    assert [practice.partner.get(f"/v1/bookings/{id}").json()["intake"] for id in ids] == [{"pregnant": True}, {"pregnant": False}]
    assert "pregnant" not in firm.text and "pregnant" not in practice.partner.get("/v1/orders").text


def test_an_order_counts_as_one_hold_at_each_clinic(make_practice, clock):
    practice = make_practice(policy={"max_holds_per_client": 2, "max_holds_per_partner": 3}).simple(start="09:00", end="20:00")
    times = [NINE.replace("T09", f"T{hour:02}") for hour in range(9, 20)]
    ordered(practice.partner, *(item(practice, start) for start in times[:4]), hold=True)
    ordered(practice.partner, *(item(practice, start) for start in times[4:6]), hold=True)
    many = order(practice.partner, *(item(practice, start) for start in times[6:8]), hold=True)
    assert many.status_code == 409 and many.json()["type"] == "/problems/too-many-holds"
    assert (many.json()["counted"], many.json()["limit"]) == ("client", 2)
    assert practice.book(times[6], hold=True).status_code == 409
    ordered(practice.partner, item(practice, times[6]), client=None)
    assert order(practice.partner, item(practice, times[7]), client=None).json()["counted"] == "partner"
    assert order(practice.desk, item(practice, times[7]), item(practice, times[8]), hold=True).status_code == 201
    assert order(practice.partner, item(practice, times[9])).status_code == 201, "what is firm at once is no hold"


def test_who_sees_what_of_an_order(pair, make_practice):
    first, second, partner = pair
    made = ordered(partner, item(first, NINE), item(second, TEN), item(first, ELEVEN), external_ref="mine")
    seen = read(first.desk, made)
    assert [b["start"] for b in seen["bookings"]] == [NINE, ELEVEN] and seen["totals"] == [{"amount": 13000, "currency": "EUR"}]
    assert [one["id"] for one in first.desk.items("/v1/orders")] == [made["id"]]
    assert [len(one["bookings"]) for one in second.desk.items("/v1/orders")] == [1]
    stranger = make_practice()
    for who in (stranger.desk, first.another_partner(), first.partner):
        assert who.get(f"/v1/orders/{made['id']}").status_code == 404
        assert act(who, made, "cancel").status_code == 404
        assert act(who, made, "confirm", client=CLIENT).status_code == 404
        assert act(who, made, "extend").status_code == 404
        assert who.items("/v1/orders") == []
    assert first.website.get("/v1/orders").status_code == 403
    assert order(first.website, item(first, ONE)).status_code == 403
    gone = act(first.desk, made, "cancel").json()
    assert [b["status"] for b in gone["bookings"]] == ["cancelled", "cancelled"] and gone["status"] == "cancelled"
    assert [b["status"] for b in read(partner, made)["bookings"]] == ["cancelled", "confirmed", "cancelled"]
    assert read(second.desk, made)["status"] == "confirmed"


def test_a_part_of_a_held_order_is_given_up_but_not_confirmed(pair, shared_client, tokens):
    first, second, partner = pair
    held = ordered(partner, item(first, NINE), item(second, TEN), client=None)
    narrow = shared_client.with_token(tokens.partner(held["source"], [first.id]))
    for who in (first.desk, narrow):
        for what in ("confirm", "extend"):
            refused = act(who, held, what, **({"client": CLIENT} if what == "confirm" else {}))
            assert refused.status_code == 403 and refused.json()["type"] == "/problems/forbidden", (what, refused.text)
    assert read(partner, held) == held
    assert act(first.desk, held, "cancel").json()["status"] == "cancelled"
    rest = act(partner, held, "confirm", client=CLIENT).json()
    assert [b["status"] for b in rest["bookings"]] == ["cancelled", "confirmed"]


def test_the_desk_cancels_for_nothing(practice, clock):
    made = ordered(practice.partner, item(practice, NINE), item(practice, TEN))
    clock("2027-03-29T06:00:00Z")
    assert [b["charge"] for b in act(practice.desk, made, "cancel").json()["bookings"]] == [None, None]


def test_what_is_not_there_is_pointed_to(pair, make_practice):
    first, second, partner = pair
    stranger = make_practice().simple()
    reply = order(partner, item(first, NINE), item(stranger, NINE), item(first, TEN) | {"location_id": second.site["id"]},
                  item(first, ELEVEN, practitioner=second.person))
    assert reply.status_code == 404
    assert [error["pointer"] for error in reply.json()["errors"]] == [
        "/items/1/offering_id", "/items/2/location_id", "/items/3/practitioner_id"]
    assert order(partner).status_code == 400
    assert order(partner, *[item(first, NINE)] * 11).status_code == 400


def test_the_first_answer_to_a_key_is_given_again(practice):
    reply = order(practice.partner, item(practice, NINE), key="once")
    made = reply.json()
    assert act(practice.partner, made, "cancel").status_code == 200
    again = order(practice.partner, item(practice, NINE), key="once")
    assert again.status_code == 201 and again.content == reply.content and again.headers["idempotency-replayed"] == "true"
    assert again.headers["location"] == reply.headers["location"]
    assert order(practice.partner, item(practice, TEN), key="once").status_code == 422
    assert practice.starts("2027-03-29")[0] == "03-29T09:00", "nothing new was made"


def test_orders_are_listed_newest_first(pair, clock):
    first, second, partner = pair
    made = []
    for minute, (where, start) in enumerate([(first, NINE), (second, TEN), (first, ELEVEN), (first, TWELVE), (second, ONE.replace("T13", "T11"))]):
        clock(f"2027-03-01T06:0{minute}:00Z")
        made.append(ordered(partner, item(where, start), external_ref=f"basket-{minute % 2}"))
    ids = [one["id"] for one in reversed(made)]
    assert [one["id"] for one in partner.items("/v1/orders", limit=2)] == ids
    assert [one["id"] for one in partner.items("/v1/orders", clinic_id=first.id)] == [ids[1], ids[2], ids[4]]
    assert [one["id"] for one in partner.items("/v1/orders", external_ref="basket-1")] == [ids[1], ids[3]]
    assert [one["id"] for one in first.desk.items("/v1/orders", limit=1)] == [ids[1], ids[2], ids[4]]
    page = partner.get("/v1/orders", params={"limit": 2})
    assert 'rel="next"' in page.headers["link"] and page.json()["items"] == [read(partner, one) for one in reversed(made[3:])]
    assert partner.get("/v1/orders", params={"cursor": "bm9uZQ"}).status_code == 400
