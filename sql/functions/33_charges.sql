-- Charges: what late cancellations, late moves and missed visits cost. Listed, exported for invoices, waived. Amounts are minor
-- units, worked out once, when the charge is made: the percentage of the booked price, halves rounded up (app.share).

-- ---------------------------------------------------------------- shape

-- Why and by whom it was waived is the clinic's own matter.
create or replace function app.charge_json(c app.charge, b app.booking, for_desk boolean)
returns json language plpgsql stable as $$
begin
    return json_build_object(
        'id', c.id, 'clinic_id', c.clinic_id, 'booking_id', c.booking_id, 'reference', b.reference, 'external_ref', b.external_ref,
        'kind', c.kind, 'percent', c.percent, 'price', json_build_object('amount', b.price_amount, 'currency', b.price_currency),
        'amount', c.amount, 'currency', c.currency, 'status', c.status,
        'waived_by', case when for_desk then c.waived_by end, 'waive_reason', case when for_desk then c.waive_reason end,
        'treatment', b.treatment, 'start', app.local_instant(b.starts_at, b.timezone), 'timezone', b.timezone,
        'client_name', b.client ->> 'name', 'source', c.source, 'version', c.version,
        'created_at', app.local_instant(c.created_at, b.timezone), 'updated_at', app.local_instant(c.updated_at, b.timezone));
end
$$;

-- ---------------------------------------------------------------- which

-- args as of listCharges, and sub, scopes, clinics; `most` charges after (after_at, after_id), oldest first. A partner gets
-- those of its own bookings, a desk those of its clinics, each along its index. As in app.list_bookings, only the filters
-- that are there become part of the statement.
create or replace function app.find_charges(args jsonb, for_desk boolean, most int, after_at timestamptz, after_id uuid)
returns app.charge[] language plpgsql stable as $$
declare
    clinics uuid[] := app.listed_clinics(args, for_desk);
    filters text;
    found_charges app.charge[];
begin
    filters := case when after_id is not null then ' and (c.created_at, c.id) > ($1, $2)' else '' end
        || case when args ? 'status' then ' and c.status = any ($3)' else '' end
        || case when args ? 'booking_id' then ' and c.booking_id = $4' else '' end
        || case when args ? 'from' then ' and c.created_at >= $5' else '' end
        || case when args ? 'to' then ' and c.created_at < $6' else '' end
        || case when clinics is not null and not for_desk then ' and c.clinic_id = any ($7)' else '' end;
    execute 'select array_agg(f.c order by (f.c).created_at, (f.c).id) from (select k.c from '
        || case when for_desk then 'unnest($7) as n (id) cross join lateral (select c from app.charge c where c.clinic_id = n.id'
                else '(select c from app.charge c where c.source = $8' end
        || filters || ' order by c.created_at, c.id limit $9) as k order by (k.c).created_at, (k.c).id limit $9) as f'
    into found_charges
    using after_at, after_id, app.argument_list(args ->> 'status'), (args ->> 'booking_id')::uuid, (args ->> 'from')::timestamptz,
          (args ->> 'to')::timestamptz, clinics, args ->> 'sub', most;
    return coalesce(found_charges, '{}');
end
$$;

create or replace function app.list_charges(args jsonb)
returns app.answer language plpgsql stable as $$
declare
    page int := coalesce((args ->> 'limit')::int, 20);
    for_desk boolean := coalesce('bookings:desk' = any (string_to_array(args ->> 'scopes', ' ')), false);
    after_at timestamptz;
    after_id uuid;
    found_charges app.charge[];
    last_one app.charge;
    next_cursor text;
begin
    if args ? 'cursor' then
        select k.at, k.id into after_at, after_id from app.cursor_place(args ->> 'cursor') as k;
        if after_id is null then
            return row(400, app.cursor_problem()::json, null, null, null)::app.answer;
        end if;
    end if;
    found_charges := app.find_charges(args, for_desk, page + 1, after_at, after_id);
    if cardinality(found_charges) > page then
        last_one := found_charges[page];
        next_cursor := app.cursor_encode(jsonb_build_array(app.cursor_instant(last_one.created_at), last_one.id));
    end if;
    return row(200,
               json_build_object(
                   'items', (select coalesce(json_agg(app.charge_json(c, b, for_desk) order by c.created_at, c.id), '[]')
                             from unnest(found_charges[1:page]) as c
                             join app.booking b on b.clinic_id = c.clinic_id and b.id = c.booking_id),
                   'next', next_cursor),
               null, null, null)::app.answer;
