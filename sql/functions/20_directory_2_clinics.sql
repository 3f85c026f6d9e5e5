-- Clinics: their shape, creating and changing them.

create or replace function app.clinic_json(c app.clinic)
returns json language sql stable parallel safe as $$
    select json_build_object(
        'id', c.id, 'slug', c.slug, 'name', c.name, 'timezone', c.timezone, 'languages', c.languages,
        'contact', json_build_object('phone', c.contact -> 'phone', 'email', c.contact -> 'email', 'website', c.contact -> 'website'),
        'policy', app.policy(c.policy), 'status', c.status, 'version', c.version,
        'created_at', app.utc_instant(c.created_at), 'updated_at', app.utc_instant(c.updated_at))
$$;

-- Creates (target is null) or patches a clinic. policy keeps what was said and the rest is read from the defaults, so null
-- in a patch goes back to the default.
create or replace function app.write_clinic(target uuid, body jsonb, caller app.caller)
returns app.answer language plpgsql as $$
declare
    old app.clinic;
    new app.clinic;
    before jsonb;
    base jsonb;
    doc jsonb;
    answer app.answer;
begin
    if target is null then
        answer := app.answered_before(caller);
    else
        perform app.lock_resources(target);
        select * into old from app.clinic where id = target for no key update;
        if not found then
            return null;
        end if;
        answer := app.write_refusal(old.version, old.status, caller.if_match);
        before := app.clinic_json(old);
        base := before || jsonb_build_object('policy', old.policy);
    end if;
    if answer.status is not null then
        return answer;
    end if;
    doc := app.merge_patch(base, body);
    if app.settled(doc) = app.settled(base) then
        return row(200, app.json_with(before::json, app.affected('[]')), old.version, null, null)::app.answer;
    end if;

    new.id := coalesce(target, (doc ->> 'id')::uuid, app.new_id());
    new.slug := doc ->> 'slug';
    new.name := doc ->> 'name';
    new.timezone := doc ->> 'timezone';
    new.languages := case when doc ? 'languages' then app.text_list(doc -> 'languages') else '{en}' end;
    new.contact := jsonb_strip_nulls(coalesce(doc -> 'contact', '{}'));
    new.policy := coalesce(doc -> 'policy', '{}');
    new.status := 'active';
    new.version := coalesce(old.version, 0) + 1;
    new.created_at := coalesce(old.created_at, app.now());
    new.updated_at := app.now();
    answer := app.faults_refusal('[]', app.required_faults(doc, '{slug,name,timezone}') || app.timezone_faults('/timezone', new.timezone));
    if answer.status is not null then
        return answer;
    end if;

    insert into app.clinic (id, slug, name, timezone, languages, contact, policy, status, version, created_at, updated_at)
    values (new.id, new.slug, new.name, new.timezone, new.languages, new.contact, new.policy, new.status, new.version,
            new.created_at, new.updated_at)
    on conflict (id) do update
    set (slug, name, timezone, languages, contact, policy, version, updated_at)
        = (excluded.slug, excluded.name, excluded.timezone, excluded.languages, excluded.contact, excluded.policy,
           excluded.version, excluded.updated_at);
    return app.written(new.id, 'clinic', new.id::text, 'Clinic', '/v1/clinics/' || new.id, caller, before, app.clinic_json(new),
                       app.affected('[]'));
exception when unique_violation then
    return app.already_exists('/slug', 'Another clinic has this slug.');
end
$$;

-- A token that is bound to some clinics cannot make another one: it could never see it.
create or replace function app.create_clinic(body jsonb, clinics text, caller app.caller)
returns app.answer language plpgsql as $$
begin
    if clinics is distinct from '*' then
        return app.refused(403, 'forbidden', 'A new clinic needs a token for all clinics.');
    end if;
    return app.write_clinic(null, body, caller);
end
$$;
