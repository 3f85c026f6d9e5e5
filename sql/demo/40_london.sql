-- The demo practice, part 4: a small practice in London, an hour behind Brussels, so that searches cross centres.
-- Telephone numbers are from the ranges that Ofcom keeps for drama.

call pg_temp.load_clinic(
$json$
{
  "id": 2,
  "slug": "lantern-yard-london",
  "name": "Lantern Yard Manual Therapy",
  "timezone": "Europe/London",
  "languages": ["en", "fr"],
  "contact": {"phone": "+44 20 7946 0148", "email": "desk@lantern-yard.example.org", "website": "https://lantern-yard.example.org"},
  "policy": {"min_notice_minutes": 120, "booking_horizon_days": 60, "late_cancellation_fee_percent": 50},
  "locations": [
    {
      "id": 1,
      "slug": "bloomsbury",
      "name": "Lantern Yard, Bloomsbury",
      "address": {"street": "48 Lamb's Conduit Street", "postal_code": "WC1N 3LJ", "city": "London", "region": "Greater London", "country": "GB"},
      "geo": {"latitude": 51.5214, "longitude": -0.1187},
      "timezone": "Europe/London",
      "phone": "+44 20 7946 0148",
      "accessibility": ["wheelchair", "step-free-entrance", "lift"],
      "opening_hours": [
        {"weekday": 1, "from": "09:00", "to": "19:00"},
        {"weekday": 2, "from": "09:00", "to": "19:00"},
        {"weekday": 3, "from": "12:00", "to": "20:00"},
        {"weekday": 4, "from": "09:00", "to": "19:00"},
        {"weekday": 6, "from": "10:00", "to": "16:00"}
      ],
      "directions": {
        "en": "Ten minutes on foot from Russell Square or Holborn underground stations. The street is closed to through traffic; the nearest public car park is below Brunswick Square. Step-free entrance, lift to the first floor.",
        "fr": "À dix minutes à pied des stations de métro Russell Square et Holborn. La rue est fermée à la circulation de transit ; le parking public le plus proche se trouve sous Brunswick Square. Entrée de plain-pied, ascenseur jusqu’au premier étage."
      }
    }
  ],
  "rooms": [
    {"id": 1, "location": 1, "name": "Blue room", "kind": "treatment-room"},
    {"id": 2, "location": 1, "name": "Green room", "kind": "treatment-room"}
  ],
  "practitioners": [
    {
      "id": 1,
      "name": "Harriet Pemberwick",
      "title": "Chartered physiotherapist",
      "languages": ["en"],
      "biography": {
        "en": "Harriet treats musicians’ shoulders, typists’ forearms and everything that deadlines do to a neck. She needles only when it is the better way.",
        "fr": "Harriet traite les épaules des musiciens, les avant-bras de ceux qui tapent au clavier et tout ce que les délais font à une nuque. Elle ne pique que si c’est la meilleure voie."
      },
      "qualifications": [
        {"code": "physiotherapist-licence", "name": "Registered physiotherapist", "issuer": "Register of health professions (demo)", "number": "DEMO-UK-55120", "issued_on": "2010-07-12"},
        {"code": "dry-needling-certificate", "name": "Dry needling", "issuer": "Demo Society for Needling in Physiotherapy", "number": "SNP-4471", "issued_on": "2019-10-04"}
      ],
      "schedules": [
        {"id": 1, "location": 1, "weekday": 1, "from": "09:00", "to": "17:00"},
        {"id": 2, "location": 1, "weekday": 2, "from": "11:00", "to": "19:00"},
        {"id": 3, "location": 1, "weekday": 4, "from": "09:00", "to": "17:00"}
      ]
    },
    {
      "id": 2,
      "name": "Luc Fontanel",
      "title": "Soft tissue therapist",
      "languages": ["en", "fr"],
      "biography": {
        "en": "Luc moved from Lyon to London for a year, eleven years ago. Trigger points, cupping and a dry sense of humour.",
        "fr": "Luc a quitté Lyon pour Londres pour un an, il y a onze ans. Points gâchettes, ventouses et humour pince-sans-rire."
      },
      "qualifications": [
        {"code": "massage-diploma", "name": "Level 4 certificate in sports massage", "issuer": "Demo College of Sports Massage, London", "number": "SM-2016-090", "issued_on": "2016-12-02"}
      ],
      "schedules": [
        {"id": 4, "location": 1, "weekday": 2, "from": "09:00", "to": "17:00"},
        {"id": 5, "location": 1, "weekday": 3, "from": "12:00", "to": "20:00"},
        {"id": 6, "location": 1, "weekday": 4, "from": "11:00", "to": "19:00"},
        {"id": 7, "location": 1, "weekday": 6, "from": "10:00", "to": "16:00", "every_weeks": 2}
      ]
    }
  ],
  "offerings": [
    {
      "id": 1, "treatment": "trigger-point-massage", "duration_minutes": 60, "buffer_after_minutes": 10, "step_minutes": 30, "price": {"amount": 7000, "currency": "GBP"},
      "room_kind": "treatment-room", "locations": [1], "practitioners": [1, 2],
      "name": {"en": "Trigger point therapy", "fr": "Thérapie des points gâchettes"}
    },
    {
      "id": 2, "treatment": "dry-needling", "duration_minutes": 30, "buffer_after_minutes": 15, "price": {"amount": 5500, "currency": "GBP"},
      "room_kind": "treatment-room", "locations": [1], "practitioners": [1],
      "name": {"en": "Dry needling", "fr": "Dry needling"}
    },
    {
      "id": 3, "treatment": "cupping", "duration_minutes": 45, "buffer_after_minutes": 15, "price": {"amount": 5800, "currency": "GBP"},
      "room_kind": "treatment-room", "locations": [1], "practitioners": [2],
      "name": {"en": "Dry cupping", "fr": "Ventouses sèches"}
    }
  ],
  "exceptions": [
    {"id": 1, "kind": "close", "location": 1, "date_from": "2026-12-24", "date_to": "2027-01-03", "reason": "Closed between the years"},
    {"id": 2, "kind": "close", "location": 1, "date_from": "2027-03-29", "reason": "Easter Monday"},
    {"id": 3, "kind": "add", "practitioner": 1, "location": 1, "date_from": "2027-01-09", "windows": [{"from": "10:00", "to": "14:00"}], "reason": "Extra Saturday in the new year"}
  ]
}
$json$);
