-- What a partner may do at a clinic: caps on the times that it holds and on the bookings that it makes in a day. The clinic's
-- policy has them for all, a rule of app.partner_rule for one partner (`sub` of its tokens); the desk has none.
--
-- They are counted without a lock, along an index and no further than the cap: each request sees what is committed, so those
-- that run at the same moment may pass a cap together. What is wrong for a moment is not worth a queue.

-- ---------------------------------------------------------------- counting

-- What holds for a partner now: the figures of its rule where it has them, else those of the policy.
create or replace function app.partner_caps(clinic uuid, partner text, policy jsonb, out max_holds int, out max_bookings_per_day int)
language plpgsql stable as $$
begin
    select r.max_holds, r.max_bookings_per_day into max_holds, max_bookings_per_day
    from app.partner_rule r where r.clinic_id = clinic and r.partner = partner_caps.partner and r.status = 'active';
    max_holds := coalesce(max_holds, (policy ->> 'max_holds_per_partner')::int);
    max_bookings_per_day := coalesce(max_bookings_per_day, (policy ->> 'max_bookings_per_partner_per_day')::int);
end
$$;

-- Why this new hold would be one too many; null when it is not. Counts the live holds of its partner at the clinic, all of them
-- and those for the same client (by e-mail or telephone); what is held together, an order or a series, counts as one, and what
-- belongs to the order or series of this hold itself does not count. It sees what is committed: requests that run at the same
-- moment for other practitioners may pass the limit together.
create or replace function app.holds_refusal(b app.booking)
returns app.answer language plpgsql volatile as $$
declare
    per_partner int := (app.partner_caps(b.clinic_id, b.source, b.policy)).max_holds;
    per_client int := (b.policy ->> 'max_holds_per_client')::int;
    email text := app.contact_key(b.client ->> 'email');
    phone text := app.contact_key(b.client ->> 'phone');
    live record;
begin
    select count(distinct coalesce(k.order_id, k.series_id, k.id)) as all_of_them,
           count(distinct coalesce(k.order_id, k.series_id, k.id))
               filter (where app.contact_key(k.client ->> 'email') = email or app.contact_key(k.client ->> 'phone') = phone) as of_client
    into live
    from app.booking k
    where k.clinic_id = b.clinic_id and k.source = b.source and k.status = 'held' and k.hold_expires_at > b.created_at and k.waitlist_entry_id is null
      and coalesce(k.order_id, k.series_id, k.id) is distinct from coalesce(b.order_id, b.series_id);
    if live.of_client >= per_client then
        return app.refused(409, 'too-many-holds', 'This client holds as many times as the clinic allows.',
                           jsonb_build_object('counted', 'client', 'limit', per_client));
    elsif live.all_of_them >= per_partner then
        return app.refused(409, 'too-many-holds', 'You hold as many times as the clinic allows.',
                           jsonb_build_object('counted', 'partner', 'limit', per_partner));
    end if;
    return null;
end
$$;

