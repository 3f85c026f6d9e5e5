-- The shared catalogue: treatments and complaints by code. Writes are rare and touch each other (a complaint names treatments,
-- and both show it), so they go one after another. Their changes and audit rows are kept under app.no_clinic().

create or replace function app.lock_catalogue()
returns void language sql volatile as $$
    select pg_advisory_xact_lock(2, 0)
$$;

create or replace function app.treatment_json(t app.treatment, wanted text[])
returns json language plpgsql stable parallel safe as $$
begin
    return json_build_object(
        'code', t.code, 'name', app.texts(t.name, wanted, '{en}'), 'description', app.texts(t.description, wanted, '{en}'),
        'what_to_expect', app.texts(t.what_to_expect, wanted, '{en}'), 'preparation', app.texts(t.preparation, wanted, '{en}'),
        'aftercare', app.texts(t.aftercare, wanted, '{en}'), 'contraindications', app.texts(t.contraindications, wanted, '{en}'),
        'self_help', coalesce(app.texts(t.self_help, wanted, '{en}'), '[]'),
        'modality', t.modality, 'body_regions', t.body_regions,
        'complaints', array(select ct.complaint from app.complaint_treatment ct where ct.treatment = t.code order by ct.complaint),
        'alternatives', array(select r.other from app.treatment_relation r
                              where r.treatment = t.code and r.kind = 'alternative' order by r.position, r.other),
        'follow_ups', array(select r.other from app.treatment_relation r
                            where r.treatment = t.code and r.kind = 'follow_up' order by r.position, r.other),
        'requires_qualification', t.requires_qualification, 'status', t.status, 'version', t.version);
end
$$;

create or replace function app.complaint_json(c app.complaint, wanted text[])
returns json language plpgsql stable parallel safe as $$
begin
    return json_build_object(
        'code', c.code, 'name', app.texts(c.name, wanted, '{en}'),
        'synonyms', coalesce(app.texts(c.synonyms, wanted, '{en}'), '[]'), 'felt_in', c.felt_in, 'may_originate_in', c.may_originate_in,
        'treatments', array(select ct.treatment from app.complaint_treatment ct
                            where ct.complaint = c.code order by ct.position, ct.treatment),
        'status', c.status, 'version', c.version);
end
$$;

-- Self-help as it is kept: every entry with all its members.
create or replace function app.self_help(lists jsonb)
returns jsonb language sql immutable parallel safe as $$
    select coalesce(jsonb_object_agg(list.key, (
               select jsonb_agg(jsonb_build_object('kind', entry -> 'kind', 'title', entry -> 'title', 'text', entry -> 'text',
                                                   'url', entry -> 'url') order by place)
               from jsonb_array_elements(list.value) with ordinality as kept (entry, place))), '{}')
    from jsonb_each(coalesce(lists, '{}')) as list
    where list.value <> '[]'
$$;

create or replace function app.treatment_faults(pointer text, codes text[])
returns jsonb language sql stable parallel safe as $$
    select app.missing_faults(pointer, codes, array(select t.code from app.treatment t where t.code = any (codes)))
$$;

-- The version that a put asks for. If-None-Match: * and If-Match at once can never both hold: '-1' is no version.
create or replace function app.put_version(if_match text, if_none_match text)
returns text language sql immutable parallel safe as $$
    select case when if_none_match is not null and if_match is not null then '-1' else if_match end
$$;

-- The document that a PUT or PATCH leaves, or why it cannot be: an answer with a status. `act` is put or patch; a put without
-- If-Match creates (the contract asks for If-None-Match: *).
create or replace function app.catalogue_refusal(act text, version int, status text, if_match text)
returns app.answer language sql immutable parallel safe as $$
    select case
        when version is null and act = 'put' and if_match is null then null
        when version is null and act = 'put'
            then app.refused(412, 'version-mismatch', 'There is no such code yet: create it with If-None-Match: * and no If-Match.')
        when act = 'put' and if_match is null
            then app.refused(412, 'version-mismatch', 'This code exists already: read it, then replace it with If-Match.',
                             jsonb_build_object('version', version))
        else app.write_refusal(version, status, if_match) end
$$;

-- Puts or patches a treatment. A put replaces everything; what it does not name becomes the default.
create or replace function app.write_treatment(act text, target text, body jsonb, caller app.caller)
returns app.answer language plpgsql as $$
declare
    old app.treatment;
    new app.treatment;
    alternatives text[];
    follow_ups text[];
    before jsonb;
    doc jsonb;
    answer app.answer;
