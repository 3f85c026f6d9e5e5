-- What every act on the directory shares: an answer, JSON Merge Patch, If-Match, faults with their pointers, and the
-- two rows (audit and change) that tell of a write. The acts themselves are in the files that follow, one per resource.
--
-- An act is one plpgsql function that its named query calls: lock, compare the version, merge, check, write, record, answer.
-- It returns null for what is not there; the query then returns no row, which is 404.

do $$
begin
    if to_regtype('app.answer') is null then
        create type app.answer as (status int, body json, etag text, location text, replayed boolean);
    end if;
    -- Who acts, in which request, on which version; key and hash are of the Idempotency-Key, null without one.
    if to_regtype('app.caller') is null then
        create type app.caller as (sub text, request_id text, if_match text, key text, hash text);
    end if;
end
$$;

-- ---------------------------------------------------------------- answers

create or replace function app.refused(status int, slug text, detail text, members jsonb default '{}')
returns app.answer language sql immutable parallel safe as $$
    select row(status, app.problem(slug, detail, members)::json, null, null, null)::app.answer
$$;

-- A body with further members at its end (json, not jsonb: members keep their order, and it is faster).
create or replace function app.json_with(body json, members json)
returns json language sql immutable parallel safe as $$
    select (left(body::text, -1) || ', ' || substr(members::text, 2))::json
$$;

-- What the public reads, as the clinic's own record: with the instants of its making and of its last change.
create or replace function app.json_record(body json, created_at timestamptz, updated_at timestamptz)
returns json language sql stable parallel safe as $$
    select app.json_with(body, json_build_object('created_at', app.utc_instant(created_at), 'updated_at', app.utc_instant(updated_at)))
$$;

-- Why a write to what has this version and status cannot be; null when it can. `wanted` is the status it must have.
create or replace function app.write_refusal(version int, status text, if_match text, wanted text default 'active')
returns app.answer language plpgsql immutable parallel safe as $$
begin
    if if_match is null then
        return app.refused(428, 'precondition-required', 'Send If-Match with the version that you have read.');
    elsif if_match <> '*' and if_match <> version::text then
        return app.refused(412, 'version-mismatch', 'It has changed since you read it. Read it again, then repeat your change.',
                           jsonb_build_object('version', version));
    elsif status <> wanted then
        return app.refused(409, 'state-conflict',
                           case wanted when 'active' then 'It is archived. Restore it first.' else 'It is not archived.' end,
                           jsonb_build_object('current_status', status, 'version', version));
    end if;
    return null;
end
$$;

-- Why a clinic cannot get anything new: it is archived, or (to a token for all clinics) there is none; null when it can.
create or replace function app.clinic_refusal(tenant uuid)
returns app.answer language sql stable parallel safe as $$
    select case when c.id is null then app.refused(404, 'not-found', 'There is no such clinic.')
                when c.status = 'archived' then app.refused(409, 'state-conflict', 'The clinic is archived. Restore it first.',
                                                            jsonb_build_object('current_status', c.status)) end
    from (select) as always left join app.clinic c on c.id = tenant
$$;

-- ---------------------------------------------------------------- documents

-- JSON Merge Patch, RFC 7396 section 2.
create or replace function app.merge_patch(target jsonb, patch jsonb)
returns jsonb language plpgsql immutable parallel safe as $$
declare
    merged jsonb;
    member text;
    value jsonb;
begin
    if jsonb_typeof(patch) is distinct from 'object' then
        return patch;
    end if;
    merged := case when jsonb_typeof(target) = 'object' then target else '{}' end;
    for member, value in select e.key, e.value from jsonb_each(patch) as e loop
        if value = 'null' then
            merged := merged - member;
        else
            merged := merged || jsonb_build_object(member, app.merge_patch(merged -> member, value));
        end if;
    end loop;
    return merged;
end
$$;

-- A document without what says nothing: nulls, and empty objects and lists among its members. Two that are alike so say the
-- same, since what is absent is empty.
create or replace function app.settled(doc jsonb)
returns jsonb language sql immutable parallel safe as $$
    select case when doc is not null then
        (select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(jsonb_strip_nulls(doc)) where value not in ('{}', '[]')) end
$$;

create or replace function app.text_list(list jsonb)
returns text[] language sql immutable parallel safe as $$
    select array(select jsonb_array_elements_text(case when jsonb_typeof(list) = 'array' then list else '[]' end))
