"""Who changed what: every write leaves one entry with what was and what is, refusals and repetitions leave none, and
nobody reads the trail of another clinic. (That the row policy alone would do: tests/sql/test_audit_policy.py.)"""
import uuid

import pytest

from harness.practice import CLIENT

BOOKABLE = "2027-03-08T09:00:00+01:00"


def entries(client, **filters):
    return client.items("/v1/audit", **filters)


def entry_of(client, reply):
    """The one entry that this request left."""
    found = entries(client, request=reply.headers["x-request-id"])
    assert len(found) == 1, found
    return found[0]


def record_of(reply):
    return {name: value for name, value in reply.json().items() if name != "affected_bookings"}


# What is written, made from a practice, and a change of it.
KINDS = {
    "location": (lambda p: {"slug": f"s-{uuid.uuid4().hex}", "name": "Dries", "phone": "+32 2 000 00 53"}, {"phone": "+32 2 000 00 54"}),
    "practitioner": (lambda p: {"name": "Claire", "languages": ["fr"], "location_ids": [p.site["id"]]}, {"title": "Physiotherapist"}),
    "room": (lambda p: {"location_id": p.site["id"], "name": "Room 2", "kind": "quiet"}, {"name": "Room 3"}),
    "offering": (lambda p: {"treatment": "cupping", "duration_minutes": 30, "price": {"amount": 5500, "currency": "EUR"},
                            "practitioner_ids": [p.person["id"]], "location_ids": [p.site["id"]]}, {"duration_minutes": 45}),
    "schedule": (lambda p: {"practitioner_id": p.person["id"], "location_id": p.site["id"], "weekday": 2, "from": "09:00", "to": "12:00"},
                 {"to": "13:00"}),
    "exception": (lambda p: {"kind": "close", "location_id": p.site["id"], "date_from": "2027-07-19", "date_to": "2027-07-30"},
                  {"reason": "Summer"}),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_write_leaves_one_entry_and_each_refusal_none(make_practice, kind):
    practice = make_practice().simple()
    make, change = KINDS[kind]
    desk, noun, body = practice.desk, kind.capitalize(), make(practice)
    made = desk.post(practice.collection(kind), json=body, key=str(uuid.uuid4()))
    path = made.headers["location"]
    patched = desk.patch(path, json=change, if_match='"1"')
    archived = desk.delete(path, if_match='"2"')
    restored = desk.post(f"{path}/restore", if_match='"3"')
    before = None
    for act, reply in (("create", made), ("patch", patched), ("archive", archived), ("restore", restored)):
        after = record_of(reply)
        entry = entry_of(desk, reply)
        assert entry["what"] == f"{act}{noun}" and entry["who"] == f"desk-{practice.id}"
        assert (entry["clinic_id"], entry["entity"], entry["entity_id"]) == (practice.id, kind, after["id"])
        assert (entry["before"], entry["after"]) == (before, after)
        assert entry["changed"] == {"create": [], "patch": list(change)}.get(act, ["status"])
        before = after

    silent = [desk.patch(path, json=change, if_match='"1"'),                      # stale
              desk.patch(path, json=change, if_match="*"),                        # changes nothing
              desk.patch(path, json={"nonsense": 1}, if_match="*"),               # not in the contract
              desk.post(f"{path}/restore", if_match="*"),                         # is active
              desk.post(practice.collection(kind), json=body | {list(body)[0]: str(uuid.uuid4()), "nonsense": 1}),
              desk.patch(path, json=change, if_match="*", params={"dry_run": "true"}),
              desk.delete(path, if_match="*", params={"dry_run": "true"}),
              practice.website.patch(path, json=change, if_match="*")]
    assert [reply.status_code for reply in silent] == [412, 200, 400, 409, 400, 200, 200, 403]
    for reply in silent:
        assert entries(desk, request=reply.headers["x-request-id"]) == []
    assert len(entries(desk, entity=kind, entity_id=before["id"])) == 4


def test_a_repeated_request_is_written_down_once(make_practice):
    practice = make_practice()
    key, body = str(uuid.uuid4()), {"slug": "one", "name": "One"}
    first, again = (practice.desk.post(practice.collection("location"), json=body, key=key) for _ in range(2))
    assert again.headers["idempotency-replayed"] == "true"
    assert entry_of(practice.desk, first)["after"] == record_of(first)
    assert entries(practice.desk, request=again.headers["x-request-id"]) == []


def test_a_clinic_and_its_bookings_without_a_word_about_clients(make_practice, clock):
    practice = make_practice().simple()
    assert [e["what"] for e in entries(practice.desk, entity="clinic")] == ["createClinic"]
    reply = practice.desk.patch(practice.path, json={"policy": {"hold_minutes": 30}}, if_match="*")
    entry = entry_of(practice.desk, reply)
    assert (entry["changed"], entry["before"]["policy"]["hold_minutes"], entry["after"]["policy"]["hold_minutes"]) == (["policy"], 10, 30)

    held = practice.book(BOOKABLE, client=None, note="She limps")
    path = f"/v1/bookings/{held.json()['id']}"
    confirmed = practice.partner.post(f"{path}/confirm", json={"client": CLIENT})
    cancelled = practice.partner.post(f"{path}/cancel", json={"reason": "Ada is ill"})
    for reply, what, status in ((held, "createBooking", "held"), (confirmed, "confirmBooking", "confirmed"),
                                (cancelled, "cancelBooking", "cancelled")):
        entry = entry_of(practice.desk, reply)
        assert (entry["what"], entry["entity"], entry["after"]["status"]) == (what, "booking", status)
        assert entry["who"].startswith("partner-")
    text = practice.desk.get("/v1/audit", params={"limit": 100}).text
    assert not [word for word in ("Ada", "ada@example.org", "limps", "is ill", '"client"') if word in text]


def test_the_catalogue_is_for_those_who_may_write_it(make_practice, admin, shared_client, tokens):
    code = f"code-{uuid.uuid4().hex[:8]}"
    made = admin.put(f"/v1/treatments/{code}", json={"name": {"en": "Tried"}, "modality": "other"}, headers={"If-None-Match": "*"})
    complaint = admin.put(f"/v1/complaints/{code}", json={"name": {"en": "Ache"}, "treatments": [code]}, headers={"If-None-Match": "*"})
    patched = admin.patch(f"/v1/treatments/{code}", json={"modality": "manual"}, if_match="*")
    archived = admin.delete(f"/v1/treatments/{code}", if_match="*")
    restored = admin.post(f"/v1/treatments/{code}/restore", if_match="*")
    assert [entry_of(admin, reply)["what"] for reply in (made, complaint, patched, archived, restored)] == [
        "putTreatment", "putComplaint", "patchTreatment", "archiveTreatment", "restoreTreatment"]
    entry = entry_of(admin, patched)
    assert (entry["clinic_id"], entry["changed"], entry["before"]["modality"]) == (None, ["modality"], "other")
    assert entry_of(admin, made)["after"] == record_of(made)

    practice = make_practice()
    chain = shared_client.with_token(tokens.desk("*", sub="chain"))  # all clinics, not the catalogue
    editor = shared_client.with_token(tokens.mint("editor", "platform:write", clinics=[practice.id]))
    for blind in (practice.desk, chain):
        assert entries(blind, entity_id=code) == []
        assert all(e["clinic_id"] for e in entries(blind, most=200, limit=100))
    assert len(entries(editor, entity="treatment", entity_id=code)) == 4
    assert {e["clinic_id"] for e in entries(editor, most=200, limit=100)} == {None}
    assert entries(editor, clinic_id=practice.id) == [] and len(entries(chain, clinic_id=practice.id)) == 1


def test_filters_and_pages(make_practice, clock):
    practice = make_practice()
    site = practice.location()
    clock("2027-03-02T06:00:00Z")
    practice.change("location", site["id"], name="Second")
    other = practice.practitioner()
    clock("2027-03-03T06:00:00Z")
    practice.admin.patch(f"{practice.collection('location')}/{site['id']}", json={"name": "Third"}, if_match="*")
    mine = {"clinic_id": practice.id}

    def names(**filters):
        return [e["what"] for e in entries(practice.desk, **mine | filters)]

    everything = ["patchLocation", "createPractitioner", "patchLocation", "createLocation", "createClinic"]
    assert names() == everything, "newest first"
    assert names(limit=1) == names(limit=2) == everything, "page by page"
    assert names(entity="location") == ["patchLocation", "patchLocation", "createLocation"]
    assert names(entity_id=other["id"]) == ["createPractitioner"]
    assert names(who="admin") == ["patchLocation", "createClinic"]
    assert names(what="patchLocation", who=f"desk-{practice.id}") == ["patchLocation"]
    assert names(**{"from": "2027-03-02T06:00:00Z", "to": "2027-03-03T06:00:00Z"}) == ["createPractitioner", "patchLocation"]
    assert names(**{"from": "2027-03-03T07:00:00+01:00"}) == ["patchLocation"]
    assert names(what="nothing") == []
    first = practice.desk.get("/v1/audit", params=mine | {"limit": 2})
    assert 'rel="next"' in first.headers["link"]
    for wrong in ({"cursor": "W10"}, {"cursor": "WyJ4IiwgMV0"}, {"from": "yesterday"}, {"entity": "A place"}, {"what": "a b"}, {"limit": 101}):
        assert practice.desk.get("/v1/audit", params=wrong).status_code == 400, wrong


# ---------------------------------------------------------------- between two clinics

def test_a_clinic_can_neither_change_nor_see_another(make_practice, shared_client, tokens):
    mine, theirs = make_practice().simple(), make_practice().simple()
    room = theirs.make("room", location_id=theirs.site["id"], name="Room", kind="quiet")
    closure = theirs.exception("close", "2027-07-19", location=theirs.site)
    before = entries(theirs.admin, clinic_id=theirs.id)
    owned = {"location": theirs.site, "practitioner": theirs.person, "offering": theirs.massage, "schedule": theirs.hours,
             "room": room, "exception": closure}
    for kind, record in owned.items():
        make, change = KINDS[kind]
        path = f"{theirs.collection(kind)}/{record['id']}"
        for dry in ({}, {"dry_run": "true"}):
            replies = [mine.desk.post(theirs.collection(kind), json=make(theirs), params=dry),
                       mine.desk.patch(path, json=change, if_match="*", params=dry),
                       mine.desk.delete(path, if_match="*", params=dry),
                       mine.desk.post(f"{path}/restore", if_match="*", params=dry)]
            assert {reply.status_code for reply in replies} == {403}
            # The other's record under one's own clinic is not there; naming it in one's own is an unknown reference.
            own = f"{mine.collection(kind)}/{record['id']}"
            replies = [mine.desk.patch(own, json=change, if_match="*", params=dry), mine.desk.delete(own, if_match="*", params=dry),
                       mine.desk.post(f"{own}/restore", if_match="*", params=dry)]
            assert {reply.status_code for reply in replies} == {404}
            if kind in ("room", "offering", "schedule", "exception", "practitioner"):
                assert mine.desk.post(mine.collection(kind), json=make(theirs), params=dry).status_code == 422
    assert mine.desk.patch(theirs.path, json={"name": "Mine"}, if_match="*").status_code == 403

    assert entries(theirs.admin, clinic_id=theirs.id) == before, "nothing of it was written down, since nothing was written"
    seen = entries(mine.desk, limit=100)
    assert seen and {e["clinic_id"] for e in seen} == {mine.id}
    assert theirs.id not in str(seen) and theirs.site["id"] not in str(seen)
    for filters in ({"clinic_id": theirs.id}, {"entity_id": theirs.site["id"]}, {"who": f"desk-{theirs.id}"},
                    {"request": before[0]["request_id"]}):
        assert entries(mine.desk, **filters) == []
    both = shared_client.with_token(tokens.desk([mine.id, theirs.id]))
    assert {e["clinic_id"] for e in entries(both, limit=100)} == {mine.id, theirs.id}
    nobody = shared_client.with_token(tokens.desk([]))
    assert entries(nobody) == []
    assert mine.partner.get("/v1/audit").status_code == 403
