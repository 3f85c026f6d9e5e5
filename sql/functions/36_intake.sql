-- Intake: what an offering asks of whoever books it, and what was answered.
--
-- The questions are kept in app.intake_form, a row per version, and never change there; the offering names the version that is
-- asked now, a booking the one that its answers belong to. Answers are an object by the question's code: a text, the code of
-- a choice (a list of codes where several may be chosen), true or false, or for a consent {accepted, version, language, at}.
-- They are in the answer to one booking and nowhere else: no list, no change or audit row, no log line has them.

-- ---------------------------------------------------------------- questions

-- Questions as they are kept: each with all the members that its type has.
create or replace function app.intake_questions(questions jsonb)
returns jsonb language sql immutable parallel safe as $$
    select coalesce(jsonb_agg(
               jsonb_build_object('code', q -> 'code', 'type', q -> 'type', 'label', q -> 'label',
                                  'help', coalesce(q -> 'help', '{}'), 'required', coalesce(q -> 'required', 'false'))
               || case q ->> 'type'
                  when 'text' then jsonb_build_object('max_length', coalesce(q -> 'max_length', '1000'))
                  when 'choice' then jsonb_build_object('choices', q -> 'choices', 'multiple', coalesce(q -> 'multiple', 'false'))
                  when 'consent' then jsonb_build_object('consent', q -> 'consent')
                  else '{}' end
               order by place), '[]')
    from jsonb_array_elements(coalesce(questions, '[]')) with ordinality as asked (q, place)
$$;

-- The questions of a version; none for null.
create or replace function app.intake_form_questions(clinic uuid, offering uuid, version int)
returns jsonb language plpgsql stable parallel safe as $$
begin
    return case when intake_form_questions.version is null then '[]'
           else (select f.questions from app.intake_form f
                 where f.clinic_id = clinic and f.offering_id = offering and f.version = intake_form_questions.version) end;
end
$$;

-- What is wrong with each of the questions that somebody wrote; the contract has checked their form.
create or replace function app.question_faults(pointer text, q jsonb)
returns jsonb language sql immutable parallel safe as $$
    select case when q -> 'label' = '{}' then app.fault(pointer || '/label', 'is required') else '[]' end
        || case when q ->> 'type' <> 'text' and q ? 'max_length' then app.fault(pointer || '/max_length', 'is for a text') else '[]' end
        || case when q ->> 'type' <> 'choice' and q ? 'choices' then app.fault(pointer || '/choices', 'is for a choice') else '[]' end
        || case when q ->> 'type' <> 'choice' and q ? 'multiple' then app.fault(pointer || '/multiple', 'is for a choice') else '[]' end
        || case when q ->> 'type' <> 'consent' and q ? 'consent' then app.fault(pointer || '/consent', 'is for a consent') else '[]' end
        || case when q ->> 'type' = 'choice' and not q ? 'choices' then app.fault(pointer || '/choices', 'is required for a choice') else '[]' end
        || case when q ->> 'type' = 'consent' and not q ? 'consent' then app.fault(pointer || '/consent', 'is required for a consent')
                when q #> '{consent,text}' = '{}' then app.fault(pointer || '/consent/text', 'is required') else '[]' end
        || coalesce((select jsonb_agg(fault order by place, fault ->> 'pointer')
                     from (select place, jsonb_build_object('pointer', pointer || '/choices/' || place - 1 || '/code',
                                                            'detail', 'stands twice') as fault
                           from (select place, row_number() over (partition by choice ->> 'code' order by place) as nth
                                 from jsonb_array_elements(q -> 'choices') with ordinality as c (choice, place)) as numbered
                           where nth > 1
                           union all
                           select place, jsonb_build_object('pointer', pointer || '/choices/' || place - 1 || '/label',
                                                            'detail', 'is required')
                           from jsonb_array_elements(q -> 'choices') with ordinality as c (choice, place)
                           where choice -> 'label' = '{}') as found), '[]')
$$;

-- What is wrong with the questions of an offering (null: a new one). A consent is given to words: other words, in any language
-- that they had, are another version. A language may be added.
create or replace function app.intake_rules(clinic uuid, offering uuid, questions jsonb)
returns jsonb language plpgsql stable parallel safe as $$
declare
    faults jsonb := '[]';
    seen text[] := '{}';
    place int := 0;
    q jsonb;