begin
    perform app.lock_catalogue();
    select * into old from app.treatment where code = target for no key update;
    if not found and act = 'patch' then
        return null;
    end if;
    answer := app.catalogue_refusal(act, old.version, old.status, caller.if_match);
    if answer.status is not null then
        return answer;
    end if;
    before := case when old.code is not null then app.treatment_json(old, null) end;
    doc := case act when 'put' then app.merge_patch('{}', body) else app.merge_patch(before, body) end;
    if app.settled(doc) = app.settled(before) then
        return row(200, before, old.version, null, null)::app.answer;
    end if;

    new.name := doc -> 'name';
    new.description := coalesce(doc -> 'description', '{}');
    new.what_to_expect := coalesce(doc -> 'what_to_expect', '{}');
    new.preparation := coalesce(doc -> 'preparation', '{}');
    new.aftercare := coalesce(doc -> 'aftercare', '{}');
    new.contraindications := coalesce(doc -> 'contraindications', '{}');
    new.self_help := app.self_help(doc -> 'self_help');
    new.modality := doc ->> 'modality';
    new.body_regions := app.text_list(doc -> 'body_regions');
    new.requires_qualification := doc ->> 'requires_qualification';
    alternatives := app.text_list(doc -> 'alternatives');
    follow_ups := app.text_list(doc -> 'follow_ups');
    answer := app.faults_refusal(
        app.treatment_faults('/alternatives', array_replace(alternatives, target, null))
        || app.treatment_faults('/follow_ups', array_replace(follow_ups, target, null)),
        app.required_faults(doc, '{name,modality}')
        || case when target = any (alternatives) then app.fault('/alternatives', 'must not name the treatment itself') else '[]' end
        || case when target = any (follow_ups) then app.fault('/follow_ups', 'must not name the treatment itself') else '[]' end);
    if answer.status is not null then
        return answer;
    end if;

    insert into app.treatment as t (code, name, description, what_to_expect, preparation, aftercare, contraindications, self_help,
                                    modality, body_regions, requires_qualification)
    values (target, new.name, new.description, new.what_to_expect, new.preparation, new.aftercare, new.contraindications,
            new.self_help, new.modality, new.body_regions, new.requires_qualification)
    on conflict (code) do update
    set (name, description, what_to_expect, preparation, aftercare, contraindications, self_help, modality, body_regions,
         requires_qualification, version, updated_at)
        = (excluded.name, excluded.description, excluded.what_to_expect, excluded.preparation, excluded.aftercare,
           excluded.contraindications, excluded.self_help, excluded.modality, excluded.body_regions, excluded.requires_qualification,
           t.version + 1, app.now())
    returning * into new;
    delete from app.treatment_relation where treatment = target;
    insert into app.treatment_relation (treatment, kind, other, position)
    select target, 'alternative', other, place from unnest(alternatives) with ordinality as entry (other, place)
    union all
    select target, 'follow_up', other, place from unnest(follow_ups) with ordinality as entry (other, place);
    return app.catalogue_written('treatment', target, act, caller, before, app.treatment_json(new, null));
end
$$;

-- Puts or patches a complaint. The treatments that it names, or no longer names, show it, and so have a new version.
create or replace function app.write_complaint(act text, target text, body jsonb, caller app.caller)
returns app.answer language plpgsql as $$
declare
    old app.complaint;
    new app.complaint;
    treatments text[];
    before jsonb;
    doc jsonb;
    answer app.answer;
begin
    perform app.lock_catalogue();
    select * into old from app.complaint where code = target for no key update;
    if not found and act = 'patch' then
        return null;
    end if;
    answer := app.catalogue_refusal(act, old.version, old.status, caller.if_match);
    if answer.status is not null then
        return answer;
    end if;
    before := case when old.code is not null then app.complaint_json(old, null) end;
    doc := case act when 'put' then app.merge_patch('{}', body) else app.merge_patch(before, body) end;
    if app.settled(doc) = app.settled(before) then
        return row(200, before, old.version, null, null)::app.answer;
    end if;

    treatments := app.text_list(doc -> 'treatments');
    answer := app.faults_refusal(app.treatment_faults('/treatments', treatments), app.required_faults(doc, '{name}'));
    if answer.status is not null then
        return answer;
    end if;

    insert into app.complaint as c (code, name, synonyms, felt_in, may_originate_in)
    values (target, doc -> 'name', coalesce(doc -> 'synonyms', '{}'), app.text_list(doc -> 'felt_in'),
            app.text_list(doc -> 'may_originate_in'))
    on conflict (code) do update
    set (name, synonyms, felt_in, may_originate_in, version, updated_at)
        = (excluded.name, excluded.synonyms, excluded.felt_in, excluded.may_originate_in, c.version + 1, app.now())
    returning * into new;
    update app.treatment
    set version = version + 1, updated_at = app.now()
    where (code = any (treatments)) <> (code = any (app.text_list(before -> 'treatments')));
    delete from app.complaint_treatment where complaint = target;
    insert into app.complaint_treatment (complaint, treatment, position)
    select target, treatment, place from unnest(treatments) with ordinality as entry (treatment, place);
    return app.catalogue_written('complaint', target, act, caller, before, app.complaint_json(new, null));
end
$$;

create or replace function app.catalogue_written(entity text, code text, act text, caller app.caller, before jsonb, after json)
returns app.answer language plpgsql as $$
begin
    perform app.directory_record(app.no_clinic(), entity, code, act || upper(left(entity, 1)) || substr(entity, 2),
                                 case when before is null then 'created' else 'updated' end, caller, before, after::jsonb);
    return row(case when before is null then 201 else 200 end, after, after ->> 'version',
               case when before is null then format('/v1/%ss/%s', entity, code) end, null)::app.answer;
end
$$;

-- Archives ('archived') or restores ('active') a treatment or complaint.
create or replace function app.set_catalogue_status(entity text, target text, wanted text, caller app.caller)
returns app.answer language plpgsql as $$
declare
    before json;
    after json;
    answer app.answer;
begin
    perform app.lock_catalogue();
    execute format('select app.%1$s_json(t, null) from app.%1$I as t where t.code = $1 for no key update', entity)
        into before using target;
    if before is null then
        return null;
    end if;
    answer := app.write_refusal((before ->> 'version')::int, before ->> 'status',
                                caller.if_match,
                                case wanted when 'archived' then 'active' else 'archived' end);
    if answer.status is not null then
        return answer;
    end if;
    execute format('update app.%1$I as t set status = $2, version = t.version + 1, updated_at = app.now()
                    where t.code = $1 returning app.%1$s_json(t, null)', entity)
        into after using target, wanted;
    perform app.directory_record(app.no_clinic(), entity, target,
                                 case wanted when 'archived' then 'archive' else 'restore' end || upper(left(entity, 1)) || substr(entity, 2),
                                 case wanted when 'archived' then 'archived' else 'restored' end, caller, before::jsonb, after::jsonb);
    return row(200, after, after ->> 'version', null, null)::app.answer;
end
$$;
