-- The audit trail, as administrators read it.

-- The members that differ, without those that every write changes.
create or replace function app.members_changed(before jsonb, after jsonb)
returns text[] language sql immutable parallel safe as $$
    select array(select key from jsonb_each(before)
                 where value is distinct from after -> key and after is not null and key not in ('version', 'updated_at')
                 order by key)
$$;

create or replace function app.audit_json(a app.audit)
returns json language sql stable parallel safe as $$
    select json_build_object(
        'id', a.id, 'at', app.utc_instant(a.at), 'clinic_id', nullif(a.clinic_id, app.no_clinic()), 'who', a.who, 'what', a.what,
        'entity', a.entity, 'entity_id', a.entity_id, 'changed', app.members_changed(a.before, a.after),
        'before', a.before, 'after', a.after, 'reason', a.reason, 'request_id', a.request_id)
$$;

-- args: the operation's parameters and scopes, clinics. Newest first. With directory:write the trail of the token's clinics,
-- with platform:write that of the shared catalogue; the row policy of app.audit says the same once more. As in
-- app.list_bookings only the filters that are there become part of the statement.
create or replace function app.list_audit(args jsonb)
returns app.answer language plpgsql stable as $$
declare
    page int := coalesce((args ->> 'limit')::int, 20);
    scopes text[] := string_to_array(args ->> 'scopes', ' ');
    everywhere boolean := 'directory:write' = any (scopes) and args ->> 'clinics' = '*';
    readable uuid[] := case when 'directory:write' = any (scopes) and not everywhere then app.clinics_filter(args ->> 'clinics') else '{}' end
                       || case when 'platform:write' = any (scopes) then array[app.no_clinic()] else '{}' end;
    filters text;
    after jsonb;
    after_at timestamptz;
    after_id bigint;
    found app.audit[];
begin
    if args ? 'cursor' then
        begin
            after := app.cursor_decode(args ->> 'cursor', 2);
            after_at := after ->> 0;
            after_id := after ->> 1;
        exception when data_exception then
            after_id := null;
        end;
        if after_at is null or after_id is null then
            return row(400, app.cursor_problem()::json, null, null, null)::app.answer;
        end if;
    end if;
    filters := case when everywhere then '(a.clinic_id <> app.no_clinic() or a.clinic_id = any ($1))' else 'a.clinic_id = any ($1)' end
        || case when args ? 'clinic_id' then ' and a.clinic_id = $2' else '' end
        || case when args ? 'entity' then ' and a.entity = $3' else '' end
        || case when args ? 'entity_id' then ' and a.entity_id = $4' else '' end
        || case when args ? 'who' then ' and a.who = $5' else '' end
        || case when args ? 'what' then ' and a.what = $6' else '' end
        || case when args ? 'request' then ' and a.request_id = $7' else '' end
        || case when args ? 'from' then ' and a.at >= $8' else '' end
        || case when args ? 'to' then ' and a.at < $9' else '' end
        || case when after_id is not null then ' and (a.at, a.id) < ($10, $11)' else '' end;
    execute 'select array_agg(f.a order by (f.a).at desc, (f.a).id desc)
             from (select a from app.audit a where ' || filters || ' order by a.at desc, a.id desc limit $12) as f'
    into found
    using readable, (args ->> 'clinic_id')::uuid, args ->> 'entity', args ->> 'entity_id', args ->> 'who', args ->> 'what',
          args ->> 'request', (args ->> 'from')::timestamptz, (args ->> 'to')::timestamptz, after_at, after_id, page + 1;
    return row(200,
               json_build_object(
                   'items', (select coalesce(json_agg(app.audit_json(a) order by a.at desc, a.id desc), '[]')
                             from unnest(found[1:page]) as a),
                   'next', case when cardinality(found) > page then
                       app.cursor_encode(jsonb_build_array(app.cursor_instant((found[page]).at), (found[page]).id)) end),
               null, null, null)::app.answer;
end
$$;
