-- The demo practice, part 3: a health centre with two sites in Brussels. People, numbers and certificates are
-- invented; telephone numbers cannot be dialled (no Belgian number begins with 0 after the area code). The streets are
-- real, their coordinates approximate: Dries runs west of the railway, between the stations of Boitsfort and Watermael.
--
-- Worth a look when reading:
--   * Saturdays at Dries alternate: Élise Marchandeau (schedule 14) and Matteo Bellandi (schedule 32), every second week each;
--   * Amina Benkirane's dry-needling certificate has run out, so search never offers her for it;
--   * one offering is not self-bookable; muscle energy technique needs no room, dry needling its own kind;
--   * the mobility class (offering 13) has eight seats: it is given to groups, in the gym of Kraainem.

call pg_temp.load_clinic(
$json$
{
  "id": 1,
  "slug": "trigger-point-brussels",
  "name": "Trigger Point Health Centre Brussels",
  "timezone": "Europe/Brussels",
  "languages": ["en", "fr", "nl", "de"],
  "contact": {"phone": "+32 2 000 01 06", "email": "hello@trigger-point-brussels.example.org", "website": "https://trigger-point-brussels.example.org"},
  "policy": {"cancellation_notice_hours": 24, "late_cancellation_fee_percent": 100, "no_show_fee_percent": 100, "reminder_hours_before": 28},
  "locations": [
    {
      "id": 1,
      "slug": "kraainem",
      "name": "Trigger Point Kraainem",
      "address": {"street": "Avenue de Wezembeek 106", "postal_code": "1950", "city": "Kraainem", "region": "Vlaams-Brabant", "country": "BE"},
      "geo": {"latitude": 50.8560, "longitude": 4.4650},
      "timezone": "Europe/Brussels",
      "phone": "+32 2 000 01 06",
      "accessibility": ["wheelchair", "step-free-entrance", "accessible-toilet", "disabled-parking", "assistance-dogs"],
      "opening_hours": [
        {"weekday": 1, "from": "08:00", "to": "20:00"},
        {"weekday": 2, "from": "08:00", "to": "21:00"},
        {"weekday": 3, "from": "08:00", "to": "21:00"},
        {"weekday": 4, "from": "08:00", "to": "21:00"},
        {"weekday": 5, "from": "08:00", "to": "18:00"},
        {"weekday": 6, "from": "09:00", "to": "15:00"}
      ],
      "directions": {
        "en": "By metro: line 1 (direction Stockel) to Kraainem/Crainhem, then follow Avenue de Wezembeek on foot or by bus. By car: a few minutes from the Brussels ring and the E40; visitors’ parking at the building, park-and-ride at the metro station. Bicycles can be locked at the entrance. The practice is on the ground floor, without steps; please ring at “Trigger Point”.",
        "fr": "En métro : ligne 1 (direction Stockel) jusqu’à Crainhem, puis l’avenue de Wezembeek à pied ou en bus. En voiture : à quelques minutes du ring de Bruxelles et de l’E40 ; parking visiteurs devant le bâtiment, parking de dissuasion à la station de métro. Vélos : arceaux à l’entrée. Le cabinet se trouve au rez-de-chaussée, de plain-pied ; sonnez à « Trigger Point ».",
        "nl": "Met de metro: lijn 1 (richting Stokkel) tot Kraainem, daarna de Wezembeeklaan te voet of met de bus. Met de auto: op enkele minuten van de Brusselse ring en de E40; bezoekersparking bij het gebouw, overstapparking aan het metrostation. Fietsen kunt u aan de ingang vastmaken. De praktijk ligt op het gelijkvloers, zonder trappen; bel aan bij ‘Trigger Point’.",
        "de": "Mit der Metro: Linie 1 (Richtung Stockel) bis Kraainem/Crainhem, dann zu Fuß oder mit dem Bus die Avenue de Wezembeek entlang. Mit dem Auto: wenige Minuten vom Brüsseler Ring und von der E40; Besucherparkplätze am Gebäude, Park-and-ride an der Metrostation. Fahrräder können am Eingang angeschlossen werden. Die Praxis liegt stufenlos im Erdgeschoss; bitte bei „Trigger Point“ klingeln."
      }
    },
    {
      "id": 2,
      "slug": "watermael-boitsfort",
      "name": "Trigger Point Watermael-Boitsfort",
      "address": {"street": "Dries 53", "postal_code": "1170", "city": "Watermael-Boitsfort", "region": "Brussels-Capital", "country": "BE"},
      "geo": {"latitude": 50.7993, "longitude": 4.4045},
      "timezone": "Europe/Brussels",
      "phone": "+32 2 000 00 53",
      "accessibility": ["assistance-dogs", "hearing-loop", "ground-floor-room"],
      "opening_hours": [
        {"weekday": 1, "from": "08:30", "to": "21:00"},
        {"weekday": 2, "from": "08:30", "to": "21:00"},
        {"weekday": 3, "from": "08:30", "to": "18:00"},
        {"weekday": 4, "from": "09:00", "to": "20:00"},
        {"weekday": 5, "from": "09:00", "to": "18:00"},
        {"weekday": 6, "from": "09:00", "to": "13:00"}
      ],
      "directions": {
        "en": "In the quiet Dries quarter, between the railway stations of Boitsfort and Watermael. By train: S-train to Boitsfort, then a short walk. By tram: line 8 to Boitsfort-Gare. By car: parking in the street; a blue zone may apply, so bring your parking disc. There are three steps at the entrance: call us and we will help, or book at Kraainem for a step-free visit.",
        "fr": "Dans le quartier calme du Dries, entre les gares de Boitsfort et de Watermael. En train : RER (S) jusqu’à Boitsfort, puis quelques minutes à pied. En tram : ligne 8 jusqu’à Boitsfort-Gare. En voiture : stationnement dans la rue ; une zone bleue peut s’appliquer, prenez votre disque. L’entrée compte trois marches : appelez-nous, nous vous aiderons, ou choisissez Kraainem pour un accès de plain-pied.",
        "nl": "In de rustige Drieswijk, tussen de stations Bosvoorde en Watermaal. Met de trein: S-trein tot Bosvoorde, daarna een korte wandeling. Met de tram: lijn 8 tot Bosvoorde-Station. Met de auto: parkeren in de straat; er kan een blauwe zone gelden, breng dus uw parkeerschijf mee. Aan de ingang zijn er drie treden: bel ons en we helpen u, of boek in Kraainem voor een bezoek zonder trappen.",
        "de": "Im ruhigen Dries-Viertel, zwischen den Bahnhöfen Boitsfort und Watermael. Mit der Bahn: S-Zug bis Boitsfort, dann ein kurzer Fußweg. Mit der Straßenbahn: Linie 8 bis Boitsfort-Gare. Mit dem Auto: Parken in der Straße; es kann eine blaue Zone gelten, bringen Sie also Ihre Parkscheibe mit. Am Eingang sind drei Stufen: Rufen Sie uns an, wir helfen Ihnen, oder buchen Sie in Kraainem, dort geht es stufenlos."
      }
    }
  ],
  "rooms": [
    {"id": 1, "location": 1, "name": "Room 1", "kind": "treatment-room"},
    {"id": 2, "location": 1, "name": "Room 2", "kind": "treatment-room"},
    {"id": 3, "location": 1, "name": "Room 3", "kind": "treatment-room"},
    {"id": 4, "location": 1, "name": "Needling room", "kind": "needling-room"},
    {"id": 9, "location": 1, "name": "Gym", "kind": "gym"},
    {"id": 5, "location": 2, "name": "Garden room", "kind": "treatment-room"},
    {"id": 6, "location": 2, "name": "Street room", "kind": "treatment-room"},
    {"id": 7, "location": 2, "name": "Attic room", "kind": "treatment-room"},
    {"id": 8, "location": 2, "name": "Needling room", "kind": "needling-room"}
  ],
  "practitioners": [
    {
      "id": 1,
      "name": "Camille Lambrecht",
      "title": "Physiotherapist, trigger point therapist",
      "languages": ["fr", "nl", "en"],
      "biography": {
        "en": "Camille worked for ten years in hospital rehabilitation before she turned to trigger points. She likes puzzles: where does this pain really come from? She treats headaches, shoulders and stubborn backs.",
        "fr": "Camille a travaillé dix ans en revalidation hospitalière avant de se consacrer aux points gâchettes. Elle aime les énigmes : d’où vient vraiment cette douleur ? Elle traite les maux de tête, les épaules et les dos récalcitrants.",
        "nl": "Camille werkte tien jaar in de ziekenhuisrevalidatie voor ze zich op triggerpoints toelegde. Ze houdt van puzzels: waar komt deze pijn echt vandaan? Ze behandelt hoofdpijn, schouders en koppige ruggen.",
        "de": "Camille arbeitete zehn Jahre in der Krankenhaus-Rehabilitation, bevor sie sich den Triggerpunkten zuwandte. Sie mag Rätsel: Woher kommt dieser Schmerz wirklich? Sie behandelt Kopfschmerzen, Schultern und hartnäckige Rücken."
      },
      "qualifications": [
        {"code": "physiotherapist-licence", "name": "Licensed physiotherapist", "issuer": "Federal register of health professions (demo)", "number": "DEMO-PT-10442", "issued_on": "2008-09-01"},
        {"code": "dry-needling-certificate", "name": "Dry needling, full body", "issuer": "Demo Institute for Dry Needling, Ghent", "number": "DN-2021-0117", "issued_on": "2021-05-28"}
      ],
      "schedules": [
        {"id": 1, "location": 1, "weekday": 1, "from": "08:00", "to": "12:00"},
        {"id": 2, "location": 1, "weekday": 1, "from": "13:00", "to": "18:00"},
        {"id": 3, "location": 2, "weekday": 2, "from": "09:00", "to": "17:00"},
        {"id": 4, "location": 1, "weekday": 3, "from": "08:00", "to": "12:30"},
        {"id": 5, "location": 2, "weekday": 4, "from": "12:00", "to": "20:00"}
      ]
    },
    {
      "id": 2,
      "name": "Jonas Verhaegen",
      "title": "Physiotherapist",
      "languages": ["nl", "en", "de"],
      "biography": {
        "en": "Jonas looks after runners, cyclists and people who sit for too long. He explains with a pen and a sketch, and sends nobody home without one exercise that fits into the day.",
        "fr": "Jonas s’occupe de coureurs, de cyclistes et de personnes assises trop longtemps. Il explique à l’aide d’un croquis et ne laisse personne repartir sans un exercice qui trouve sa place dans la journée.",
        "nl": "Jonas begeleidt lopers, fietsers en mensen die te lang zitten. Hij legt uit met pen en schets, en niemand gaat naar huis zonder één oefening die in de dag past.",
        "de": "Jonas betreut Läufer, Radfahrerinnen und Menschen, die zu lange sitzen. Er erklärt mit Stift und Skizze und lässt niemanden ohne eine Übung gehen, die in den Alltag passt."
      },
      "qualifications": [
        {"code": "physiotherapist-licence", "name": "Licensed physiotherapist", "issuer": "Federal register of health professions (demo)", "number": "DEMO-PT-20981", "issued_on": "2014-07-01"},
        {"code": "dry-needling-certificate", "name": "Dry needling, extremities and trunk", "issuer": "Demo Institute for Dry Needling, Ghent", "number": "DN-2024-0342", "issued_on": "2024-03-15", "expires_on": "2034-03-14"}
      ],
      "schedules": [
        {"id": 6, "location": 2, "weekday": 1, "from": "08:30", "to": "16:30"},
        {"id": 7, "location": 1, "weekday": 2, "from": "16:00", "to": "21:00"},
        {"id": 8, "location": 2, "weekday": 3, "from": "08:30", "to": "16:30"},
        {"id": 9, "location": 1, "weekday": 5, "from": "08:00", "to": "14:00"}
      ]
    },
    {
      "id": 3,
      "name": "Élise Marchandeau",
      "title": "Osteopath D.O.",
      "languages": ["fr", "en"],
      "biography": {
        "en": "Élise sees people after the acute phase, when the muscles are calmer and the question is how to stay well. She works gently, and also with pregnant women in agreement with their doctor.",
        "fr": "Élise reçoit après la phase aiguë, quand les muscles se sont calmés et que la question est de rester bien. Elle travaille en douceur, y compris avec les femmes enceintes, en accord avec leur médecin.",
        "nl": "Élise ziet mensen na de acute fase, wanneer de spieren rustiger zijn en de vraag is hoe het goed blijft gaan. Ze werkt zacht, ook met zwangere vrouwen in overleg met hun arts.",
        "de": "Élise begleitet Menschen nach der akuten Phase, wenn die Muskeln ruhiger sind und die Frage lautet, wie es gut bleibt. Sie arbeitet sanft, nach ärztlicher Absprache auch mit Schwangeren."
      },
      "qualifications": [
        {"code": "osteopathy-diploma", "name": "Diploma in Osteopathy (D.O.)", "issuer": "Demo School of Osteopathy, Brussels", "number": "DO-2012-058", "issued_on": "2012-06-30"}
      ],
      "schedules": [
        {"id": 10, "location": 1, "weekday": 2, "from": "09:00", "to": "17:00"},
        {"id": 11, "location": 2, "weekday": 3, "from": "09:00", "to": "18:00"},
        {"id": 12, "location": 1, "weekday": 4, "from": "09:00", "to": "13:00"},
        {"id": 13, "location": 1, "weekday": 4, "from": "14:00", "to": "18:00"},
        {"id": 14, "location": 2, "weekday": 6, "from": "09:00", "to": "13:00", "valid_from": "2025-01-06", "every_weeks": 2}
      ]
    },
    {
      "id": 4,
      "name": "Katharina Brandl",
      "title": "Fascia and manual therapist",
      "languages": ["de", "en", "fr"],
      "biography": {
        "en": "Katharina came from Innsbruck to Brussels and stayed. She treats scars, stiff ribcages and legs that feel too short, slowly and with much patience.",
        "fr": "Katharina est venue d’Innsbruck à Bruxelles et y est restée. Elle traite les cicatrices, les cages thoraciques raides et les jambes qui semblent trop courtes, lentement et avec beaucoup de patience.",
        "nl": "Katharina kwam van Innsbruck naar Brussel en bleef. Ze behandelt littekens, stijve borstkassen en benen die te kort lijken, traag en met veel geduld.",
        "de": "Katharina kam aus Innsbruck nach Brüssel und blieb. Sie behandelt Narben, steife Brustkörbe und Beine, die sich zu kurz anfühlen, langsam und mit viel Geduld."
      },
      "qualifications": [
        {"code": "physiotherapist-licence", "name": "Licensed physiotherapist", "issuer": "Federal register of health professions (demo)", "number": "DEMO-PT-17735", "issued_on": "2011-10-01"},
        {"code": "fascia-therapy-certificate", "name": "Fascia therapy, 300 hours", "issuer": "Demo Academy for Fascia, Innsbruck", "number": "FA-2016-21", "issued_on": "2016-04-09"}
      ],
      "schedules": [
        {"id": 15, "location": 1, "weekday": 1, "from": "10:00", "to": "20:00"},
        {"id": 16, "location": 1, "weekday": 4, "from": "08:00", "to": "16:00"},
        {"id": 17, "location": 2, "weekday": 5, "from": "09:00", "to": "17:00"}
      ]
    },
    {
      "id": 5,
      "name": "Thomas Adeyemi",
      "title": "Sports physiotherapist",
      "languages": ["en", "fr"],
      "biography": {
        "en": "Thomas played basketball until his knees asked for a new job. He keeps the evening and Saturday hours for people who train after work.",
        "fr": "Thomas a joué au basket jusqu’à ce que ses genoux demandent un autre métier. Il assure les heures du soir et du samedi pour ceux qui s’entraînent après le travail.",
        "nl": "Thomas speelde basketbal tot zijn knieën om een andere baan vroegen. Hij neemt de avonden en de zaterdag voor wie na het werk traint.",
        "de": "Thomas spielte Basketball, bis seine Knie um einen anderen Beruf baten. Er übernimmt die Abende und den Samstag für alle, die nach der Arbeit trainieren."
      },
      "qualifications": [
        {"code": "physiotherapist-licence", "name": "Licensed physiotherapist", "issuer": "Federal register of health professions (demo)", "number": "DEMO-PT-23310", "issued_on": "2016-09-15"},
        {"code": "dry-needling-certificate", "name": "Dry needling, sports", "issuer": "Demo Institute for Dry Needling, Ghent", "number": "DN-2020-0077", "issued_on": "2020-11-20", "expires_on": "2025-11-19"},
        {"code": "dry-needling-certificate", "name": "Dry needling, sports (renewal)", "issuer": "Demo Institute for Dry Needling, Ghent", "number": "DN-2025-0311", "issued_on": "2025-11-03", "expires_on": "2035-11-02"}
      ],
      "schedules": [
        {"id": 18, "location": 2, "weekday": 1, "from": "16:00", "to": "21:00"},
        {"id": 19, "location": 2, "weekday": 2, "from": "16:00", "to": "21:00"},
        {"id": 20, "location": 1, "weekday": 3, "from": "15:00", "to": "21:00"},
        {"id": 21, "location": 1, "weekday": 4, "from": "15:00", "to": "21:00"},
        {"id": 22, "location": 1, "weekday": 6, "from": "09:00", "to": "15:00"}
      ]
    },
    {
      "id": 6,
      "name": "Sofie Van Rillaer",
      "title": "Massage therapist",
      "languages": ["nl", "fr", "en"],
      "biography": {
        "en": "Sofie has strong hands and a light tone. Deep tissue massage is her craft; when somebody is sensitive to pressure she reaches for the cups instead.",
        "fr": "Sofie a des mains solides et le ton léger. Le massage profond est son métier ; quand quelqu’un supporte mal la pression, elle prend plutôt les ventouses.",
        "nl": "Sofie heeft sterke handen en een lichte toon. Diepe weefselmassage is haar vak; wie gevoelig is voor druk, behandelt ze liever met cups.",
        "de": "Sofie hat kräftige Hände und einen leichten Ton. Tiefengewebsmassage ist ihr Handwerk; wer empfindlich auf Druck reagiert, für den greift sie lieber zu den Schröpfgläsern."
      },
      "qualifications": [
        {"code": "massage-diploma", "name": "Diploma in therapeutic massage", "issuer": "Demo College of Massage, Leuven", "number": "MT-2015-204", "issued_on": "2015-06-26"}
      ],
      "schedules": [
        {"id": 23, "location": 2, "weekday": 2, "from": "08:30", "to": "16:00"},
        {"id": 24, "location": 2, "weekday": 3, "from": "09:00", "to": "18:00"},
        {"id": 25, "location": 2, "weekday": 4, "from": "09:00", "to": "12:30"},
        {"id": 26, "location": 2, "weekday": 4, "from": "13:30", "to": "18:00"},
        {"id": 27, "location": 1, "weekday": 5, "from": "09:00", "to": "18:00"}
      ]
    },
    {
      "id": 7,
      "name": "Matteo Bellandi",
      "title": "Massage therapist",
      "languages": ["it", "fr", "en"],
      "biography": {
        "en": "Matteo learned cupping from his grandmother and anatomy at school. Calm, attentive, and a good choice for a first visit.",
        "fr": "Matteo a appris les ventouses chez sa grand-mère et l’anatomie à l’école. Calme, attentif, il convient bien pour une première visite.",
        "nl": "Matteo leerde cupping van zijn grootmoeder en anatomie op school. Rustig, aandachtig, en een goede keuze voor een eerste bezoek.",
        "de": "Matteo hat das Schröpfen von seiner Großmutter und die Anatomie in der Schule gelernt. Ruhig, aufmerksam und eine gute Wahl für den ersten Besuch."
      },
      "qualifications": [
        {"code": "massage-diploma", "name": "Diploma in therapeutic massage", "issuer": "Demo College of Massage, Leuven", "number": "MT-2018-311", "issued_on": "2018-06-29"}
      ],
      "schedules": [
        {"id": 28, "location": 1, "weekday": 2, "from": "08:00", "to": "16:00"},
        {"id": 29, "location": 1, "weekday": 4, "from": "10:00", "to": "18:00"},
        {"id": 30, "location": 1, "weekday": 5, "from": "08:00", "to": "13:00"},
        {"id": 31, "location": 1, "weekday": 5, "from": "13:45", "to": "18:00"},
        {"id": 32, "location": 2, "weekday": 6, "from": "09:00", "to": "13:00", "valid_from": "2025-01-13", "every_weeks": 2}
      ]
    },
    {
      "id": 8,
      "name": "Ingrid Solheim",
      "title": "Osteopath D.O., physiotherapist",
      "languages": ["no", "en", "de", "fr"],
      "accepts_new_clients": false,
      "biography": {
        "en": "Ingrid has practised for more than twenty-five years. She continues with the people whom she already knows and teaches younger colleagues.",
        "fr": "Ingrid exerce depuis plus de vingt-cinq ans. Elle continue à suivre les personnes qu’elle connaît déjà et forme de plus jeunes collègues.",
        "nl": "Ingrid werkt al meer dan vijfentwintig jaar in het vak. Ze blijft de mensen volgen die ze al kent en leidt jongere collega’s op.",
        "de": "Ingrid praktiziert seit mehr als fünfundzwanzig Jahren. Sie begleitet weiter die Menschen, die sie schon kennt, und bildet jüngere Kolleginnen und Kollegen aus."
      },
      "qualifications": [
        {"code": "osteopathy-diploma", "name": "Diploma in Osteopathy (D.O.)", "issuer": "Demo School of Osteopathy, Oslo", "number": "DO-1999-007", "issued_on": "1999-06-18"},
        {"code": "physiotherapist-licence", "name": "Licensed physiotherapist", "issuer": "Federal register of health professions (demo)", "number": "DEMO-PT-08120", "issued_on": "2003-02-01"}
      ],
      "schedules": [
        {"id": 33, "location": 1, "weekday": 1, "from": "09:00", "to": "15:00"},
        {"id": 34, "location": 2, "weekday": 4, "from": "10:00", "to": "16:00"},
        {"id": 35, "location": 1, "weekday": 5, "from": "08:00", "to": "12:00"}
      ]
    },
    {
      "id": 9,
      "name": "Amina Benkirane",
      "title": "Physiotherapist",
      "languages": ["fr", "ar", "nl", "en"],
      "biography": {
        "en": "Amina likes to begin with a movement rather than a diagnosis: show me what you cannot do. She treats jaws, necks and arms that tingle.",
        "fr": "Amina aime commencer par un mouvement plutôt que par un diagnostic : montrez-moi ce que vous n’arrivez pas à faire. Elle traite les mâchoires, les nuques et les bras qui fourmillent.",
        "nl": "Amina begint liever met een beweging dan met een diagnose: toon me wat niet lukt. Ze behandelt kaken, nekken en armen die tintelen.",
        "de": "Amina beginnt lieber mit einer Bewegung als mit einer Diagnose: Zeigen Sie mir, was nicht geht. Sie behandelt Kiefer, Nacken und kribbelnde Arme."
      },
      "qualifications": [
        {"code": "physiotherapist-licence", "name": "Licensed physiotherapist", "issuer": "Federal register of health professions (demo)", "number": "DEMO-PT-24406", "issued_on": "2018-09-03"},
        {"code": "dry-needling-certificate", "name": "Dry needling, foundation", "issuer": "Demo Institute for Dry Needling, Ghent", "number": "DN-2021-0205", "issued_on": "2021-06-11", "expires_on": "2026-06-10"}
      ],
      "schedules": [
        {"id": 36, "location": 2, "weekday": 1, "from": "09:00", "to": "15:00"},
        {"id": 37, "location": 1, "weekday": 3, "from": "09:00", "to": "17:00"},
        {"id": 38, "location": 2, "weekday": 5, "from": "10:00", "to": "18:00"}
      ]
    }
  ],
  "offerings": [
    {
      "id": 1, "treatment": "trigger-point-massage", "duration_minutes": 30, "buffer_after_minutes": 5, "price": {"amount": 4500, "currency": "EUR"},
      "room_kind": "treatment-room", "locations": [1, 2], "practitioners": [1, 2, 5, 6, 7, 9],
      "name": {"en": "Trigger point massage, one area", "fr": "Massage des points gâchettes, une zone", "nl": "Triggerpointmassage, één zone", "de": "Triggerpunktmassage, ein Bereich"}
    },
    {
      "id": 2, "treatment": "trigger-point-massage", "duration_minutes": 60, "buffer_after_minutes": 10, "price": {"amount": 7500, "currency": "EUR"},
      "room_kind": "treatment-room", "locations": [1, 2], "practitioners": [1, 2, 5, 6, 7, 9],
      "name": {"en": "Trigger point massage", "fr": "Massage des points gâchettes", "nl": "Triggerpointmassage", "de": "Triggerpunktmassage"}
    },
    {
      "id": 3, "treatment": "trigger-point-massage", "duration_minutes": 90, "buffer_after_minutes": 15, "step_minutes": 30, "price": {"amount": 10500, "currency": "EUR"},
      "room_kind": "treatment-room", "locations": [1, 2], "practitioners": [1, 6],
      "name": {"en": "Trigger point massage, long session", "fr": "Massage des points gâchettes, séance longue", "nl": "Triggerpointmassage, lange sessie", "de": "Triggerpunktmassage, lange Sitzung"}
    },
    {
      "id": 4, "treatment": "dry-needling", "duration_minutes": 30, "buffer_before_minutes": 5, "buffer_after_minutes": 10, "price": {"amount": 5000, "currency": "EUR"},
      "room_kind": "needling-room", "locations": [1, 2], "practitioners": [1, 2, 5, 9],
      "name": {"en": "Dry needling", "fr": "Dry needling", "nl": "Dry needling", "de": "Dry Needling"}
    },
    {
      "id": 5, "treatment": "dry-needling", "duration_minutes": 45, "buffer_before_minutes": 5, "buffer_after_minutes": 10, "price": {"amount": 6500, "currency": "EUR"},
      "room_kind": "needling-room", "locations": [1], "practitioners": [1, 2, 5],
      "name": {"en": "Dry needling, first session with interview", "fr": "Dry needling, première séance avec entretien", "nl": "Dry needling, eerste sessie met gesprek", "de": "Dry Needling, erste Sitzung mit Gespräch"},
      "intake": [
        {
          "code": "blood_thinners", "type": "yes_no", "required": true,
          "label": {
            "en": "Do you take blood thinners, or do you bleed or bruise easily?",
            "fr": "Prenez-vous des anticoagulants, ou saignez-vous ou avez-vous facilement des bleus ?",
            "nl": "Neemt u bloedverdunners, of bloedt u snel of krijgt u snel blauwe plekken?",
            "de": "Nehmen Sie Blutverdünner, oder bluten Sie leicht oder bekommen leicht blaue Flecken?"
          },
          "help": {
            "en": "For example warfarin, apixaban, rivaroxaban or daily aspirin. Yes does not rule the treatment out: we will talk about it.",
            "fr": "Par exemple acénocoumarol, apixaban, rivaroxaban ou aspirine chaque jour. Oui n’exclut pas le traitement : nous en parlerons.",
            "nl": "Bijvoorbeeld acenocoumarol, apixaban, rivaroxaban of dagelijks aspirine. Ja sluit de behandeling niet uit: we bespreken het samen.",
            "de": "Zum Beispiel Phenprocoumon, Apixaban, Rivaroxaban oder täglich Aspirin. Ein Ja schließt die Behandlung nicht aus: Wir sprechen darüber."
          }
        },
        {
          "code": "pregnancy", "type": "yes_no", "required": true,
          "label": {
            "en": "Are you pregnant, or could you be?",
            "fr": "Êtes-vous enceinte, ou pourriez-vous l’être ?",
            "nl": "Bent u zwanger, of zou u zwanger kunnen zijn?",
            "de": "Sind Sie schwanger, oder könnten Sie es sein?"
          },
          "help": {
            "en": "Some areas are not needled during pregnancy.",
            "fr": "Certaines zones ne sont pas piquées pendant la grossesse.",
            "nl": "Sommige zones worden tijdens de zwangerschap niet aangeprikt.",
            "de": "Manche Bereiche werden in der Schwangerschaft nicht genadelt."
          }
        },
        {
          "code": "where_it_hurts", "type": "choice", "multiple": true,
          "label": {"en": "Where does it hurt?", "fr": "Où avez-vous mal ?", "nl": "Waar heeft u pijn?", "de": "Wo tut es weh?"},
          "choices": [
            {"code": "head_neck", "label": {"en": "Head or neck", "fr": "Tête ou nuque", "nl": "Hoofd of nek", "de": "Kopf oder Nacken"}},
            {"code": "shoulder_arm", "label": {"en": "Shoulder or arm", "fr": "Épaule ou bras", "nl": "Schouder of arm", "de": "Schulter oder Arm"}},
            {"code": "back", "label": {"en": "Back", "fr": "Dos", "nl": "Rug", "de": "Rücken"}},
            {"code": "hip_leg", "label": {"en": "Hip or leg", "fr": "Hanche ou jambe", "nl": "Heup of been", "de": "Hüfte oder Bein"}}
          ]
        },
        {
          "code": "remarks", "type": "text", "max_length": 500,
          "label": {
            "en": "Is there anything else we should know?",
            "fr": "Y a-t-il autre chose que nous devrions savoir ?",
            "nl": "Is er nog iets dat wij moeten weten?",
            "de": "Gibt es noch etwas, das wir wissen sollten?"
          }
        },
        {
          "code": "risks", "type": "consent", "required": true,
          "label": {
            "en": "Consent to dry needling",
            "fr": "Consentement au dry needling",
            "nl": "Toestemming voor dry needling",
            "de": "Einwilligung in Dry Needling"
          },
          "consent": {
            "version": "2026-1",
            "text": {
              "en": "I agree to be treated with thin, sterile, single-use needles. I know that soreness, small bruises and light bleeding are common, that dizziness or fainting can happen, and that in rare cases needles over the chest can injure a lung. I can stop the treatment at any time.",
              "fr": "J’accepte d’être traité avec des aiguilles fines, stériles et à usage unique. Je sais que des courbatures, de petits bleus et un léger saignement sont fréquents, qu’un étourdissement ou un malaise est possible, et que dans de rares cas une aiguille au niveau du thorax peut blesser un poumon. Je peux arrêter le traitement à tout moment.",
              "nl": "Ik ga akkoord met een behandeling met dunne, steriele naalden voor eenmalig gebruik. Ik weet dat spierpijn, kleine blauwe plekken en licht bloeden vaak voorkomen, dat duizeligheid of flauwvallen mogelijk is, en dat een naald ter hoogte van de borstkas in zeldzame gevallen een long kan verwonden. Ik kan de behandeling op elk moment stoppen.",
              "de": "Ich bin mit einer Behandlung mit dünnen, sterilen Einmalnadeln einverstanden. Ich weiß, dass Muskelkater, kleine blaue Flecken und leichtes Bluten häufig sind, dass Schwindel oder eine Ohnmacht vorkommen kann und dass in seltenen Fällen eine Nadel im Bereich des Brustkorbs die Lunge verletzen kann. Ich kann die Behandlung jederzeit beenden."
            }
          }
        }
      ]
    },
    {
      "id": 6, "treatment": "cupping", "duration_minutes": 45, "buffer_after_minutes": 15, "price": {"amount": 5500, "currency": "EUR"},
      "room_kind": "treatment-room", "locations": [1, 2], "practitioners": [6, 7],
      "name": {"en": "Cupping", "fr": "Ventouses", "nl": "Cupping", "de": "Schröpfen"}
    },
    {
      "id": 7, "treatment": "fascia-therapy", "duration_minutes": 60, "buffer_after_minutes": 10, "price": {"amount": 7800, "currency": "EUR"},
      "room_kind": "treatment-room", "locations": [1, 2], "practitioners": [3, 4],
      "name": {"en": "Fascia therapy", "fr": "Fasciathérapie", "nl": "Fasciatherapie", "de": "Faszientherapie"}
    },
    {
      "id": 8, "treatment": "muscle-energy-technique", "duration_minutes": 45, "buffer_after_minutes": 5, "price": {"amount": 5800, "currency": "EUR"},
      "room_kind": null, "locations": [1, 2], "practitioners": [2, 4, 8, 9],
      "name": {"en": "Muscle energy technique", "fr": "Technique d’énergie musculaire", "nl": "Muscle energy technique", "de": "Muskelenergietechnik"}
    },
    {
      "id": 9, "treatment": "deep-tissue-massage", "duration_minutes": 60, "buffer_after_minutes": 15, "price": {"amount": 7200, "currency": "EUR"},
      "room_kind": "treatment-room", "locations": [1, 2], "practitioners": [6, 7],
      "name": {"en": "Deep tissue massage", "fr": "Massage profond", "nl": "Diepe weefselmassage", "de": "Tiefengewebsmassage"}
    },
    {
      "id": 10, "treatment": "deep-tissue-massage", "duration_minutes": 90, "buffer_after_minutes": 15, "step_minutes": 30, "price": {"amount": 9900, "currency": "EUR"},
      "room_kind": "treatment-room", "locations": [2], "practitioners": [6],
      "name": {"en": "Deep tissue massage, full body", "fr": "Massage profond, corps entier", "nl": "Diepe weefselmassage, volledig lichaam", "de": "Tiefengewebsmassage, ganzer Körper"}
    },
    {
      "id": 11, "treatment": "osteopathic-follow-up", "duration_minutes": 45, "buffer_after_minutes": 15, "price": {"amount": 7000, "currency": "EUR"},
      "room_kind": "treatment-room", "locations": [1, 2], "practitioners": [3, 8],
      "name": {"en": "Osteopathic follow-up", "fr": "Suivi ostéopathique", "nl": "Osteopathische opvolging", "de": "Osteopathische Folgebehandlung"}
    },
    {
      "id": 12, "treatment": "osteopathic-follow-up", "duration_minutes": 60, "buffer_after_minutes": 15, "price": {"amount": 8500, "currency": "EUR"},
      "room_kind": "treatment-room", "locations": [1], "practitioners": [3], "self_bookable": false,
      "name": {"en": "Osteopathic follow-up after surgery (by telephone only)", "fr": "Suivi ostéopathique après opération (uniquement par téléphone)", "nl": "Osteopathische opvolging na een operatie (enkel telefonisch)", "de": "Osteopathische Folgebehandlung nach Operation (nur telefonisch)"}
    },
    {
      "id": 13, "treatment": "mobility-class", "duration_minutes": 60, "buffer_before_minutes": 10, "buffer_after_minutes": 10, "step_minutes": 60,
      "price": {"amount": 1800, "currency": "EUR"}, "room_kind": "gym", "seats": 8, "locations": [1], "practitioners": [2, 5],
      "name": {"en": "Mobility and fascia self-massage, small group", "fr": "Mobilité et automassage des fascias, petit groupe", "nl": "Mobiliteit en zelfmassage van de fascia, kleine groep", "de": "Beweglichkeit und Faszien-Selbstmassage, kleine Gruppe"}
    }
  ],
  "exceptions": [
    {"id": 1, "kind": "close", "location": 1, "date_from": "2026-12-25", "reason": "Christmas Day"},
    {"id": 2, "kind": "close", "location": 2, "date_from": "2026-12-25", "reason": "Christmas Day"},
    {"id": 3, "kind": "close", "location": 1, "date_from": "2027-01-01", "reason": "New Year’s Day"},
    {"id": 4, "kind": "close", "location": 2, "date_from": "2027-01-01", "reason": "New Year’s Day"},
    {"id": 5, "kind": "close", "location": 1, "date_from": "2027-05-01", "reason": "Labour Day"},
    {"id": 6, "kind": "close", "location": 2, "date_from": "2027-05-01", "reason": "Labour Day"},
    {"id": 7, "kind": "close", "location": 1, "date_from": "2027-07-21", "reason": "Belgian National Day"},
    {"id": 8, "kind": "close", "location": 2, "date_from": "2027-07-21", "reason": "Belgian National Day"},
    {"id": 9, "kind": "close", "location": 1, "date_from": "2028-07-21", "reason": "Belgian National Day"},
    {"id": 10, "kind": "close", "location": 2, "date_from": "2028-07-21", "reason": "Belgian National Day"},
    {"id": 11, "kind": "replace", "practitioner": 1, "location": 2, "date_from": "2026-12-24", "windows": [{"from": "09:00", "to": "13:00"}], "reason": "Christmas Eve: the morning instead of the evening"},
    {"id": 12, "kind": "add", "practitioner": 5, "location": 1, "date_from": "2026-12-13", "windows": [{"from": "10:00", "to": "14:00"}], "reason": "Extra Sunday before the holidays"},
    {"id": 13, "kind": "close", "practitioner": 4, "date_from": "2026-12-21", "date_to": "2027-01-03", "reason": "Holidays in the mountains"},
    {"id": 14, "kind": "close", "practitioner": 2, "location": 2, "date_from": "2027-01-18", "windows": [{"from": "12:00", "to": "16:30"}], "reason": "Training afternoon"},
    {"id": 15, "kind": "replace", "practitioner": 3, "location": 1, "date_from": "2027-02-09", "windows": [], "reason": "Conference"}
  ]
}
$json$);
