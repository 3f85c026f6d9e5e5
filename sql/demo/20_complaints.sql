-- The demo practice, part 2: what people come with, in their own words, and the treatments that may help.
--
-- Pain is often felt far from its source: felt_in is where people point, may_originate_in where the
-- muscle may be. Synonyms are what people type, colloquial words and common misspellings included.

call pg_temp.load_complaints(
$json$
[
  {
    "code": "tension-headache",
    "felt_in": ["head"],
    "may_originate_in": ["neck", "shoulder", "jaw"],
    "treatments": ["trigger-point-massage", "dry-needling", "muscle-energy-technique", "cupping", "osteopathic-follow-up"],
    "name": {
      "en": "Tension headache from the neck muscles",
      "fr": "Céphalée de tension venant des muscles du cou",
      "nl": "Spanningshoofdpijn vanuit de nekspieren",
      "de": "Spannungskopfschmerz aus der Nackenmuskulatur"
    },
    "synonyms": {
      "en": ["headache", "tension headache", "head pain", "pressure in the head", "pain behind the eyes", "neck headache", "cervicogenic headache"],
      "fr": ["mal de tête", "maux de tête", "mal à la tête", "céphalée", "tête dans un étau", "douleur derrière les yeux", "migraine de tension"],
      "nl": ["hoofdpijn", "koppijn", "spanningshoofdpijn", "druk op het hoofd", "pijn achter de ogen", "nekhoofdpijn"],
      "de": ["Kopfschmerzen", "Kopfweh", "Spannungskopfschmerz", "Druck im Kopf", "Schmerzen hinter den Augen", "Kopfschmerzen vom Nacken"]
    }
  },
  {
    "code": "stiff-neck",
    "felt_in": ["neck"],
    "may_originate_in": ["neck", "shoulder", "shoulder_blade", "upper_back"],
    "treatments": ["trigger-point-massage", "muscle-energy-technique", "cupping", "dry-needling", "deep-tissue-massage"],
    "name": {
      "en": "Stiff, painful neck",
      "fr": "Nuque raide et douloureuse",
      "nl": "Stijve, pijnlijke nek",
      "de": "Steifer, schmerzender Nacken"
    },
    "synonyms": {
      "en": ["neck pain", "crick in the neck", "wry neck", "sore neck", "slept badly on my neck", "office neck"],
      "fr": ["torticolis", "mal au cou", "mal à la nuque", "cervicalgie", "nuque bloquée", "cou coincé"],
      "nl": ["nekpijn", "stijve nek", "scheve nek", "nek vast", "torticollis", "verkeerd gelegen"],
      "de": ["Nackenschmerzen", "Genickschmerzen", "steifer Hals", "Schiefhals", "Nackenverspannung", "falsch gelegen"]
    }
  },
  {
    "code": "low-back-pain",
    "felt_in": ["lower_back"],
    "may_originate_in": ["abdomen", "hip", "buttock", "lower_back"],
    "treatments": ["trigger-point-massage", "fascia-therapy", "muscle-energy-technique", "cupping", "deep-tissue-massage", "dry-needling", "osteopathic-follow-up"],
    "name": {
      "en": "Low back pain, often from the abdominal muscles",
      "fr": "Douleur du bas du dos, souvent venue des muscles abdominaux",
      "nl": "Lage rugpijn, vaak vanuit de buikspieren",
      "de": "Schmerz im unteren Rücken, oft aus der Bauchmuskulatur"
    },
    "synonyms": {
      "en": ["back pain", "backache", "bad back", "lumbago", "lower back pain", "sore back", "my back has gone"],
      "fr": ["mal au dos", "mal de dos", "mal aux reins", "lumbago", "tour de rein", "lombalgie", "bas du dos", "dos bloqué"],
      "nl": ["rugpijn", "lage rugpijn", "pijn in de onderrug", "lumbago", "spit", "zere rug", "rug geblokkeerd"],
      "de": ["Rückenschmerzen", "Kreuzschmerzen", "Kreuzweh", "Hexenschuss", "Lumbago", "Schmerzen im unteren Rücken", "ich hab Rücken"]
    }
  },
  {
    "code": "sciatica",
    "felt_in": ["buttock", "thigh", "calf", "foot"],
    "may_originate_in": ["buttock", "lower_back"],
    "treatments": ["trigger-point-massage", "dry-needling", "fascia-therapy", "muscle-energy-technique", "osteopathic-follow-up"],
    "name": {
      "en": "Sciatica-like pain from the buttocks",
      "fr": "Douleur de type sciatique venant des fessiers",
      "nl": "Ischiasachtige pijn vanuit de bilspieren",
      "de": "Ischiasartiger Schmerz aus der Gesäßmuskulatur"
    },
    "synonyms": {
      "en": ["sciatica", "sciatic pain", "pain down the leg", "pain in the buttock", "piriformis syndrome", "trapped nerve in the leg"],
      "fr": ["sciatique", "nerf sciatique", "douleur dans la jambe", "mal à la fesse", "syndrome du piriforme", "syndrome du pyramidal"],
      "nl": ["ischias", "sciatica", "uitstralende pijn in het been", "pijn in de bil", "bilpijn", "piriformissyndroom"],
      "de": ["Ischias", "Ischiasschmerzen", "Ischialgie", "Schmerzen bis ins Bein", "Schmerzen im Gesäß", "Piriformis-Syndrom"]
    }
  },
  {
    "code": "knee-pain",
    "felt_in": ["knee"],
    "may_originate_in": ["thigh", "hip"],
    "treatments": ["trigger-point-massage", "fascia-therapy", "muscle-energy-technique", "dry-needling", "deep-tissue-massage"],
    "name": {
      "en": "Knee pain from the thigh muscles",
      "fr": "Douleur au genou venant des muscles de la cuisse",
      "nl": "Kniepijn vanuit de dijspieren",
      "de": "Knieschmerz aus der Oberschenkelmuskulatur"
    },
    "synonyms": {
      "en": ["knee pain", "sore knee", "bad knee", "knee hurts on stairs", "pain around the kneecap"],
      "fr": ["mal au genou", "mal aux genoux", "genou douloureux", "gonalgie", "douleur à la rotule", "genou dans les escaliers"],
      "nl": ["kniepijn", "pijn aan de knie", "zere knie", "pijn aan de knieschijf", "knie bij het traplopen"],
      "de": ["Knieschmerzen", "Knie tut weh", "Schmerzen an der Kniescheibe", "Knieschmerzen beim Treppensteigen"]
    }
  },
  {
    "code": "runners-knee",
    "felt_in": ["knee"],
    "may_originate_in": ["thigh", "hip", "buttock"],
    "treatments": ["trigger-point-massage", "dry-needling", "fascia-therapy", "muscle-energy-technique", "deep-tissue-massage"],
    "name": {
      "en": "Runner’s knee",
      "fr": "Genou du coureur",
      "nl": "Lopersknie",
      "de": "Läuferknie"
    },
    "synonyms": {
      "en": ["runner's knee", "runners knee", "IT band syndrome", "iliotibial band", "pain on the outside of the knee", "knee hurts when running"],
      "fr": ["genou du coureur", "syndrome de l'essuie-glace", "bandelette ilio-tibiale", "TFL", "douleur sur le côté du genou", "mal au genou en courant"],
      "nl": ["lopersknie", "runner's knee", "tractus iliotibialis", "pijn aan de buitenkant van de knie", "kniepijn bij het lopen", "kniepijn bij hardlopen"],
      "de": ["Läuferknie", "Runner's Knee", "ITBS", "Tractus-Syndrom", "Schmerzen außen am Knie", "Knieschmerzen beim Laufen", "Knieschmerzen beim Joggen"]
    }
  },
  {
    "code": "achilles-pain",
    "felt_in": ["achilles_tendon", "heel"],
    "may_originate_in": ["calf"],
    "treatments": ["trigger-point-massage", "dry-needling", "fascia-therapy", "deep-tissue-massage", "cupping"],
    "name": {
      "en": "Achilles pain from the calf",
      "fr": "Douleur au tendon d’Achille venant du mollet",
      "nl": "Achillespijn vanuit de kuit",
      "de": "Achillessehnenschmerz aus der Wade"
    },
    "synonyms": {
      "en": ["Achilles pain", "Achilles tendon", "Achilles tendonitis", "heel cord pain", "pain above the heel", "tight calves"],
      "fr": ["tendon d'Achille", "talon d'Achille", "tendinite d'Achille", "mal au talon", "mollets durs", "douleur au-dessus du talon"],
      "nl": ["achillespees", "achillespeesontsteking", "pijn boven de hiel", "hielpijn", "strakke kuiten"],
      "de": ["Achillessehne", "Achillessehnenentzündung", "Achillodynie", "Fersenschmerz", "Schmerzen über der Ferse", "harte Waden"]
    }
  },
  {
    "code": "tennis-elbow",
    "felt_in": ["elbow", "forearm"],
    "may_originate_in": ["forearm", "upper_arm", "neck"],
    "treatments": ["trigger-point-massage", "dry-needling", "muscle-energy-technique", "fascia-therapy"],
    "name": {
      "en": "Tennis elbow",
      "fr": "Tennis elbow (épicondylite)",
      "nl": "Tenniselleboog",
      "de": "Tennisarm"
    },
    "synonyms": {
      "en": ["tennis elbow", "elbow pain", "mouse arm", "lateral epicondylitis", "pain on the outside of the elbow", "it hurts to lift a cup"],
      "fr": ["tennis elbow", "coude du tennisman", "épicondylite", "mal au coude", "tendinite du coude", "bras de la souris"],
      "nl": ["tenniselleboog", "tennisarm", "elleboogpijn", "muisarm", "epicondylitis", "pijn aan de elleboog"],
      "de": ["Tennisarm", "Tennisellenbogen", "Ellenbogenschmerzen", "Mausarm", "Epikondylitis", "Schmerzen außen am Ellenbogen"]
    }
  },
  {
    "code": "shoulder-arm-pain",
    "felt_in": ["shoulder", "upper_arm", "forearm", "hand", "fingers"],
    "may_originate_in": ["shoulder", "shoulder_blade", "neck", "chest"],
    "treatments": ["trigger-point-massage", "dry-needling", "muscle-energy-technique", "cupping", "fascia-therapy", "osteopathic-follow-up"],
    "name": {
      "en": "Shoulder pain radiating to the fingers",
      "fr": "Douleur d’épaule irradiant jusqu’aux doigts",
      "nl": "Schouderpijn die uitstraalt tot in de vingers",
      "de": "Schulterschmerz, der bis in die Finger ausstrahlt"
    },
    "synonyms": {
      "en": ["shoulder pain", "arm pain", "pain down the arm", "tingling fingers", "numb fingers", "pins and needles in the hand", "pain under the shoulder blade"],
      "fr": ["mal à l'épaule", "mal au bras", "douleur dans le bras", "fourmis dans les doigts", "doigts engourdis", "picotements dans la main", "douleur à l'omoplate"],
      "nl": ["schouderpijn", "armpijn", "uitstralende pijn in de arm", "tintelende vingers", "slapende vingers", "slapende hand", "pijn onder het schouderblad"],
      "de": ["Schulterschmerzen", "Armschmerzen", "Schmerzen im Arm", "Kribbeln in den Fingern", "taube Finger", "eingeschlafene Hand", "Schmerzen am Schulterblatt"]
    }
  },
  {
    "code": "jaw-pain",
    "felt_in": ["jaw", "head"],
    "may_originate_in": ["jaw", "neck"],
    "treatments": ["trigger-point-massage", "muscle-energy-technique", "fascia-therapy", "osteopathic-follow-up"],
    "name": {
      "en": "Jaw pain from clenching or grinding",
      "fr": "Douleur de mâchoire par serrement ou grincement des dents",
      "nl": "Kaakpijn door klemmen of knarsen",
      "de": "Kieferschmerz durch Pressen oder Knirschen"
    },
    "synonyms": {
      "en": ["jaw pain", "TMJ", "teeth grinding", "clenched jaw", "bruxism", "clicking jaw"],
      "fr": ["mal à la mâchoire", "bruxisme", "je grince des dents", "mâchoire serrée", "ATM", "mâchoire qui craque"],
      "nl": ["kaakpijn", "tandenknarsen", "bruxisme", "gespannen kaak", "kaakgewricht", "knakkende kaak"],
      "de": ["Kieferschmerzen", "Zähneknirschen", "CMD", "Bruxismus", "verspannter Kiefer", "Kiefer knackt"]
    }
  }
]
$json$);
