"""A practice to order, made through the API as a clinic's own staff would: every write is checked against the contract
on its way. Nothing in it belongs to another test, so many of them can share one service."""
import itertools
import uuid

PLURAL = {"location": "locations", "practitioner": "practitioners", "room": "rooms", "offering": "offerings",
          "schedule": "schedules", "exception": "exceptions"}
CLIENT = {"name": "Ada Example", "email": "ada@example.org", "language": "en"}


class Practice:
    """A clinic with its people. `desk` is its staff, `partner` books for it, `website` reads; all bound to this clinic.
    The makers answer the record that the service gave."""

    _numbers = itertools.count(1)

    def __init__(self, client, tokens, zone="Europe/Brussels", languages=("en", "fr"), policy=None):
        self.client, self.tokens = client, tokens
        self.admin = client.with_token(tokens.admin())
        self.clinic = self._made(self.admin.post("/v1/clinics", json={
            "slug": f"practice-{uuid.uuid4().hex}", "name": "A practice", "timezone": zone, "languages": list(languages),
            "policy": policy or {}}))
        self.id = self.clinic["id"]
        self.path = f"/v1/clinics/{self.id}"
        self.desk = client.with_token(tokens.desk([self.id], sub=f"desk-{self.id}"))
        self.partner = self.another_partner()
        self.website = client.with_token(tokens.website(clinics=[self.id]))

    def another_partner(self):
        return self.client.with_token(self.tokens.partner(f"partner-{next(self._numbers)}-{self.id}", [self.id]))

    @staticmethod
    def _made(reply):
        assert reply.status_code == 201, reply.text
        return reply.json()

    def collection(self, resource):
        return f"{self.path}/{PLURAL[resource]}"

    def make(self, resource, /, **body):
        return self._made(self.desk.post(self.collection(resource), json=body))

    def change(self, resource, id, /, **members):
        """A patch of whatever version there is."""
        reply = self.desk.patch(f"{self.collection(resource)}/{id}", json=members, if_match="*")
        assert reply.status_code == 200, reply.text
        return reply.json()

    def archive(self, resource, id):
        reply = self.desk.delete(f"{self.collection(resource)}/{id}", if_match="*")
        assert reply.status_code == 200, reply.text
        return reply.json()

    def policy(self, **members):
        reply = self.desk.patch(self.path, json={"policy": members}, if_match="*")
        assert reply.status_code == 200, reply.text
        return reply.json()["policy"]

    def location(self, **members):
        return self.make("location", **{"slug": f"site-{uuid.uuid4().hex}", "name": "Site"} | members)

    def practitioner(self, *locations, **members):
        return self.make("practitioner", **{"name": "Somebody", "location_ids": [site["id"] for site in locations]} | members)

    def offering(self, practitioners, locations, **members):
        return self.make("offering", **{
            "treatment": "trigger-point-massage", "duration_minutes": 60, "price": {"amount": 6500, "currency": "EUR"},
            "practitioner_ids": [person["id"] for person in practitioners],
            "location_ids": [site["id"] for site in locations]} | members)

    def schedule(self, practitioner, location, weekdays=(1,), start="09:00", end="12:00", **members):
        """One window on each of these days of the week (1 is Monday); the last record is answered."""
        for weekday in weekdays:
            record = self.make("schedule", practitioner_id=practitioner["id"], location_id=location["id"], weekday=weekday,
                               **{"from": start, "to": end} | members)
        return record

    def exception(self, kind, day, windows=(), practitioner=None, location=None, until=None, **members):
        names = {name: one["id"] for name, one in (("practitioner_id", practitioner), ("location_id", location)) if one}
        return self.make("exception", kind=kind, date_from=day, date_to=until or day,
                         windows=[{"from": start, "to": end} for start, end in windows], **names | members)

    def simple(self, offering=None, **schedule):
        """One site, one person, one offering; Mondays from nine to twelve unless told otherwise."""
        self.site = self.location(name="Main site")
        self.person = self.practitioner(self.site)
        self.massage = self.offering([self.person], [self.site], **offering or {})
        self.hours = self.schedule(self.person, self.site, **schedule)
        return self

    def slots(self, first, last=None, who=None, **filters):
        """All free slots from one local date (or instant) to another, page after page."""
        return (who or self.partner).items("/v1/availability", limit=500, clinic_id=self.id,
                                           **{"from": first, "to": last or first} | filters)

    def starts(self, first, last=None, **filters):
        """The same, as `MM-DDTHH:MM` on the wall."""
        return [slot["start"][5:16] for slot in self.slots(first, last, **filters)]

    def booking(self, start, offering=None, location=None, practitioner=None, client=CLIENT, **members):
        """The body of a booking; a start without an offset is an error of the test."""
        body = {"offering_id": (offering or self.massage)["id"], "location_id": (location or self.site)["id"], "start": start}
        if practitioner is not False:
            body["practitioner_id"] = (practitioner or self.person)["id"]
        return body | ({"client": client} if client else {}) | members

    def book(self, start, who=None, key=None, **members):
        """The reply to it."""
        return (who or self.partner).post("/v1/bookings", json=self.booking(start, **members), key=key)

    def booked(self, start, **members):
        return self._made(self.book(start, **members))