-- Why one more booking would pass what the partner may make in a day (the clinic's, from midnight to midnight); null when it does
-- not. Of several that an act makes each is counted when the next is asked about. A booking counts on the day on which it became firm, whatever became of it later; a hold does not, but who has made
-- all bookings of the day gets no more holds either: they could not be confirmed.
create or replace function app.bookings_refusal(b app.booking)
returns app.answer language plpgsql volatile as $$
declare
    per_day int := (app.partner_caps(b.clinic_id, b.source, b.policy)).max_bookings_per_day;
    zone text;
    today date;
    made int;
begin
    if per_day is null then
        return null;
    end if;
    select c.timezone into zone from app.clinic c where c.id = b.clinic_id;
    today := (app.now() at time zone zone)::date;
    select count(*) into made
    from (select from app.booking k
          where k.clinic_id = b.clinic_id and k.source = b.source and k.confirmed_at >= app.edge(today::timestamp, zone, false)
          limit per_day) as counted;
    if made < per_day then
        return null;
    end if;
    return app.refused(409, 'too-many-bookings', 'You have made as many bookings today as the clinic allows.',
                       jsonb_build_object('counted', 'partner', 'limit', per_day,
                                          'retry_at', app.local_instant(app.edge((today + 1)::timestamp, zone, false), zone)));
end
$$;

-- ---------------------------------------------------------------- rules

create or replace function app.partner_rule_json(r app.partner_rule)
returns json language sql stable parallel safe as $$
    select json_build_object(
        'clinic_id', r.clinic_id, 'partner', r.partner, 'max_holds', r.max_holds, 'max_bookings_per_day', r.max_bookings_per_day,
        'note', r.note, 'version', r.version, 'created_at', app.utc_instant(r.created_at), 'updated_at', app.utc_instant(r.updated_at))
$$;

-- Writes the rule for a partner whole; what the body does not name is as the policy has it.
create or replace function app.put_partner_rule(tenant uuid, partner text, body jsonb, caller app.caller)
returns app.answer language plpgsql as $$
declare
    old app.partner_rule;
    new app.partner_rule;
    before json;
    answer app.answer;
begin
    perform app.lock_resources(tenant);
    answer := app.clinic_refusal(tenant);
    if answer.status is not null then
        return answer;
    end if;
    select * into old from app.partner_rule r where r.clinic_id = tenant and r.partner = put_partner_rule.partner for no key update;
    if old.status = 'active' then
        if caller.if_match is null then
            return app.refused(412, 'version-mismatch', 'This partner has a rule already: read it, then replace it with If-Match.',
                               jsonb_build_object('version', old.version));
        end if;
        answer := app.write_refusal(old.version, old.status, caller.if_match);
        if answer.status is not null then
            return answer;
        end if;
        before := app.partner_rule_json(old);
    elsif caller.if_match is not null then
        return app.refused(412, 'version-mismatch', 'This partner has no rule yet: make it with If-None-Match: * and no If-Match.');
    end if;
    new := jsonb_populate_record(null::app.partner_rule, body);
    if before is not null and (new.max_holds, new.max_bookings_per_day, new.note)
                              is not distinct from (old.max_holds, old.max_bookings_per_day, old.note) then
        return row(200, before, old.version, null, null)::app.answer;
    end if;
    insert into app.partner_rule as r (clinic_id, partner, max_holds, max_bookings_per_day, note, created_at, updated_at)
    values (tenant, partner, new.max_holds, new.max_bookings_per_day, new.note, app.now(), app.now())
    on conflict on constraint partner_rule_pkey do update
    set max_holds = excluded.max_holds, max_bookings_per_day = excluded.max_bookings_per_day, note = excluded.note,
        status = 'active', version = r.version + 1, updated_at = excluded.updated_at,
        created_at = case r.status when 'active' then r.created_at else excluded.created_at end
    returning * into new;
    perform app.directory_record(tenant, 'partner_rule', partner, 'putPartnerRule', case when before is null then 'created' else 'updated' end,
                                 caller, before::jsonb, app.partner_rule_json(new)::jsonb);
    return row(case when before is null then 201 else 200 end, app.partner_rule_json(new), new.version,
               case when before is null then format('/v1/clinics/%s/partners/%s', tenant, app.uri_segment(partner)) end, null)::app.answer;
end
$$;

-- A text as one segment of an address (RFC 3986, section 2.1): what is not unreserved is percent-encoded.
create or replace function app.uri_segment(value text)
returns text language sql immutable strict parallel safe as $$
    select coalesce(string_agg(case when letter ~ '^[A-Za-z0-9._~-]$' then letter
                                    else upper(regexp_replace(encode(convert_to(letter, 'UTF8'), 'hex'), '(..)', '%\1', 'g')) end,
                               '' order by place), '')
    from regexp_split_to_table(value, '') with ordinality as spelled (letter, place)
$$;

-- Takes the rule for a partner away; the answer is what it was. Null when there is none.
create or replace function app.delete_partner_rule(tenant uuid, partner text, caller app.caller)
returns app.answer language plpgsql as $$
declare
    old app.partner_rule;
    answer app.answer;
begin
    perform app.lock_resources(tenant);
    select * into old from app.partner_rule r
    where r.clinic_id = tenant and r.partner = delete_partner_rule.partner and r.status = 'active' for no key update;
    if not found then
        return null;
    end if;
    answer := app.write_refusal(old.version, old.status, caller.if_match);
    if answer.status is not null then
        return answer;
    end if;
    update app.partner_rule r set status = 'archived', version = r.version + 1, updated_at = app.now()
    where r.clinic_id = tenant and r.partner = old.partner;
    perform app.directory_record(tenant, 'partner_rule', partner, 'deletePartnerRule', 'archived', caller,
                                 app.partner_rule_json(old)::jsonb, null);
    return row(200, app.partner_rule_json(old), null, null, null)::app.answer;
end
$$;
