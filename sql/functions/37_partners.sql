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