$$;

create or replace function app.uuid_list(list jsonb)
returns uuid[] language sql immutable parallel safe as $$
    select app.text_list(list)::uuid[]
$$;

-- A text by language as a reader gets it: all of them (wanted is null) or the one that serves best.
create or replace function app.texts(texts jsonb, wanted text[], fallback text[])
returns jsonb language sql immutable parallel safe as $$
    select case when wanted is null then texts else texts -> app.text_language(texts, wanted, fallback) end
$$;

-- Content-Language of one text; null when the answer holds all languages.
create or replace function app.texts_language(texts jsonb, wanted text[], fallback text[])
returns text language sql immutable parallel safe as $$
    select case when wanted is not null then coalesce(app.text_language(texts, wanted, fallback), fallback[1]) end
$$;

-- ---------------------------------------------------------------- faults

create or replace function app.fault(pointer text, detail text)
returns jsonb language sql immutable parallel safe as $$
    select jsonb_build_array(jsonb_build_object('pointer', pointer, 'detail', detail))
$$;

-- All faults of a document at once; null when there are none. References that do not exist go before rules.
create or replace function app.faults_refusal(missing jsonb, rules jsonb)
returns app.answer language sql immutable parallel safe as $$
    select case
        when missing <> '[]' then app.refused(422, 'unknown-reference', 'Something that the request names is not there, or not at this clinic; see errors.',
                                              jsonb_build_object('errors', missing || rules))
        when rules <> '[]' then app.refused(422, 'unprocessable', 'The members of the request do not go together; see errors.',
                                            jsonb_build_object('errors', rules))
    end
$$;

create or replace function app.already_exists(pointer text, detail text)
returns app.answer language sql immutable parallel safe as $$
    select app.refused(409, 'already-exists', detail, jsonb_build_object('errors', app.fault(pointer, detail)))
$$;

-- Members that must be there after a merge: a patch may take away only what is optional.
create or replace function app.required_faults(doc jsonb, members text[])
returns jsonb language sql immutable parallel safe as $$
    select coalesce(jsonb_agg(jsonb_build_object('pointer', '/' || member, 'detail', 'is required') order by place), '[]')
    from unnest(members) with ordinality as required (member, place)
    where doc -> member is null or doc -> member in ('""', '{}')
$$;

create or replace function app.reference_fault(pointer text, known boolean)
returns jsonb language sql immutable parallel safe as $$
    select case when known then '[]' else app.fault(pointer, 'is not known here') end
$$;

-- Entries of a list that do not occur among the known ones.
create or replace function app.missing_faults(pointer text, named text[], known text[])
returns jsonb language sql immutable parallel safe as $$
    select coalesce(jsonb_agg(jsonb_build_object('pointer', pointer || '/' || place - 1, 'detail', 'is not known here') order by place), '[]')
    from unnest(named) with ordinality as entry (name, place)
    where name is not null and name <> all (known)
$$;

-- app.is_timezone without its exception. Each part begins with a capital, so that other systems know the name too.
create or replace function app.timezone_faults(pointer text, zone text)
returns jsonb language plpgsql immutable parallel safe as $$
begin
    if zone ~ '^([A-Z][A-Za-z]*(/[A-Z][A-Za-z0-9_+-]*)+|UTC)$' and app.is_timezone(zone) then
        return '[]';
    end if;
    return app.fault(pointer, 'is no IANA time zone such as Europe/Brussels');
exception when invalid_parameter_value then
    return app.fault(pointer, 'is no IANA time zone such as Europe/Brussels');
end
$$;

-- Windows [{"from", "to"}] of no length. (One that ends before it begins runs into the next day, and 00:00 to 00:00 is a whole day.)
create or replace function app.window_faults(pointer text, windows jsonb)
returns jsonb language sql immutable parallel safe as $$
    select coalesce(jsonb_agg(jsonb_build_object('pointer', pointer || '/' || place - 1 || '/to', 'detail', 'must differ from "from"')
                              order by place), '[]')
    from jsonb_array_elements(windows) with ordinality as entry (span, place)
    where span ->> 'from' = span ->> 'to' and span ->> 'from' <> '00:00'
$$;

-- ---------------------------------------------------------------- what tells of a write