end
$$;

-- ---------------------------------------------------------------- CSV

-- A field by RFC 4180. A text that a spreadsheet would take for a formula begins with an apostrophe instead: whoever books
-- under the name =HYPERLINK(...) must not act on the accountant's machine.
create or replace function app.csv_field(value text)
returns text language sql immutable parallel safe as $$
    select case when safe.value ~ '[",\r\n]' then '"' || replace(safe.value, '"', '""') || '"' else safe.value end
    from (select case when value ~ '^[\s]*[=+@\uFF1D\uFF0B\uFF0D\uFF20-]' or value ~ '^[\t\r\n]' then '''' || value
                 else coalesce(value, '') end as value) as safe
$$;

create or replace function app.csv_line(fields text[])
returns text language sql immutable parallel safe as $$
    select string_agg(app.csv_field(f.value), ',' order by f.place) || E'\r\n' from unnest(fields) with ordinality as f (value, place)
$$;

-- All charges that the filters let through, oldest first, as one text with a header; columns are only ever added at the end.
-- Too many of them are refused, so that an answer stays an answer.
create or replace function app.export_charges(args jsonb)
returns app.answer language plpgsql stable as $$
declare
    most constant int := 3000;  -- under a megabyte
    found_charges app.charge[];
begin
    found_charges := app.find_charges(args, coalesce('bookings:desk' = any (string_to_array(args ->> 'scopes', ' ')), false),
                                      most + 1, null, null);
    if cardinality(found_charges) > most then
        return app.refused(422, 'unprocessable', format('More than %s charges match.', most),
                           '{"errors": [{"parameter": "from", "detail": "must, with `to`, bound a shorter time"}]}');
    end if;
    return row(200, to_json(
        app.csv_line('{id,created_at,clinic_id,booking_id,reference,external_ref,kind,percent,price_amount,amount,currency,status,treatment,start,timezone,client_name,source}')
        || coalesce((
            select string_agg(app.csv_line(array[
                       c.id::text, app.local_instant(c.created_at, b.timezone), c.clinic_id::text, c.booking_id::text, b.reference,
                       b.external_ref, c.kind, c.percent::text, b.price_amount::text, c.amount::text, c.currency, c.status,
                       b.treatment, app.local_instant(b.starts_at, b.timezone), b.timezone, b.client ->> 'name', c.source]),
                       '' order by c.created_at, c.id)
            from unnest(found_charges) as c
            join app.booking b on b.clinic_id = c.clinic_id and b.id = c.booking_id), '')),
        null, null, null)::app.answer;
end
$$;

-- ---------------------------------------------------------------- waive

-- body: reason. The charge stays, to be seen, and is owed no more.
create or replace function app.waive_charge(charge_id uuid, body jsonb, caller app.caller, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    c app.charge;
    b app.booking;
    facts jsonb;
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    select * into c from app.charge k where k.id = charge_id and app.clinic_allowed(k.clinic_id, clinics) for no key update;
    if not found then
        return null;
    elsif c.status <> 'open' then
        return app.refused(409, 'state-conflict', 'It has been waived already.',
                           jsonb_build_object('current_status', c.status, 'version', c.version));
    end if;
    update app.charge k
    set status = 'waived', waived_by = caller.sub, waive_reason = body ->> 'reason', version = k.version + 1, updated_at = app.now()
    where k.clinic_id = c.clinic_id and k.id = c.id
    returning * into c;
    facts := jsonb_build_object('status', c.status, 'version', c.version, 'booking_id', c.booking_id, 'kind', c.kind,
                                'amount', c.amount, 'currency', c.currency);
    insert into app.change (clinic_id, owner, entity, entity_id, kind, data, at)
    values (c.clinic_id, c.source, 'charge', c.id, 'waived', facts, c.updated_at);
    insert into app.audit (clinic_id, at, who, what, entity, entity_id, before, after, reason, request_id)
    values (c.clinic_id, c.updated_at, coalesce(caller.sub, ''), 'waiveCharge', 'charge', c.id,
            facts || jsonb_build_object('status', 'open', 'version', c.version - 1), facts, c.waive_reason, caller.request_id);
    select * into b from app.booking k where k.clinic_id = c.clinic_id and k.id = c.booking_id;
    answer := row(200, app.charge_json(c, b, true), c.version, null, null);
    return app.keep_answer(answer, caller);
end
$$;
