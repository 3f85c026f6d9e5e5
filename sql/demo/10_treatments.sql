-- The demo practice, part 1: the catalogue of treatments, in English, French, Dutch and German.
--
-- Medical wording: say what a treatment is and how it feels, promise no cure, name what needs a doctor.
-- The warning signs are written once; they close the contraindications of every treatment.

call pg_temp.load_treatments(
$json$
{
  "en": "Seek medical care at once instead of booking if you have: chest pain or shortness of breath; a sudden, very severe headache; sudden weakness, facial drooping, or trouble speaking or seeing; numbness around the groin or loss of control over bladder or bowels; pain with fever or unexplained weight loss; a hot, swollen calf; severe pain after a fall or an accident.",
  "fr": "Consultez un médecin sans attendre, plutôt que de prendre rendez-vous ici, en cas de : douleur dans la poitrine ou essoufflement ; mal de tête soudain et très violent ; faiblesse soudaine, visage qui s’affaisse, trouble de la parole ou de la vue ; perte de sensibilité autour de l’entrejambe ou perte de contrôle de la vessie ou des intestins ; douleur avec fièvre ou perte de poids inexpliquée ; mollet chaud et gonflé ; forte douleur après une chute ou un accident.",
  "nl": "Ga meteen naar een arts in plaats van hier een afspraak te maken bij: pijn op de borst of kortademigheid; plotse, zeer hevige hoofdpijn; plots krachtverlies, een afhangende mondhoek, moeite met spreken of zien; een doof gevoel rond het kruis of verlies van controle over blaas of darmen; pijn met koorts of onverklaard gewichtsverlies; een warme, gezwollen kuit; hevige pijn na een val of ongeval.",
  "de": "Suchen Sie sofort ärztliche Hilfe, statt einen Termin zu buchen, bei: Brustschmerz oder Atemnot; plötzlichem, sehr heftigem Kopfschmerz; plötzlicher Schwäche, hängendem Mundwinkel, Sprech- oder Sehstörung; Taubheit im Schritt oder Verlust der Kontrolle über Blase oder Darm; Schmerz mit Fieber oder ungeklärtem Gewichtsverlust; heißer, geschwollener Wade; starkem Schmerz nach einem Sturz oder Unfall."
}
$json$,
$json$
[
  {
    "code": "trigger-point-massage",
    "modality": "manual",
    "body_regions": ["head", "neck", "shoulder", "upper_back", "lower_back", "abdomen", "buttock", "thigh", "calf", "forearm"],
    "alternatives": ["cupping", "fascia-therapy"],
    "follow_ups": ["dry-needling", "muscle-energy-technique"],
    "requires_qualification": null,
    "name": {
      "en": "Trigger point massage",
      "fr": "Massage des points gâchettes",
      "nl": "Triggerpointmassage",
      "de": "Triggerpunktmassage"
    },
    "description": {
      "en": "Precise, sustained pressure on tender knots in the muscle, called trigger points. Such a point can send pain to quite another place, so we look for the muscle behind the pain and treat only the areas linked to your symptoms. No oil is used.",
      "fr": "Une pression précise et maintenue sur des nœuds sensibles du muscle, les points gâchettes. Un tel point peut envoyer la douleur à un tout autre endroit : nous cherchons donc le muscle qui se cache derrière la douleur et ne traitons que les zones liées à vos symptômes. Sans huile.",
      "nl": "Gerichte, aangehouden druk op gevoelige knopen in de spier, de zogenoemde triggerpoints. Zo’n punt kan pijn uitstralen naar een heel andere plaats. Daarom zoeken we de spier achter de pijn en behandelen we alleen de zones die met uw klachten samenhangen. Zonder olie.",
      "de": "Gezielter, gehaltener Druck auf empfindliche Knoten im Muskel, die Triggerpunkte. Ein solcher Punkt kann den Schmerz an eine ganz andere Stelle senden. Wir suchen deshalb den Muskel hinter dem Schmerz und behandeln nur die Bereiche, die mit Ihren Beschwerden zusammenhängen. Ohne Öl."
    },
    "what_to_expect": {
      "en": "We begin with a short talk and an examination of up to 5 minutes to find the muscles involved. Then each trigger point is pressed for 30 seconds to 3 minutes, until the tension eases. This can be uncomfortable and may briefly call up the pain you know. It should stay bearable: say so at any time and the pressure is reduced.",
      "fr": "Nous commençons par un bref entretien et un examen de 5 minutes au plus pour trouver les muscles en cause. Chaque point est ensuite comprimé pendant 30 secondes à 3 minutes, jusqu’à ce que la tension cède. C’est parfois désagréable et peut réveiller un instant la douleur que vous connaissez. Cela doit rester supportable : dites-le à tout moment et la pression est réduite.",
      "nl": "We beginnen met een kort gesprek en een onderzoek van hoogstens 5 minuten om de betrokken spieren te vinden. Daarna wordt elk triggerpoint 30 seconden tot 3 minuten ingedrukt, tot de spanning afneemt. Dat kan onaangenaam zijn en even de pijn oproepen die u kent. Het moet draaglijk blijven: zeg het gerust op elk moment, dan verminderen we de druk.",
      "de": "Wir beginnen mit einem kurzen Gespräch und einer Untersuchung von höchstens 5 Minuten, um die beteiligten Muskeln zu finden. Dann wird jeder Triggerpunkt 30 Sekunden bis 3 Minuten gedrückt, bis die Spannung nachlässt. Das kann unangenehm sein und kurz den Schmerz auslösen, den Sie kennen. Es soll erträglich bleiben: Sagen Sie es jederzeit, dann wird der Druck verringert."
    },
    "preparation": {
      "en": "Wear comfortable clothes that leave the painful area easy to reach. Please use no body lotion or oil beforehand. Tell us about illnesses, operations, pregnancy and medicines, blood thinners above all.",
      "fr": "Portez des vêtements confortables qui laissent la zone douloureuse facile d’accès. N’appliquez ni lait corporel ni huile avant la séance. Signalez-nous maladies, opérations, grossesse et médicaments, surtout les anticoagulants.",
      "nl": "Draag gemakkelijke kleding waarin de pijnlijke zone goed bereikbaar is. Gebruik vooraf geen bodylotion of olie. Meld ons ziekten, operaties, zwangerschap en geneesmiddelen, vooral bloedverdunners.",
      "de": "Tragen Sie bequeme Kleidung, in der die schmerzende Stelle gut zu erreichen ist. Verwenden Sie vorher bitte weder Körperlotion noch Öl. Sagen Sie uns von Erkrankungen, Operationen, Schwangerschaft und Medikamenten, vor allem von Blutverdünnern."
    },
    "aftercare": {
      "en": "Drink water and keep moving gently. No hard training on the same day. The treated muscles may be tender for a day or two; warmth often feels good. Call us if it lasts longer.",
      "fr": "Buvez de l’eau et restez en mouvement, en douceur. Pas d’entraînement intense le jour même. Les muscles traités peuvent rester sensibles un jour ou deux ; la chaleur fait souvent du bien. Appelez-nous si cela dure plus longtemps.",
      "nl": "Drink water en blijf rustig bewegen. Geen zware training op dezelfde dag. De behandelde spieren kunnen een dag of twee gevoelig zijn; warmte doet vaak goed. Bel ons als het langer duurt.",
      "de": "Trinken Sie Wasser und bleiben Sie sanft in Bewegung. Kein hartes Training am selben Tag. Die behandelten Muskeln können ein bis zwei Tage empfindlich sein; Wärme tut oft gut. Rufen Sie uns an, wenn es länger dauert."
    },
    "self_help": {
      "en": [
        {"kind": "exercise", "title": "Ball against the wall", "text": "Put a tennis ball between the wall and the tender spot and lean on it until it presses firmly but bearably. Hold for 30 seconds to 2 minutes, breathe calmly, then move on. Once or twice a day, never on the spine."},
        {"kind": "exercise", "title": "Neck stretch at the desk", "text": "Sit upright, let one ear sink towards the shoulder and hold for 30 seconds without pulling. Change sides. Three times each."},
        {"kind": "book", "title": "The Trigger Point Therapy Workbook (Clair Davies, Amber Davies)", "text": "Self-treatment, muscle by muscle, with drawings of where each one sends its pain."},
        {"kind": "link", "title": "Physical activity (World Health Organization)", "text": "How much movement is recommended at which age.", "url": "https://www.who.int/news-room/fact-sheets/detail/physical-activity"}
      ],
      "fr": [
        {"kind": "exercise", "title": "La balle contre le mur", "text": "Placez une balle de tennis entre le mur et le point sensible et appuyez-vous dessus : la pression est nette, mais supportable. Tenez de 30 secondes à 2 minutes en respirant calmement, puis changez de place. Une à deux fois par jour, jamais sur la colonne."},
        {"kind": "exercise", "title": "Étirer la nuque au bureau", "text": "Assis bien droit, laissez une oreille descendre vers l’épaule et tenez 30 secondes sans tirer. Changez de côté. Trois fois chacun."},
        {"kind": "link", "title": "Activité physique (Organisation mondiale de la Santé)", "text": "Combien de mouvement est recommandé, et à quel âge.", "url": "https://www.who.int/fr/news-room/fact-sheets/detail/physical-activity"}
      ],
      "nl": [
        {"kind": "exercise", "title": "De bal tegen de muur", "text": "Leg een tennisbal tussen de muur en de gevoelige plek en leun erop: stevig, maar draaglijk. Houd 30 seconden tot 2 minuten aan, adem rustig door en schuif dan op. Een of twee keer per dag, nooit op de wervelkolom."},
        {"kind": "exercise", "title": "De nek rekken aan het bureau", "text": "Zit rechtop, laat een oor naar de schouder zakken en houd 30 seconden aan zonder te trekken. Wissel van kant. Drie keer elk."},
        {"kind": "link", "title": "Gezondheid en Wetenschap", "text": "Betrouwbare uitleg over klachten en behandelingen.", "url": "https://www.gezondheidenwetenschap.be/"}
      ],
      "de": [
        {"kind": "exercise", "title": "Der Ball an der Wand", "text": "Legen Sie einen Tennisball zwischen Wand und empfindliche Stelle und lehnen Sie sich dagegen: deutlich, aber erträglich. 30 Sekunden bis 2 Minuten halten, ruhig atmen, dann weiterrücken. Ein- bis zweimal am Tag, nie auf der Wirbelsäule."},
        {"kind": "exercise", "title": "Nackendehnung am Schreibtisch", "text": "Aufrecht sitzen, ein Ohr zur Schulter sinken lassen und 30 Sekunden halten, ohne zu ziehen. Seite wechseln. Je dreimal."},
        {"kind": "link", "title": "Gesundheitsinformation.de", "text": "Verlässliche Erklärungen zu Beschwerden und Behandlungen.", "url": "https://www.gesundheitsinformation.de/"}
      ]
    },
    "contraindications": {
      "en": "We do not press on wounds, inflamed or infected skin, recent fractures, a thrombosis, or areas without normal feeling. Ask your doctor first if you take blood thinners, bruise easily, have osteoporosis or cancer, or are pregnant.",
      "fr": "Nous n’appuyons pas sur une plaie, une peau enflammée ou infectée, une fracture récente, une thrombose ou une zone sans sensibilité normale. Demandez d’abord l’avis de votre médecin si vous prenez des anticoagulants, avez facilement des bleus, souffrez d’ostéoporose ou d’un cancer, ou êtes enceinte.",
      "nl": "We drukken niet op wonden, ontstoken of geïnfecteerde huid, recente breuken, een trombose of zones zonder normaal gevoel. Vraag eerst raad aan uw arts als u bloedverdunners neemt, snel blauwe plekken krijgt, osteoporose of kanker hebt, of zwanger bent.",
      "de": "Wir drücken nicht auf Wunden, entzündete oder infizierte Haut, frische Brüche, eine Thrombose oder Stellen ohne normales Gefühl. Fragen Sie zuerst Ihre Ärztin oder Ihren Arzt, wenn Sie Blutverdünner nehmen, leicht blaue Flecken bekommen, Osteoporose oder Krebs haben oder schwanger sind."
    }
  },
  {
    "code": "dry-needling",
    "modality": "needling",
    "body_regions": ["neck", "shoulder", "upper_back", "lower_back", "buttock", "thigh", "calf", "forearm"],
    "alternatives": ["trigger-point-massage", "cupping"],
    "follow_ups": ["muscle-energy-technique", "fascia-therapy"],
    "requires_qualification": "dry-needling-certificate",
    "name": {
      "en": "Dry needling",
      "fr": "Dry needling (puncture sèche)",
      "nl": "Dry needling",
      "de": "Dry Needling"
    },
    "description": {
      "en": "A very thin, sterile, single-use needle is placed into a trigger point, without any substance being injected. The muscle often answers with a short twitch, after which its tension may ease. Given only by practitioners who hold a valid certificate.",
      "fr": "Une aiguille très fine, stérile et à usage unique est placée dans un point gâchette, sans qu’aucun produit soit injecté. Le muscle répond souvent par une brève secousse, après quoi sa tension peut diminuer. Pratiqué uniquement par des praticiens titulaires d’un certificat valable.",
      "nl": "Een zeer dunne, steriele naald voor eenmalig gebruik wordt in een triggerpoint geplaatst, zonder dat er iets wordt ingespoten. De spier reageert vaak met een korte samentrekking, waarna de spanning kan afnemen. Alleen door behandelaars met een geldig certificaat.",
      "de": "Eine sehr dünne, sterile Einmalnadel wird in einen Triggerpunkt gesetzt, ohne dass etwas gespritzt wird. Der Muskel antwortet oft mit einer kurzen Zuckung; danach kann seine Spannung nachlassen. Nur durch Behandelnde mit gültigem Zertifikat."
    },
    "what_to_expect": {
      "en": "After a short examination we explain each step and ask for your consent. You feel a small prick and, at the right spot, a twitch or a dull ache for a moment. A few points are treated per session, and you may ask us to stop at any time.",
      "fr": "Après un bref examen, nous expliquons chaque étape et demandons votre accord. Vous sentez une petite piqûre puis, au bon endroit, une secousse ou une douleur sourde d’un instant. Quelques points sont traités par séance, et vous pouvez nous demander d’arrêter à tout moment.",
      "nl": "Na een kort onderzoek leggen we elke stap uit en vragen we uw toestemming. U voelt een klein prikje en, op de juiste plaats, even een spiertrekking of een doffe pijn. Per sessie behandelen we enkele punten, en u mag ons altijd vragen te stoppen.",
      "de": "Nach einer kurzen Untersuchung erklären wir jeden Schritt und bitten um Ihr Einverständnis. Sie spüren einen kleinen Stich und an der richtigen Stelle kurz eine Zuckung oder einen dumpfen Schmerz. Pro Sitzung werden wenige Punkte behandelt, und Sie können jederzeit abbrechen."
    },
    "preparation": {
      "en": "Eat something light beforehand and do not come exhausted or in a hurry. Tell us if you are afraid of needles or have ever fainted, and about allergies (metal, latex), medicines and pregnancy.",
      "fr": "Mangez légèrement avant la séance et ne venez ni épuisé ni pressé. Dites-nous si les aiguilles vous font peur ou si vous vous êtes déjà évanoui, et signalez allergies (métal, latex), médicaments et grossesse.",
      "nl": "Eet vooraf iets lichts en kom niet uitgeput of gehaast. Zeg het ons als u bang bent voor naalden of ooit bent flauwgevallen, en meld allergieën (metaal, latex), geneesmiddelen en zwangerschap.",
      "de": "Essen Sie vorher eine Kleinigkeit und kommen Sie nicht erschöpft oder in Eile. Sagen Sie uns, wenn Sie Angst vor Nadeln haben oder schon einmal ohnmächtig wurden, und nennen Sie Allergien (Metall, Latex), Medikamente und Schwangerschaft."
    },
    "aftercare": {
      "en": "Soreness like after sport is common for 1 to 2 days; in rare cases a small bruise (haematoma) appears. Drink water, move gently, use warmth if it helps, and leave hard training for the next day or the one after. Shortness of breath or chest pain after needling near the chest or shoulder is an emergency: call 112 (911 in the United States).",
      "fr": "Des courbatures comme après le sport sont fréquentes pendant 1 à 2 jours ; plus rarement, un petit hématome apparaît. Buvez de l’eau, bougez en douceur, utilisez la chaleur si elle soulage, et remettez l’entraînement intense au lendemain ou au surlendemain. Un essoufflement ou une douleur thoracique après une puncture près du thorax ou de l’épaule est une urgence : appelez le 112 (le 911 aux États-Unis).",
      "nl": "Spierpijn zoals na het sporten komt vaak voor, 1 tot 2 dagen lang; zelden ontstaat een kleine bloeduitstorting (hematoom). Drink water, beweeg rustig, gebruik warmte als dat helpt en wacht een dag of twee met zware training. Kortademigheid of pijn op de borst na een behandeling bij borstkas of schouder is een noodgeval: bel 112 (911 in de Verenigde Staten).",
      "de": "Ein Muskelkater von 1 bis 2 Tagen ist häufig, selten entsteht ein kleiner Bluterguss (Hämatom). Trinken Sie Wasser, bewegen Sie sich sanft, nutzen Sie Wärme, wenn sie guttut, und verschieben Sie hartes Training um ein bis zwei Tage. Atemnot oder Brustschmerz nach einer Behandlung nahe Brustkorb oder Schulter ist ein Notfall: Wählen Sie 112 (in den USA 911)."
    },
    "self_help": {
      "en": [
        {"kind": "exercise", "title": "Gentle movement afterwards", "text": "Move the treated muscle slowly through its whole range ten times, three times on the day of the treatment. Warmth helps against the soreness."}
      ],
      "fr": [
        {"kind": "exercise", "title": "Bouger en douceur après la séance", "text": "Faites faire au muscle traité, lentement, toute son amplitude dix fois, trois fois le jour même. La chaleur soulage les courbatures."}
      ],
      "nl": [
        {"kind": "exercise", "title": "Daarna rustig bewegen", "text": "Beweeg de behandelde spier tien keer langzaam over haar hele bereik, drie keer op de dag van de behandeling. Warmte helpt tegen de spierpijn."}
      ],
      "de": [
        {"kind": "exercise", "title": "Danach sanft bewegen", "text": "Bewegen Sie den behandelten Muskel zehnmal langsam durch seinen ganzen Umfang, dreimal am Tag der Behandlung. Wärme hilft gegen den Muskelkater."}
      ]
    },
    "contraindications": {
      "en": "Not for people who do not want needles, and not into infected or swollen areas or near implants. Not without your doctor’s agreement if you take blood thinners or have a bleeding disorder, a weakened immune system, epilepsy or a pacemaker, or are pregnant. Cupping or trigger point massage are the ways without needles.",
      "fr": "Ne convient pas à qui ne souhaite pas d’aiguilles ; jamais dans une zone infectée ou gonflée, ni près d’un implant. Pas sans l’accord de votre médecin si vous prenez des anticoagulants, avez un trouble de la coagulation, une immunité affaiblie, une épilepsie ou un pacemaker, ou si vous êtes enceinte. Les ventouses et le massage des points gâchettes se passent d’aiguilles.",
      "nl": "Niet voor wie geen naalden wil, en niet in geïnfecteerde of gezwollen zones of bij implantaten. Niet zonder akkoord van uw arts als u bloedverdunners neemt, een stollingsstoornis, een verzwakte afweer, epilepsie of een pacemaker hebt, of zwanger bent. Cupping en triggerpointmassage zijn de wegen zonder naalden.",
      "de": "Nicht für Menschen, die keine Nadeln möchten; nicht in infizierte oder geschwollene Bereiche und nicht nahe an Implantaten. Nicht ohne ärztliche Zustimmung, wenn Sie Blutverdünner nehmen, eine Gerinnungsstörung, ein geschwächtes Immunsystem, Epilepsie oder einen Herzschrittmacher haben oder schwanger sind. Schröpfen und Triggerpunktmassage kommen ohne Nadeln aus."
    }
  },
  {
    "code": "cupping",
    "modality": "cupping",
    "body_regions": ["neck", "shoulder", "upper_back", "lower_back", "buttock", "thigh", "calf"],
    "alternatives": ["fascia-therapy", "trigger-point-massage"],
    "follow_ups": ["trigger-point-massage", "fascia-therapy"],
    "requires_qualification": null,
    "name": {
      "en": "Cupping",
      "fr": "Ventouses",
      "nl": "Cupping",
      "de": "Schröpfen"
    },
    "description": {
      "en": "Cups with a gentle vacuum lift skin and muscle instead of pressing on them. It is the gentler alternative for people who are sensitive to pressure. Dry cupping only: the skin is never broken.",
      "fr": "Des ventouses soulèvent la peau et le muscle par une légère dépression au lieu de les comprimer. C’est l’alternative plus douce pour les personnes sensibles à la pression. Ventouses sèches uniquement : la peau n’est jamais incisée.",
      "nl": "Cups met een licht vacuüm tillen huid en spier op in plaats van erop te drukken. Het is het zachtere alternatief voor wie gevoelig is voor druk. Alleen droge cupping: de huid wordt nooit geopend.",
      "de": "Schröpfgläser heben Haut und Muskel mit leichtem Unterdruck an, statt auf sie zu drücken. Das ist die sanftere Alternative für alle, die empfindlich auf Druck reagieren. Nur trockenes Schröpfen: Die Haut wird nie verletzt."
    },
    "what_to_expect": {
      "en": "After a short examination, cups of glass or silicone stay in place for 5 to 10 minutes or glide slowly over the muscle. You feel a pull and warmth, not pain. The suction is adjusted to what feels comfortable to you.",
      "fr": "Après un bref examen, des ventouses de verre ou de silicone restent en place 5 à 10 minutes ou glissent lentement sur le muscle. Vous sentez une traction et de la chaleur, pas de douleur. L’aspiration est réglée selon votre confort.",
      "nl": "Na een kort onderzoek blijven cups van glas of silicone 5 tot 10 minuten staan of glijden ze langzaam over de spier. U voelt trek en warmte, geen pijn. De zuigkracht wordt aangepast aan wat voor u aangenaam is.",
      "de": "Nach einer kurzen Untersuchung bleiben Gläser oder Silikonglocken 5 bis 10 Minuten an ihrem Platz oder gleiten langsam über den Muskel. Sie spüren Zug und Wärme, keinen Schmerz. Der Sog richtet sich danach, was Ihnen angenehm ist."
    },
    "preparation": {
      "en": "Come neither hungry nor straight after a large meal. Round marks may be visible for several days: keep that in mind before a swim, a photograph or a special evening.",
      "fr": "Ne venez ni à jeun ni juste après un repas copieux. Des marques rondes peuvent rester visibles plusieurs jours : pensez-y avant la piscine, une photo ou une soirée.",
      "nl": "Kom niet met een lege maag en niet vlak na een zware maaltijd. Ronde plekken kunnen enkele dagen zichtbaar blijven: houd daar rekening mee voor het zwembad, een foto of een feest.",
      "de": "Kommen Sie weder hungrig noch direkt nach einer großen Mahlzeit. Runde Male können mehrere Tage zu sehen sein: Denken Sie daran vor dem Schwimmbad, einem Fototermin oder einem Fest."
    },
    "aftercare": {
      "en": "The round marks are harmless and fade within a few days to two weeks. Keep the skin warm, drink water, and leave out sauna, hot baths and hard training on the same day.",
      "fr": "Les marques rondes sont sans danger et s’estompent en quelques jours à deux semaines. Gardez la peau au chaud, buvez de l’eau et évitez sauna, bain chaud et entraînement intense le jour même.",
      "nl": "De ronde plekken zijn onschuldig en vervagen binnen enkele dagen tot twee weken. Houd de huid warm, drink water en laat sauna, warme baden en zware training die dag achterwege.",
      "de": "Die runden Male sind harmlos und verblassen in wenigen Tagen bis zwei Wochen. Halten Sie die Haut warm, trinken Sie Wasser und verzichten Sie am selben Tag auf Sauna, heiße Bäder und hartes Training."
    },
    "contraindications": {
      "en": "Not on broken, inflamed or sunburnt skin, varicose veins, a thrombosis, or over the belly in pregnancy. Ask your doctor first if you take blood thinners, have a bleeding disorder, very fragile skin, or heart or kidney failure.",
      "fr": "Pas sur une peau lésée, enflammée ou brûlée par le soleil, ni sur des varices ou une thrombose, ni sur le ventre pendant la grossesse. Demandez d’abord l’avis de votre médecin si vous prenez des anticoagulants, avez un trouble de la coagulation, une peau très fragile ou une insuffisance cardiaque ou rénale.",
      "nl": "Niet op beschadigde, ontstoken of verbrande huid, spataders of een trombose, en niet op de buik tijdens de zwangerschap. Vraag eerst raad aan uw arts bij bloedverdunners, een stollingsstoornis, een zeer kwetsbare huid, of hart- of nierfalen.",
      "de": "Nicht auf verletzter, entzündeter oder sonnenverbrannter Haut, auf Krampfadern oder bei Thrombose, in der Schwangerschaft nicht am Bauch. Fragen Sie zuerst ärztlich nach bei Blutverdünnern, Gerinnungsstörung, sehr empfindlicher Haut oder Herz- oder Nierenschwäche."
    }
  },
  {
    "code": "fascia-therapy",
    "modality": "fascia",
    "body_regions": ["neck", "chest", "upper_back", "lower_back", "abdomen", "hip", "thigh", "knee", "calf", "foot"],
    "alternatives": ["cupping", "muscle-energy-technique"],
    "follow_ups": ["muscle-energy-technique", "osteopathic-follow-up"],
    "requires_qualification": null,
    "name": {
      "en": "Fascia therapy",
      "fr": "Fasciathérapie",
      "nl": "Fasciatherapie",
      "de": "Faszientherapie"
    },
    "description": {
      "en": "Slow, gentle stretching of the connective tissue that wraps and joins the muscles. It aims at more ease of movement where tissue feels stuck, after long sitting, an old injury or a scar.",
      "fr": "Un étirement lent et doux du tissu conjonctif qui enveloppe et relie les muscles. Il vise à rendre du confort au mouvement là où les tissus semblent collés : position assise prolongée, ancienne blessure, cicatrice.",
      "nl": "Trage, zachte rek van het bindweefsel dat de spieren omhult en verbindt. Het doel is soepeler bewegen waar het weefsel vast aanvoelt, na lang zitten, een oude blessure of een litteken.",
      "de": "Langsames, sanftes Dehnen des Bindegewebes, das die Muskeln umhüllt und verbindet. Ziel ist mehr Leichtigkeit in der Bewegung, wo das Gewebe sich verklebt anfühlt: nach langem Sitzen, einer alten Verletzung oder einer Narbe."
    },
    "what_to_expect": {
      "en": "The hands work slowly and without hurry, often some distance from the painful spot. You may feel a mild burning or a deep stretch. We look at a movement together before and after, so that you can judge the difference yourself.",
      "fr": "Les mains travaillent lentement, souvent à distance de l’endroit douloureux. Vous pouvez sentir un léger échauffement ou un étirement profond. Nous observons ensemble un mouvement avant et après, pour que vous puissiez juger vous-même de la différence.",
      "nl": "De handen werken traag en zonder haast, vaak op afstand van de pijnlijke plek. U kunt een licht branderig gevoel of een diepe rek voelen. We bekijken samen een beweging voor en na, zodat u zelf het verschil kunt beoordelen.",
      "de": "Die Hände arbeiten langsam und ohne Eile, oft in einiger Entfernung von der schmerzenden Stelle. Sie spüren vielleicht ein leichtes Brennen oder eine tiefe Dehnung. Wir sehen uns gemeinsam eine Bewegung vorher und nachher an, damit Sie den Unterschied selbst beurteilen können."
    },
    "preparation": {
      "en": "Bring loose clothes or shorts. No body lotion on the day, please: the hands need some grip. Show us scars and tell us how old they are.",
      "fr": "Apportez des vêtements amples ou un short. Pas de lait corporel ce jour-là : les mains ont besoin d’un peu d’adhérence. Montrez-nous vos cicatrices et dites-nous leur âge.",
      "nl": "Breng losse kleding of een short mee. Gebruik die dag geen bodylotion: de handen hebben wat grip nodig. Toon ons littekens en zeg hoe oud ze zijn.",
      "de": "Bringen Sie lockere Kleidung oder eine kurze Hose mit. An dem Tag bitte keine Körperlotion: Die Hände brauchen etwas Halt. Zeigen Sie uns Narben und sagen Sie, wie alt sie sind."
    },
    "aftercare": {
      "en": "Drink water and walk a little in the evening. You may feel tired or lightly sore until the next day. Repeat the one or two exercises that we show you; few and regular does more than many and rare.",
      "fr": "Buvez de l’eau et marchez un peu le soir. Vous pouvez vous sentir fatigué ou légèrement courbaturé jusqu’au lendemain. Répétez l’exercice ou les deux exercices que nous vous montrons : peu et régulièrement vaut mieux que beaucoup et rarement.",
      "nl": "Drink water en wandel ’s avonds een eindje. U kunt tot de volgende dag moe of licht gevoelig zijn. Herhaal de een of twee oefeningen die we u tonen: weinig en regelmatig doet meer dan veel en zelden.",
      "de": "Trinken Sie Wasser und gehen Sie abends ein wenig spazieren. Bis zum nächsten Tag können Sie müde oder leicht empfindlich sein. Wiederholen Sie die ein, zwei Übungen, die wir Ihnen zeigen: wenig und regelmäßig bringt mehr als viel und selten."
    },
    "self_help": {
      "en": [
        {"kind": "exercise", "title": "Slow rolling", "text": "Roll the thigh or the calf over a foam roller, about a hand’s width per breath, for one minute a side. Leave out what hurts sharply."}
      ],
      "fr": [
        {"kind": "exercise", "title": "Rouler lentement", "text": "Faites rouler la cuisse ou le mollet sur un rouleau de mousse, la largeur d’une main par respiration, une minute par côté. Évitez ce qui fait vivement mal."}
      ],
      "nl": [
        {"kind": "exercise", "title": "Langzaam rollen", "text": "Rol de dij of de kuit over een foamroller, ongeveer een handbreedte per ademhaling, een minuut per kant. Sla over wat scherp pijn doet."}
      ],
      "de": [
        {"kind": "exercise", "title": "Langsam rollen", "text": "Rollen Sie Oberschenkel oder Wade über eine Schaumstoffrolle, etwa eine Handbreit pro Atemzug, eine Minute je Seite. Lassen Sie aus, was stechend schmerzt."}
      ]
    },
    "contraindications": {
      "en": "Not over fresh wounds, operations of the last six weeks, acute inflammation or a thrombosis. Ask your doctor first if you have a connective tissue disorder, an aneurysm, cancer under treatment, or take cortisone or blood thinners.",
      "fr": "Pas sur une plaie fraîche, une opération de moins de six semaines, une inflammation aiguë ou une thrombose. Demandez d’abord l’avis de votre médecin en cas de maladie du tissu conjonctif, d’anévrisme, de cancer en traitement, ou si vous prenez de la cortisone ou des anticoagulants.",
      "nl": "Niet op verse wonden, operaties van de voorbije zes weken, acute ontsteking of een trombose. Vraag eerst raad aan uw arts bij een bindweefselaandoening, een aneurysma, kanker in behandeling, of als u cortisone of bloedverdunners neemt.",
      "de": "Nicht über frischen Wunden, Operationen der letzten sechs Wochen, akuten Entzündungen oder einer Thrombose. Fragen Sie zuerst ärztlich nach bei einer Bindegewebserkrankung, einem Aneurysma, Krebs in Behandlung oder wenn Sie Kortison oder Blutverdünner nehmen."
    }
  },
  {
    "code": "muscle-energy-technique",
    "modality": "manual",
    "body_regions": ["neck", "shoulder", "lower_back", "hip", "buttock", "thigh", "knee", "calf"],
    "alternatives": ["fascia-therapy"],
    "follow_ups": ["osteopathic-follow-up"],
    "requires_qualification": null,
    "name": {
      "en": "Muscle energy technique",
      "fr": "Technique d’énergie musculaire",
      "nl": "Muscle energy technique",
      "de": "Muskelenergietechnik"
    },
    "description": {
      "en": "You tense a muscle lightly against the therapist’s hand, let go, and the muscle is stretched a little further. It is an active, gentle way to win back range of movement, without thrusts or cracking.",
      "fr": "Vous contractez légèrement un muscle contre la main du thérapeute, vous relâchez, et le muscle est étiré un peu plus loin. Une manière active et douce de regagner de l’amplitude, sans manipulation brusque ni craquement.",
      "nl": "U spant een spier licht aan tegen de hand van de therapeut, laat los, en de spier wordt iets verder gerekt. Een actieve, zachte manier om bewegingsruimte terug te winnen, zonder stoten of kraken.",
      "de": "Sie spannen einen Muskel leicht gegen die Hand der behandelnden Person an, lassen los, und der Muskel wird ein wenig weiter gedehnt. Ein aktiver, sanfter Weg zu mehr Beweglichkeit, ohne Ruck und ohne Knacken."
    },
    "what_to_expect": {
      "en": "A movement that is limited is measured first. Then you push with little force for about 5 to 10 seconds, three to five times per muscle, and breathe calmly. It should not hurt.",
      "fr": "Le mouvement limité est d’abord mesuré. Vous poussez ensuite avec peu de force pendant environ 5 à 10 secondes, trois à cinq fois par muscle, en respirant calmement. Cela ne doit pas faire mal.",
      "nl": "Eerst meten we de beweging die beperkt is. Daarna duwt u met weinig kracht ongeveer 5 tot 10 seconden, drie tot vijf keer per spier, en ademt u rustig door. Het mag geen pijn doen.",
      "de": "Zuerst wird die eingeschränkte Bewegung gemessen. Dann drücken Sie mit wenig Kraft etwa 5 bis 10 Sekunden, drei- bis fünfmal je Muskel, und atmen ruhig weiter. Es soll nicht wehtun."
    },
    "preparation": {
      "en": "Wear clothes in which you can move freely. Nothing else is needed.",
      "fr": "Portez des vêtements dans lesquels vous bougez librement. Rien d’autre n’est nécessaire.",
      "nl": "Draag kleding waarin u vrij kunt bewegen. Verder is er niets nodig.",
      "de": "Tragen Sie Kleidung, in der Sie sich frei bewegen können. Mehr ist nicht nötig."
    },
    "aftercare": {
      "en": "Use the new range gently during the day: turn, reach, walk. Light muscle soreness on the next day is normal. Leave heavy lifting and hard training until then.",
      "fr": "Utilisez la nouvelle amplitude en douceur au cours de la journée : tournez-vous, tendez le bras, marchez. De légères courbatures le lendemain sont normales. D’ici là, évitez les charges lourdes et l’entraînement intense.",
      "nl": "Gebruik de nieuwe bewegingsruimte die dag rustig: draai, reik, wandel. Lichte spierpijn de dag nadien is normaal. Stel zwaar tillen en zware training tot dan uit.",
      "de": "Nutzen Sie die neue Beweglichkeit am selben Tag sanft: drehen, greifen, gehen. Leichter Muskelkater am Folgetag ist normal. Verschieben Sie schweres Heben und hartes Training bis dahin."
    },
    "contraindications": {
      "en": "Not on recent fractures, torn muscles or tendons, unstable joints, or right after an operation. Ask your doctor first if you have severe osteoporosis, a recent heart attack or uncontrolled high blood pressure.",
      "fr": "Pas en cas de fracture récente, de déchirure musculaire ou tendineuse, d’articulation instable ou juste après une opération. Demandez d’abord l’avis de votre médecin en cas d’ostéoporose sévère, d’infarctus récent ou d’hypertension non contrôlée.",
      "nl": "Niet bij recente breuken, gescheurde spieren of pezen, instabiele gewrichten of vlak na een operatie. Vraag eerst raad aan uw arts bij ernstige osteoporose, een recent hartinfarct of een niet-gecontroleerde hoge bloeddruk.",
      "de": "Nicht bei frischen Brüchen, gerissenen Muskeln oder Sehnen, instabilen Gelenken oder direkt nach einer Operation. Fragen Sie zuerst ärztlich nach bei schwerer Osteoporose, einem kürzlichen Herzinfarkt oder nicht eingestelltem Bluthochdruck."
    }
  },
  {
    "code": "deep-tissue-massage",
    "modality": "manual",
    "body_regions": ["neck", "shoulder", "upper_back", "lower_back", "buttock", "thigh", "calf"],
    "alternatives": ["cupping", "fascia-therapy"],
    "follow_ups": ["trigger-point-massage", "muscle-energy-technique"],
    "requires_qualification": null,
    "name": {
      "en": "Deep tissue massage",
      "fr": "Massage profond",
      "nl": "Diepe weefselmassage",
      "de": "Tiefengewebsmassage"
    },
    "description": {
      "en": "Slow, firm strokes along the deeper layers of muscle, with a little oil. For broad, long-standing tension in back, legs or shoulders, and for people who train a lot.",
      "fr": "Des pressions glissées lentes et fermes le long des couches profondes du muscle, avec un peu d’huile. Pour les tensions étendues et anciennes du dos, des jambes ou des épaules, et pour les personnes qui s’entraînent beaucoup.",
      "nl": "Trage, stevige strijkingen langs de diepere spierlagen, met een beetje olie. Voor uitgebreide, langdurige spanning in rug, benen of schouders, en voor wie veel traint.",
      "de": "Langsame, kräftige Streichungen entlang der tieferen Muskelschichten, mit etwas Öl. Bei großflächiger, lang bestehender Spannung in Rücken, Beinen oder Schultern und für Menschen, die viel trainieren."
    },
    "what_to_expect": {
      "en": "We agree beforehand which areas are treated and which are not. The pressure begins light and deepens with your breathing. It may be intense, but you should be able to breathe calmly throughout; one word is enough to lighten it.",
      "fr": "Nous convenons d’abord des zones à traiter et de celles à éviter. La pression commence légère et s’approfondit avec votre respiration. Elle peut être intense, mais vous devez pouvoir respirer calmement du début à la fin ; un mot suffit pour l’alléger.",
      "nl": "We spreken vooraf af welke zones worden behandeld en welke niet. De druk begint licht en wordt dieper met uw ademhaling. Het kan intens zijn, maar u moet rustig kunnen blijven ademen; één woord volstaat om de druk te verlichten.",
      "de": "Wir vereinbaren vorher, welche Bereiche behandelt werden und welche nicht. Der Druck beginnt leicht und wird mit Ihrem Atem tiefer. Es darf intensiv sein, doch Sie sollten durchgehend ruhig atmen können; ein Wort genügt, und der Druck lässt nach."
    },
    "preparation": {
      "en": "Do not eat a large meal in the two hours before. Tell us about allergies to oils or nuts: we have a neutral oil. You undress only as far as you wish and are covered with towels.",
      "fr": "Évitez un repas copieux dans les deux heures qui précèdent. Signalez une allergie aux huiles ou aux noix : nous avons une huile neutre. Vous ne vous déshabillez que dans la mesure où vous le souhaitez, et des serviettes vous couvrent.",
      "nl": "Eet in de twee uur vooraf geen zware maaltijd. Meld allergieën voor oliën of noten: we hebben een neutrale olie. U ontkleedt zich slechts zover u wilt en wordt met handdoeken bedekt.",
      "de": "Essen Sie in den zwei Stunden davor keine große Mahlzeit. Nennen Sie Allergien gegen Öle oder Nüsse: Wir haben ein neutrales Öl. Sie entkleiden sich nur so weit, wie Sie möchten, und werden mit Tüchern bedeckt."
    },
    "aftercare": {
      "en": "Drink water and rest a little. Muscle soreness for a day or two is common. Leave hard training, alcohol and sauna for another day.",
      "fr": "Buvez de l’eau et reposez-vous un peu. Des courbatures pendant un jour ou deux sont fréquentes. Remettez à un autre jour l’entraînement intense, l’alcool et le sauna.",
      "nl": "Drink water en rust wat uit. Spierpijn gedurende een dag of twee komt vaak voor. Stel zware training, alcohol en sauna een dag uit.",
      "de": "Trinken Sie Wasser und ruhen Sie sich etwas aus. Muskelkater für ein bis zwei Tage ist häufig. Verschieben Sie hartes Training, Alkohol und Sauna auf einen anderen Tag."
    },
    "contraindications": {
      "en": "Not with fever, acute inflammation, a thrombosis, fresh injuries or skin disease in the area. Ask your doctor first if you take blood thinners, have osteoporosis, heart failure or cancer, or are pregnant. If pressure troubles you, cupping is the gentler choice.",
      "fr": "Pas en cas de fièvre, d’inflammation aiguë, de thrombose, de blessure récente ou de maladie de peau dans la zone. Demandez d’abord l’avis de votre médecin si vous prenez des anticoagulants, souffrez d’ostéoporose, d’insuffisance cardiaque ou d’un cancer, ou êtes enceinte. Si la pression vous gêne, les ventouses sont plus douces.",
      "nl": "Niet bij koorts, acute ontsteking, trombose, verse letsels of een huidaandoening in de zone. Vraag eerst raad aan uw arts als u bloedverdunners neemt, osteoporose, hartfalen of kanker hebt, of zwanger bent. Verdraagt u druk slecht, dan is cupping de zachtere keuze.",
      "de": "Nicht bei Fieber, akuter Entzündung, Thrombose, frischen Verletzungen oder Hautkrankheiten im Bereich. Fragen Sie zuerst ärztlich nach, wenn Sie Blutverdünner nehmen, Osteoporose, Herzschwäche oder Krebs haben oder schwanger sind. Wenn Druck Ihnen zusetzt, ist Schröpfen die sanftere Wahl."
    }
  },
  {
    "code": "osteopathic-follow-up",
    "modality": "manual",
    "body_regions": ["head", "neck", "upper_back", "lower_back", "abdomen", "pelvis", "hip"],
    "alternatives": ["muscle-energy-technique", "fascia-therapy"],
    "follow_ups": ["fascia-therapy"],
    "requires_qualification": "osteopathy-diploma",
    "name": {
      "en": "Osteopathic follow-up",
      "fr": "Suivi ostéopathique",
      "nl": "Osteopathische opvolging",
      "de": "Osteopathische Folgebehandlung"
    },
    "description": {
      "en": "A follow-up session with an osteopath, after a first course of treatment of the muscles. Joints, muscles, breathing and posture are looked at together, to see what keeps the complaint going and what may help to hold the gains.",
      "fr": "Une séance de suivi chez l’ostéopathe, après un premier traitement des muscles. Articulations, muscles, respiration et posture sont examinés ensemble, pour voir ce qui entretient la plainte et ce qui peut aider à garder les progrès.",
      "nl": "Een opvolgsessie bij de osteopaat, na een eerste behandeling van de spieren. Gewrichten, spieren, ademhaling en houding worden samen bekeken: wat houdt de klacht in stand, en wat kan helpen om de vooruitgang te behouden.",
      "de": "Eine Folgesitzung bei der Osteopathin oder dem Osteopathen nach einer ersten Behandlung der Muskeln. Gelenke, Muskeln, Atmung und Haltung werden gemeinsam betrachtet: Was hält die Beschwerden aufrecht, und was kann helfen, das Erreichte zu bewahren?"
    },
    "what_to_expect": {
      "en": "We talk about what has changed since last time, test your mobility and treat with gentle techniques. A quick joint manipulation is used only if it suits you and you agree beforehand. You leave with a simple plan for the coming weeks.",
      "fr": "Nous parlons de ce qui a changé depuis la dernière fois, testons votre mobilité et traitons par des techniques douces. Une manipulation articulaire rapide n’est utilisée que si elle vous convient et que vous l’avez acceptée au préalable. Vous repartez avec un plan simple pour les semaines à venir.",
      "nl": "We bespreken wat er sinds de vorige keer veranderd is, testen uw beweeglijkheid en behandelen met zachte technieken. Een snelle gewrichtsmanipulatie gebruiken we alleen als ze bij u past en u vooraf akkoord gaat. U vertrekt met een eenvoudig plan voor de komende weken.",
      "de": "Wir sprechen darüber, was sich seit dem letzten Mal verändert hat, prüfen Ihre Beweglichkeit und behandeln mit sanften Techniken. Eine schnelle Gelenkmanipulation wird nur eingesetzt, wenn sie zu Ihnen passt und Sie vorher zustimmen. Sie gehen mit einem einfachen Plan für die kommenden Wochen."
    },
    "preparation": {
      "en": "Bring reports of scans or operations if you have them, and note what made the complaint better or worse since the last session.",
      "fr": "Apportez, si vous en avez, les rapports d’imagerie ou d’opération, et notez ce qui a amélioré ou aggravé la plainte depuis la dernière séance.",
      "nl": "Breng verslagen van scans of operaties mee als u die hebt, en noteer wat de klacht sinds de vorige sessie beter of erger maakte.",
      "de": "Bringen Sie Befunde von Bildgebung oder Operationen mit, falls vorhanden, und notieren Sie, was die Beschwerden seit der letzten Sitzung gebessert oder verschlimmert hat."
    },
    "aftercare": {
      "en": "Take it easy for the rest of the day and drink water. Tiredness or mild soreness may last a day or two. Get in touch if something feels wrong or if new symptoms appear.",
      "fr": "Ménagez-vous le reste de la journée et buvez de l’eau. Une fatigue ou de légères courbatures peuvent durer un jour ou deux. Contactez-nous si quelque chose vous inquiète ou si de nouveaux symptômes apparaissent.",
      "nl": "Doe het de rest van de dag rustig aan en drink water. Vermoeidheid of lichte gevoeligheid kan een dag of twee duren. Neem contact op als iets niet goed aanvoelt of er nieuwe klachten opduiken.",
      "de": "Gehen Sie den Rest des Tages ruhig an und trinken Sie Wasser. Müdigkeit oder leichte Empfindlichkeit kann ein bis zwei Tage anhalten. Melden Sie sich, wenn sich etwas falsch anfühlt oder neue Beschwerden auftreten."
    },
    "contraindications": {
      "en": "No manipulation with a recent fracture or injury of the neck, severe osteoporosis, inflammatory joint disease in a flare, disease of the neck arteries, cancer in the bones, or growing weakness in an arm or leg: these need a doctor first. Ask your doctor too if you take blood thinners or are pregnant.",
      "fr": "Pas de manipulation en cas de fracture ou de traumatisme récent du cou, d’ostéoporose sévère, de poussée de rhumatisme inflammatoire, de maladie des artères du cou, de cancer osseux ou de faiblesse croissante d’un bras ou d’une jambe : un médecin doit d’abord être consulté. Demandez aussi son avis si vous prenez des anticoagulants ou êtes enceinte.",
      "nl": "Geen manipulatie bij een recente breuk of recent letsel van de nek, ernstige osteoporose, een opstoot van ontstekingsreuma, een aandoening van de halsslagaders, kanker in de botten of toenemend krachtverlies in arm of been: ga dan eerst naar een arts. Vraag ook raad aan uw arts als u bloedverdunners neemt of zwanger bent.",
      "de": "Keine Manipulation bei frischem Bruch oder frischer Verletzung der Halswirbelsäule, schwerer Osteoporose, einem Schub von entzündlichem Rheuma, Erkrankung der Halsgefäße, Krebs in den Knochen oder zunehmender Schwäche in Arm oder Bein: Das gehört zuerst in ärztliche Hände. Fragen Sie auch ärztlich nach, wenn Sie Blutverdünner nehmen oder schwanger sind."
    }
  },
  {
    "code": "mobility-class",
    "modality": "exercise",
    "body_regions": ["neck", "shoulder", "upper_back", "lower_back", "hip", "thigh", "calf"],
    "alternatives": ["fascia-therapy"],
    "follow_ups": [],
    "requires_qualification": null,
    "name": {
      "en": "Mobility and fascia self-massage class",
      "fr": "Cours de mobilité et d’automassage des fascias",
      "nl": "Les mobiliteit en zelfmassage van de fascia",
      "de": "Kurs Beweglichkeit und Faszien-Selbstmassage"
    },
    "description": {
      "en": "A small group learns to loosen its own muscles and fasciae with a ball, a roller and simple movements. The exercises are those that we give to take home after a treatment, shown slowly and adapted to each person.",
      "fr": "Un petit groupe apprend à relâcher ses muscles et ses fascias avec une balle, un rouleau et des mouvements simples. Ce sont les exercices que nous donnons à faire chez soi après un traitement, montrés lentement et adaptés à chacun.",
      "nl": "Een kleine groep leert de eigen spieren en fascia los te maken met een bal, een rol en eenvoudige bewegingen. Het zijn de oefeningen die we na een behandeling meegeven naar huis, rustig getoond en aan iedereen aangepast.",
      "de": "Eine kleine Gruppe lernt, die eigenen Muskeln und Faszien mit Ball, Rolle und einfachen Bewegungen zu lockern. Es sind die Übungen, die wir nach einer Behandlung für zu Hause mitgeben, langsam gezeigt und an jede Person angepasst."
    },
    "what_to_expect": {
      "en": "We warm up for ten minutes, roll and stretch one region after the other, and end lying down. Pressing on a tender spot may hurt a little; you decide how firmly. Nobody has to keep up with anybody.",
      "fr": "Dix minutes d’échauffement, puis rouleau et étirements, une région après l’autre, et nous terminons allongés. Appuyer sur un point sensible peut faire un peu mal ; c’est vous qui décidez de la pression. Personne n’a à suivre le rythme d’un autre.",
      "nl": "We warmen tien minuten op, rollen en rekken de ene zone na de andere en eindigen liggend. Druk op een gevoelige plek kan wat pijn doen; u bepaalt zelf hoe stevig. Niemand hoeft iemand bij te houden.",
      "de": "Wir wärmen uns zehn Minuten auf, rollen und dehnen eine Region nach der anderen und enden im Liegen. Druck auf eine empfindliche Stelle kann ein wenig schmerzen; wie fest, entscheiden Sie. Niemand muss mit anderen mithalten."
    },
    "preparation": {
      "en": "Wear clothes that you can move in and bring a towel; mats, balls and rollers are there. Eat nothing heavy in the two hours before. Tell the teacher before the class about injuries, pregnancy and medicines.",
      "fr": "Portez une tenue dans laquelle vous pouvez bouger et prenez une serviette ; tapis, balles et rouleaux sont sur place. Pas de repas lourd dans les deux heures qui précèdent. Avant le cours, signalez blessures, grossesse et médicaments.",
      "nl": "Draag kleding waarin u kunt bewegen en breng een handdoek mee; matten, ballen en rollen zijn er. Eet niets zwaars in de twee uur vooraf. Meld vóór de les verwondingen, zwangerschap en geneesmiddelen.",
      "de": "Tragen Sie Kleidung, in der Sie sich bewegen können, und bringen Sie ein Handtuch mit; Matten, Bälle und Rollen sind da. Essen Sie in den zwei Stunden davor nichts Schweres. Sagen Sie vor dem Kurs, wenn Sie verletzt oder schwanger sind oder Medikamente nehmen."
    },
    "aftercare": {
      "en": "Drink water and take a short walk. Repeat two of the exercises at home on the following days, a few minutes are enough. Muscles that are sore for a day or two are no cause for worry.",
      "fr": "Buvez de l’eau et marchez un peu. Les jours suivants, refaites deux des exercices chez vous : quelques minutes suffisent. Des courbatures d’un jour ou deux n’ont rien d’inquiétant.",
      "nl": "Drink water en maak een korte wandeling. Herhaal de volgende dagen twee van de oefeningen thuis; enkele minuten volstaan. Een dag of twee spierpijn is geen reden tot zorg.",
      "de": "Trinken Sie Wasser und gehen Sie ein Stück spazieren. Wiederholen Sie an den folgenden Tagen zwei der Übungen zu Hause, wenige Minuten genügen. Muskelkater von ein bis zwei Tagen ist kein Grund zur Sorge."
    },
    "contraindications": {
      "en": "Not suitable shortly after an operation or a fracture, with acute inflammation, thrombosis or severe osteoporosis. With blood thinners, in pregnancy or after a slipped disc, ask us first: a treatment for you alone may be the better start.",
      "fr": "Ne convient pas peu après une opération ou une fracture, ni en cas d’inflammation aiguë, de thrombose ou d’ostéoporose sévère. Sous anticoagulants, pendant la grossesse ou après une hernie discale, demandez-nous d’abord : un traitement individuel est peut-être un meilleur début.",
      "nl": "Niet geschikt kort na een operatie of een breuk, bij een acute ontsteking, trombose of ernstige osteoporose. Vraag ons eerst raad als u bloedverdunners neemt, zwanger bent of een hernia had: een behandeling voor u alleen is dan misschien een beter begin.",
      "de": "Nicht geeignet kurz nach einer Operation oder einem Bruch, bei akuter Entzündung, Thrombose oder schwerer Osteoporose. Mit Blutverdünnern, in der Schwangerschaft oder nach einem Bandscheibenvorfall fragen Sie uns zuerst: Eine Einzelbehandlung ist dann vielleicht der bessere Anfang."
    }
  }
]
$json$);
