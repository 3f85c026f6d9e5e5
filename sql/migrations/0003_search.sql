-- Search by words in any language: what people may call a thing, folded, is kept with its row and indexed by trigrams.
-- Search by place: an index for a rectangle of the map.

-- All texts of an object by language, or of a list of texts by language, one after another.
create function app.texts_words(texts jsonb) returns text language sql immutable strict parallel safe as $$
    select coalesce(string_agg(value #>> '{}', ' | '), '') from jsonb_path_query(texts, 'lax $.*[*]') as value
$$;

-- What people call parts of the body, in English, French, Dutch and German; a part that is not in the list has its own name.
-- Columns are made of it: change it in a migration that also rebuilds them (update ... set felt_in = felt_in).
create function app.region_words(regions text[]) returns text language sql immutable strict parallel safe as $$
    select coalesce(string_agg(replace(region, '_', ' ') || coalesce(' | ' || (names ->> region), ''), ' | '), '')
    from unnest(regions) as region,
         (select '{"head": "tête | hoofd | Kopf", "neck": "nape | cou | nuque | nek | Nacken | Genick | Hals", "jaw": "mâchoire | kaak | Kiefer",
                   "shoulder": "épaule | schouder | Schulter", "shoulder_blade": "omoplate | schouderblad | Schulterblatt",
                   "back": "dos | rug | Rücken", "upper_back": "haut du dos | bovenrug | oberer Rücken",
                   "lower_back": "low back | bas du dos | lombaires | reins | onderrug | lage rug | unterer Rücken | Kreuz",
                   "spine": "colonne vertébrale | wervelkolom | Wirbelsäule", "chest": "poitrine | thorax | borst | Brust",
                   "abdomen": "belly | stomach | ventre | abdominaux | buik | Bauch", "pelvis": "bassin | bekken | Becken",
                   "hip": "hanche | heup | Hüfte", "groin": "aine | lies | Leiste", "buttock": "fesse | fessier | bil | Gesäß | Po",
                   "arm": "bras | Arm", "upper_arm": "bras | bovenarm | Oberarm", "elbow": "coude | elleboog | Ellenbogen",
                   "forearm": "avant-bras | onderarm | Unterarm", "wrist": "poignet | pols | Handgelenk", "hand": "main | Hand",
                   "fingers": "doigts | vingers | Finger", "leg": "jambe | been | Bein",
                   "thigh": "cuisse | dij | bovenbeen | Oberschenkel", "knee": "genou | knie | Knie", "calf": "mollet | kuit | Wade",
                   "shin": "tibia | scheenbeen | Schienbein", "ankle": "cheville | enkel | Knöchel",
                   "achilles_tendon": "tendon d''Achille | achillespees | Achillessehne", "heel": "talon | hiel | Ferse",
                   "foot": "pied | voet | Fuß", "toes": "orteils | tenen | Zehen"}'::jsonb as names) as words
$$;

alter table app.complaint add column words text not null generated always as
    (app.fold(replace(code, '-', ' ') || ' | ' || app.texts_words(name) || ' | ' || app.texts_words(synonyms) || ' | '
              || app.region_words(felt_in) || ' | ' || app.region_words(may_originate_in))) stored;
alter table app.treatment add column words text not null generated always as
    (app.fold(replace(code, '-', ' ') || ' | ' || app.texts_words(name))) stored;
-- words: what a place is called. further_words: what else stands about it, for a query that no place is called by.
alter table app.location
    add column words text not null generated always as (app.fold(name || ' ' || coalesce(address ->> 'city', ''))) stored,
    add column further_words text not null generated always as
        (app.fold(coalesce(address ->> 'street', '') || ' | ' || coalesce(address ->> 'postal_code', '') || ' | '
                  || coalesce(address ->> 'region', '') || ' | ' || app.texts_words(directions))) stored;
alter table app.practitioner add column words text not null generated always as
    (app.fold(name || ' ' || coalesce(title, ''))) stored;

create index complaint_words on app.complaint using gin (words public.gin_trgm_ops);
create index treatment_words on app.treatment using gin (words public.gin_trgm_ops);
drop index app.location_words;
create index location_words on app.location using gin (words public.gin_trgm_ops);
create index location_further_words on app.location using gin (further_words public.gin_trgm_ops);
drop index app.practitioner_name;
create index practitioner_words on app.practitioner using gin (words public.gin_trgm_ops);

create index location_map on app.location using gist (point(longitude, latitude));