begin
    for q in select value from jsonb_array_elements(coalesce(questions, '[]')) loop
        faults := faults || app.question_faults('/intake/' || place, q);
        if q ->> 'code' = any (seen) then
            faults := faults || app.fault('/intake/' || place || '/code', 'stands twice');
        end if;
        if exists (select from app.intake_form f
                   cross join jsonb_array_elements(f.questions) as earlier
                   cross join jsonb_each_text(earlier #> '{consent,text}') as said (language, words)
                   where f.clinic_id = clinic and f.offering_id = offering and q ->> 'type' = 'consent'
                     and earlier ->> 'code' = q ->> 'code' and earlier ->> 'type' = 'consent'
                     and earlier #>> '{consent,version}' = q #>> '{consent,version}'
                     and words <> q #>> array['consent', 'text', language]) then
            faults := faults || app.fault('/intake/' || place || '/consent/version',
                                          'has other words already: a changed text is a new version');
        end if;
        seen := seen || (q ->> 'code');
        place := place + 1;
    end loop;
    return faults;
end
$$;

-- The version of an offering's questions after a write: the present one where they are as before, null where there are none,
-- else a new row. Under app.lock_resources of the clinic.
create or replace function app.save_intake(clinic uuid, offering uuid, present int, questions jsonb)
returns int language plpgsql as $$
declare
    version int;
begin
    if questions = app.intake_form_questions(clinic, offering, present) then
        return present;
    elsif questions = '[]' then
        return null;
    end if;
    select coalesce(max(f.version), 0) + 1 into version from app.intake_form f where f.clinic_id = clinic and f.offering_id = offering;
    insert into app.intake_form (clinic_id, offering_id, version, questions) values (clinic, offering, version, questions);
    return version;
end
$$;

-- A question as the public reads it. A consent says in which language its words are: the answer names it.
create or replace function app.question_json(q jsonb, wanted text[], fallback text[])
returns json language sql immutable parallel safe as $$
    select json_strip_nulls(json_build_object(
        'code', q -> 'code', 'type', q -> 'type', 'label', app.texts(q -> 'label', wanted, fallback),
        'help', case when q -> 'help' <> '{}' then app.texts(q -> 'help', wanted, fallback) end, 'required', q -> 'required',
        'max_length', q -> 'max_length',
        'choices', (select json_agg(json_build_object('code', choice -> 'code', 'label', app.texts(choice -> 'label', wanted, fallback))
                                    order by place)
                    from jsonb_array_elements(q -> 'choices') with ordinality as c (choice, place)),
        'multiple', q -> 'multiple',
        'consent', case when q ? 'consent' then json_build_object(
            'version', q #> '{consent,version}', 'text', app.texts(q #> '{consent,text}', wanted, fallback),
            'language', case when wanted is not null then app.text_language(q #> '{consent,text}', wanted, fallback) end) end))
$$;

-- readOfferingIntake: what the offering asks now, or asked in an earlier version; null when there is no such version.
-- Also of an archived offering, since bookings of it are still read.
create or replace function app.read_intake(offering uuid, version int, lang text, clinics text,
                                           out status int, out body json, out language text)
language plpgsql stable parallel safe as $$
declare
    wanted text[] := app.wanted_languages(lang);
    o app.offering;
    languages text[];
    questions jsonb;
begin
    select * into o from app.offering k where k.id = offering and app.clinic_allowed(k.clinic_id, clinics);
    if not found then
        return;
    end if;
    select c.languages into languages from app.clinic c where c.id = o.clinic_id;
    version := coalesce(version, o.intake_version);
    questions := app.intake_form_questions(o.clinic_id, o.id, version);
    if questions is null then
        return;
    end if;
    status := 200;
    body := json_build_object(
        'offering_id', o.id, 'clinic_id', o.clinic_id, 'version', version,
        'questions', (select coalesce(json_agg(app.question_json(q, wanted, languages) order by place), '[]')
                      from jsonb_array_elements(questions) with ordinality as asked (q, place)));
    language := (select string_agg(distinct app.texts_language(q -> 'label', wanted, languages), ', ')
                 from jsonb_array_elements(questions) as q);
end
$$;

-- ---------------------------------------------------------------- answers

-- What is wrong with one answer (never null); null when nothing is.
create or replace function app.answer_fault(q jsonb, answer jsonb)
returns text language plpgsql immutable parallel safe as $$
declare
    codes text[];
begin
    case q ->> 'type'
    when 'text' then
        return case when jsonb_typeof(answer) <> 'string' then 'must be a text'
                    when length(answer #>> '{}') > (q ->> 'max_length')::int
                        then format('must have at most %s characters', q ->> 'max_length') end;
    when 'yes_no' then
        return case when jsonb_typeof(answer) <> 'boolean' then 'must be true or false' end;
    when 'choice' then
        codes := array(select choice ->> 'code' from jsonb_array_elements(q -> 'choices') as choice);
        if (q ->> 'multiple')::boolean then
            return case when jsonb_typeof(answer) <> 'array' then 'must be a list of codes'
                        when exists (select from jsonb_array_elements_text(answer) as chosen where (chosen = any (codes)) is not true)
                            then 'must have nothing but ' || array_to_string(codes, ', ')
                        when (select count(distinct chosen) from jsonb_array_elements_text(answer) as chosen) <> jsonb_array_length(answer)
                            then 'must not name a code twice' end;
        end if;
        return case when jsonb_typeof(answer) <> 'string' or answer #>> '{}' <> all (codes)
                    then 'must be one of ' || array_to_string(codes, ', ') end;
    when 'consent' then
        return case when jsonb_typeof(answer) <> 'object' or jsonb_typeof(answer -> 'accepted') is distinct from 'boolean'
                         or jsonb_typeof(answer -> 'version') is distinct from 'string'
                        then 'must say whether it is `accepted`, and which `version` of the text'
                    when answer ->> 'version' <> q #>> '{consent,version}'
                        then format('is of another version: the text is of version %s, and has to be read',
                                    q #>> '{consent,version}')
                    when answer ->> 'language' is not null and not q #> '{consent,text}' ? (answer ->> 'language')
                        then 'has no text in that language'
                    when (q ->> 'required')::boolean and not (answer ->> 'accepted')::boolean then 'must be accepted' end;
    end case;
end
$$;

-- Whether nothing was answered.
create or replace function app.is_unanswered(answer jsonb)
returns boolean language sql immutable parallel safe as $$
    select answer is null or answer in ('null', '[]') or jsonb_typeof(answer) = 'string' and btrim(answer #>> '{}') = ''
$$;

create or replace function app.intake_faults(questions jsonb, answers jsonb, complete boolean, for_desk boolean, pointer text)
returns jsonb language sql immutable parallel safe as $$
    select coalesce(jsonb_agg(jsonb_build_object('pointer', pointer || '/' || f.code, 'detail', f.detail) order by f.place, f.code), '[]')
    from (select place, q ->> 'code' as code,
                 case when not app.is_unanswered(answers -> (q ->> 'code')) then app.answer_fault(q, answers -> (q ->> 'code'))
                      when complete and not for_desk and (q ->> 'required')::boolean then 'is required' end as detail
          from jsonb_array_elements(questions) with ordinality as asked (q, place)
          union all
          select null, given.key, 'is not asked'
          from jsonb_each(answers) as given
          where given.value <> 'null' and not exists (select from jsonb_array_elements(questions) as q where q ->> 'code' = given.key)) as f
    where f.detail is not null
$$;

-- Why these answers (null: none) cannot be taken, all faults at once, each at `pointer`/<code>; null when they can.
-- `complete`: what is required must be answered, as whenever a booking becomes firm; a hold may carry a part. The desk may leave
-- open what it could not ask (a booking by telephone: `intake_open` tells what), but whoever answers for a client, a consent is
-- to the text as it is now, and is accepted.
-- How an act uses it: app.entry_refusal asks it of the booking that app.new_booking has drafted under the locks (which names the
-- version), and app.enter_booking keeps the answers; app.make_firm calls app.confirmed_intake. The second form takes an offering
-- as it was read.
create or replace function app.intake_refusal(clinic uuid, offering uuid, version int, answers jsonb, complete boolean, for_desk boolean,
                                              pointer text default '/intake')
returns app.answer language plpgsql stable parallel safe as $$
declare
    faults jsonb;
begin
    answers := coalesce(nullif(answers, 'null'), '{}');
    if version is null and answers = '{}' then
        return null;
    end if;
    faults := app.intake_faults(app.intake_form_questions(clinic, offering, version), answers, complete, for_desk, pointer);
    if faults = '[]' then
        return null;
    end if;
    return app.refused(422, 'intake-invalid', 'The answers are not what the offering asks; see errors.',
                       jsonb_build_object('errors', faults));
end
$$;

create or replace function app.intake_refusal(offering app.offering, answers jsonb, complete boolean, for_desk boolean,
                                              pointer text default '/intake')
returns app.answer language plpgsql stable parallel safe as $$
begin
    return app.intake_refusal(offering.clinic_id, offering.id, offering.intake_version, answers, complete, for_desk, pointer);
end
$$;

create or replace function app.intake_refusal(b app.booking, answers jsonb, complete boolean, for_desk boolean,
                                              pointer text default '/intake')
returns app.answer language plpgsql stable parallel safe as $$
begin
    return app.intake_refusal(b.clinic_id, b.offering_id, b.intake_version, answers, complete, for_desk, pointer);
end
$$;

-- The booking with its answers as they are kept: those that are asked and answered, a consent with the language of the text that
-- the client read (as the caller says, else the one that serves the client best, as it does readers) and the moment.
create or replace function app.with_intake(b app.booking, version int, answers jsonb)
returns app.booking language plpgsql stable as $$
declare
    questions jsonb;
    languages text[];
begin
    b.intake_version := version;
    if version is null or coalesce(answers, 'null') in ('null', '{}') then
        b.intake := null;
        return b;
    end if;
    questions := app.intake_form_questions(b.clinic_id, b.offering_id, version);
    select c.languages into languages from app.clinic c where c.id = b.clinic_id;
    select jsonb_object_agg(q ->> 'code',
                            case when q ->> 'type' = 'consent' and jsonb_typeof(answer) = 'object' then
                                jsonb_build_object('at', app.utc_instant(app.now()),
                                                   'language', app.text_language(q #> '{consent,text}',
                                                                                 array[b.client ->> 'language'], languages))
                                || jsonb_strip_nulls(answer)
                                else answer end)
    into b.intake
    from jsonb_array_elements(questions) as q
    cross join lateral (select answers -> (q ->> 'code') as answer) as given
    where not app.is_unanswered(answer);
    return b;
end
$$;

-- A hold that becomes firm: what it carried and what comes now (null takes an answer back), against the questions of now.
-- `b` comes back with the answers as they are kept; or `refusal` says what is wrong. Nothing is written.
create or replace function app.confirmed_intake(inout b app.booking, answers jsonb, for_desk boolean, pointer text,
                                                out refusal app.answer)
language plpgsql stable as $$
declare
    offering app.offering;
    merged jsonb;
begin
    select * into offering from app.offering o where o.clinic_id = b.clinic_id and o.id = b.offering_id;
    select coalesce(jsonb_object_agg(key, value), '{}') || coalesce(nullif(answers, 'null'), '{}') into merged
    from jsonb_each(b.intake)
    where exists (select from jsonb_array_elements(
                                 app.intake_form_questions(b.clinic_id, b.offering_id, offering.intake_version)) as q
                  where q ->> 'code' = key);
    refusal := app.intake_refusal(offering, merged, true, for_desk, pointer);
    if refusal.status is null then
        b := app.with_intake(b, offering.intake_version, merged);
    end if;
end
$$;

-- Answers put right (null takes one back, or all), against the questions that the booking was asked: what came later changes
-- nothing about it. What the desk left open may be answered piece by piece; but of a firm booking only the desk opens again what
-- was answered. `b` comes back with its answers; or `refusal` says what is wrong. Nothing is written.
create or replace function app.corrected_intake(inout b app.booking, answers jsonb, for_desk boolean, out refusal app.answer)
language plpgsql stable as $$
declare
    was_open boolean := app.intake_json(b) ->> 'intake_open' <> '[]';
    merged jsonb := case when answers = 'null' then '{}' else coalesce(b.intake, '{}') || answers end;
begin
    refusal := app.intake_refusal(b, merged, b.status <> 'held' and not was_open, for_desk);
    if refusal.status is null then
        b := app.with_intake(b, b.intake_version, merged);
    end if;
end
$$;

-- The members of one booking that no list has.
create or replace function app.intake_json(b app.booking)
returns json language plpgsql stable as $$
begin
    return json_build_object(
        'intake', b.intake, 'intake_version', b.intake_version,
        -- Nothing is open of what nobody can be asked any more.
        'intake_open', case when b.intake_version is null or b.client is null and b.status <> 'held' then '{}'::text[]
            else array(select q ->> 'code'
                       from jsonb_array_elements(app.intake_form_questions(b.clinic_id, b.offering_id, b.intake_version))
                            with ordinality as asked (q, place)
                       where (q ->> 'required')::boolean and not coalesce(b.intake ? (q ->> 'code'), false) order by place) end);
end
$$;