-- The members by which readers of the change log find what a change concerns.
create or replace function app.change_keys(doc jsonb)
returns jsonb language sql immutable parallel safe as $$
    select coalesce(jsonb_object_agg(key, value), '{}') from jsonb_each(doc)
    where key in ('slug', 'practitioner_id', 'location_id', 'practitioner_ids', 'location_ids', 'treatment', 'date_from', 'date_to')
$$;

-- `data` of a change row: version, keys, names of the members that changed and what the keys were before.
create or replace function app.change_data(before jsonb, after jsonb)
returns jsonb language sql immutable parallel safe as $$
    select app.change_keys(after) || jsonb_build_object('version', after -> 'version')
           || case when before is null then '{}' else jsonb_build_object('changed', (
                  select coalesce(jsonb_agg(key order by key), '[]')
                  from jsonb_object_keys(after || before) as key
                  where after -> key is distinct from before -> key and key not in ('version', 'updated_at'))) end
           || case when before is null or app.change_keys(before) = app.change_keys(after) then '{}'
                   else jsonb_build_object('was', app.change_keys(before)) end
$$;

-- One audit row (the whole document before and after) and one change row. The documents are those that an administrator reads; nothing in them names a client.
create or replace function app.directory_record(tenant uuid, entity text, entity_id text, operation text, kind text,
                                                caller app.caller, before jsonb, after jsonb)
returns void language sql volatile as $$
    insert into app.audit (clinic_id, who, what, entity, entity_id, before, after, request_id)
    values (tenant, coalesce(caller.sub, ''), operation, entity, entity_id, before, after, caller.request_id);

    insert into app.change (clinic_id, entity, entity_id, kind, data)
    values (tenant, entity, entity_id, kind, app.change_data(before, after));
$$;

-- The answer of an act that was done, kept for the caller's key.
create or replace function app.keep_answer(answer app.answer, caller app.caller)
returns app.answer language plpgsql volatile as $$
begin
    if caller.key is not null then
        insert into app.idempotency_record (sub, key, hash, status, body, location, etag)
        values (caller.sub, caller.key, caller.hash, answer.status, answer.body, answer.location, answer.etag);
    end if;
    return answer;
end
$$;

-- The end of a create (before is null) or patch that was written: its two rows and its answer, kept for the caller's key.
-- `noun` makes the operation's name; `path` is where a new one is found; `further` are members that only this answer has.
create or replace function app.written(tenant uuid, entity text, entity_id text, noun text, path text, caller app.caller,
                                       before jsonb, after json, further json default null)
returns app.answer language plpgsql as $$
declare
    answer app.answer;
begin
    perform app.directory_record(tenant, entity, entity_id, case when before is null then 'create' else 'patch' end || noun,
                                 case when before is null then 'created' else 'updated' end, caller, before, after::jsonb);
    answer := row(case when before is null then 201 else 200 end,
                  case when further is null then after else app.json_with(after, further) end, after ->> 'version',
                  case when before is null then path end, null);
    return app.keep_answer(answer, caller);
end
$$;

-- How long an answer is kept for its Idempotency-Key.
create or replace function app.answers_kept()
returns interval language sql immutable parallel safe as $$
    select interval '24 hours'
$$;

-- What was answered to this key before: the same to the same request, 422 to another one, null when the key is new or absent.
-- An answer older than app.answers_kept() makes way: the key is new again, also before anybody swept it up.
-- Takes the key's lock, so it comes before all others.
create or replace function app.answered_before(caller app.caller)
returns app.answer language plpgsql as $$
declare
    record app.idempotency_record;
begin
    if caller.key is null then
        return null;
    end if;
    perform app.lock_key(caller.sub, caller.key);
    select * into record from app.idempotency_record r where r.sub = caller.sub and r.key = caller.key;
    if not found then
        return null;
    elsif record.created_at <= app.now() - app.answers_kept() then
        delete from app.idempotency_record r where r.sub = caller.sub and r.key = caller.key;
        return null;
    elsif record.hash <> caller.hash then
        return app.refused(422, 'idempotency-key-reused', 'This Idempotency-Key came before with another request.');
    end if;
    return row(record.status, record.body, record.etag, record.location, true)::app.answer;
end
$$;

-- The beginning of a create in a clinic: null, or the answer that ends it at once.
create or replace function app.create_begin(tenant uuid, caller app.caller)
returns app.answer language plpgsql as $$
declare
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is null then
        perform app.lock_resources(tenant);
        select * into answer from app.clinic_refusal(tenant);
    end if;
    return answer;
end
$$;
