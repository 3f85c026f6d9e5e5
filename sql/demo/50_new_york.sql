-- The demo practice, part 5: a small practice in New York, six hours behind Brussels (five for some days in spring and
-- autumn, when only one side has changed its clocks). Telephone numbers are from the range kept for fiction (555-01xx).

call pg_temp.load_clinic(
$json$
{
  "id": 3,
  "slug": "harbor-knot-new-york",
  "name": "Harbor Knot Bodywork",
  "timezone": "America/New_York",
  "languages": ["en", "es"],
  "contact": {"phone": "+1 718 555 0142", "email": "hello@harbor-knot.example.org", "website": "https://harbor-knot.example.org"},
  "policy": {"hold_minutes": 15, "waitlist_offer_minutes": 60},
  "locations": [
    {
      "id": 1,
      "slug": "brooklyn",
      "name": "Harbor Knot, Brooklyn",
      "address": {"street": "150 Court Street", "postal_code": "11201", "city": "Brooklyn", "region": "NY", "country": "US"},
      "geo": {"latitude": 40.6891, "longitude": -73.9931},
      "timezone": "America/New_York",
      "phone": "+1 718 555 0142",
      "accessibility": ["lift", "assistance-dogs"],
      "opening_hours": [
        {"weekday": 1, "from": "10:00", "to": "19:00"},
        {"weekday": 2, "from": "07:00", "to": "15:00"},
        {"weekday": 3, "from": "10:00", "to": "19:00"},
        {"weekday": 5, "from": "07:00", "to": "19:00"},
        {"weekday": 7, "from": "11:00", "to": "17:00"}
      ],
      "directions": {
        "en": "A short walk from the Borough Hall and Bergen Street subway stations. Street parking is scarce; there is a paid garage nearby. The elevator is beside the stairs, second floor, suite 2B.",
        "es": "A pocos minutos a pie de las estaciones de metro Borough Hall y Bergen Street. Es difícil aparcar en la calle; hay un garaje de pago cerca. El ascensor está junto a la escalera, segundo piso, despacho 2B."
      }
    }
  ],
  "rooms": [
    {"id": 1, "location": 1, "name": "Suite 2B, east", "kind": "treatment-room"},
    {"id": 2, "location": 1, "name": "Suite 2B, west", "kind": "treatment-room"}
  ],
  "practitioners": [
    {
      "id": 1,
      "name": "Marisol Quintero-Hale",
      "title": "Licensed massage therapist",
      "languages": ["en", "es"],
      "biography": {
        "en": "Marisol works with dancers and dock workers and treats both the same way: find the muscle, press, wait, breathe.",
        "es": "Marisol atiende a bailarines y a trabajadores del puerto, y trata a todos igual: encontrar el músculo, presionar, esperar, respirar."
      },
      "qualifications": [
        {"code": "massage-diploma", "name": "Licensed massage therapist", "issuer": "State licensing office (demo)", "number": "DEMO-LMT-30877", "issued_on": "2013-04-22"}
      ],
      "schedules": [
        {"id": 1, "location": 1, "weekday": 1, "from": "10:00", "to": "19:00"},
        {"id": 2, "location": 1, "weekday": 3, "from": "10:00", "to": "19:00"},
        {"id": 3, "location": 1, "weekday": 5, "from": "10:00", "to": "19:00"},
        {"id": 4, "location": 1, "weekday": 7, "from": "11:00", "to": "17:00"}
      ]
    },
    {
      "id": 2,
      "name": "Desmond Okafor-Reyes",
      "title": "Doctor of osteopathy",
      "languages": ["en"],
      "biography": {
        "en": "Desmond sees people early, before work. Short, clear follow-ups and a plan that fits on one page.",
        "es": "Desmond recibe temprano, antes del trabajo. Seguimientos breves y claros, y un plan que cabe en una página."
      },
      "qualifications": [
        {"code": "osteopathy-diploma", "name": "Doctor of Osteopathic Medicine", "issuer": "Demo College of Osteopathic Medicine, New York", "number": "DO-NY-2009-118", "issued_on": "2009-05-29"}
      ],
      "schedules": [
        {"id": 5, "location": 1, "weekday": 2, "from": "07:00", "to": "15:00"},
        {"id": 6, "location": 1, "weekday": 5, "from": "07:00", "to": "12:00"}
      ]
    }
  ],
  "offerings": [
    {
      "id": 1, "treatment": "trigger-point-massage", "duration_minutes": 60, "buffer_after_minutes": 15, "price": {"amount": 12000, "currency": "USD"},
      "room_kind": "treatment-room", "locations": [1], "practitioners": [1],
      "name": {"en": "Trigger point session", "es": "Sesión de puntos gatillo"}
    },
    {
      "id": 2, "treatment": "deep-tissue-massage", "duration_minutes": 90, "buffer_after_minutes": 15, "step_minutes": 30, "price": {"amount": 16500, "currency": "USD"},
      "room_kind": "treatment-room", "locations": [1], "practitioners": [1],
      "name": {"en": "Deep tissue massage, 90 minutes", "es": "Masaje de tejido profundo, 90 minutos"}
    },
    {
      "id": 3, "treatment": "osteopathic-follow-up", "duration_minutes": 30, "buffer_after_minutes": 10, "step_minutes": 20, "price": {"amount": 14000, "currency": "USD"},
      "room_kind": "treatment-room", "locations": [1], "practitioners": [2],
      "name": {"en": "Osteopathic follow-up", "es": "Seguimiento osteopático"}
    }
  ],
  "exceptions": [
    {"id": 1, "kind": "close", "location": 1, "date_from": "2026-11-26", "date_to": "2026-11-27", "reason": "Thanksgiving"},
    {"id": 2, "kind": "close", "location": 1, "date_from": "2026-12-25", "reason": "Christmas Day"},
    {"id": 3, "kind": "replace", "practitioner": 2, "location": 1, "date_from": "2026-12-29", "windows": [{"from": "10:00", "to": "14:00"}], "reason": "Late start"}
  ]
}
$json$);
