-- What may be put right about a booking without moving it: its note, the partner's own name for it, who comes, and what was
-- answered before the visit.

-- The members of two documents that differ, one level deep: note, client.email.
create or replace function app.members_corrected(before jsonb, after jsonb)
returns jsonb language sql immutable parallel safe as $$
    select coalesce(jsonb_agg(c.member order by c.member), '[]')
    from (select key as member from jsonb_object_keys(before || after) as key
          where key <> 'client' and before -> key is distinct from after -> key
          union all
          select 'client.' || key from jsonb_object_keys(coalesce(before -> 'client', '{}') || coalesce(after -> 'client', '{}')) as key
          where before -> 'client' -> key is distinct from after -> 'client' -> key) as c
$$;

-- body: a merge patch of note, external_ref, client, intake. By the partner whose booking it is, or the desk; at any time, also after
-- the visit, since what is held on a person must be right. Only a hold may lose its client, and nobody whose client was erased
-- gets one again. The audit says which members changed, never what they were.
create or replace function app.patch_booking(booking_id uuid, body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    for_desk boolean := coalesce('bookings:desk' = any (string_to_array(scopes, ' ')), false);
    b app.booking;
    old app.booking;
    base jsonb;
    doc jsonb;
    answered record;
    answer app.answer;
begin
    perform app.lock_acts_on(booking_id);
    select * into b from app.booking k where k.id = booking_id and app.clinic_allowed(k.clinic_id, clinics) for no key update;
    if not found then
        return null;
    end if;
    b := app.booking_now(b, app.now());
    answer := app.write_refusal(b.version, 'active', caller.if_match);
    if answer.status is not null then
        return answer;
    elsif b.status = 'expired' then
        return app.refused(409, 'hold-expired', 'The hold has run out, its time is free again.',
                           jsonb_build_object('current_status', b.status, 'version', b.version));
    elsif b.erased_at is not null then
        return app.booking_refusal(b, 'Its client has been erased.');
    end if;
    base := jsonb_strip_nulls(jsonb_build_object('note', b.note, 'external_ref', b.external_ref, 'client', b.client));
    doc := jsonb_strip_nulls(app.merge_patch(base, body - 'intake'));
    old := b;
    if body ? 'intake' then
        answered := app.corrected_intake(b, body -> 'intake', for_desk);
        answer := answered.refusal;
        if answer.status is not null then
            return answer;
        end if;
        b := answered.b;
    end if;
    if doc = base and b.intake is not distinct from old.intake then
        return row(200, app.booking_json(b), b.version, null, null)::app.answer;
    elsif doc ? 'client' and not doc -> 'client' ? 'name' then
        return app.faults_refusal('[]', app.fault('/client/name', 'is required'));
    elsif b.status <> 'held' and base ? 'client' <> doc ? 'client' then
        return app.refused(422, 'client-required', 'Only a hold can be without a client.',
                           '{"errors": [{"pointer": "/client", "detail": "can be put right, but not be taken away or come after the end"}]}');
    end if;

    b.note := doc ->> 'note';
    b.external_ref := doc ->> 'external_ref';
    b.client := doc -> 'client';
    -- For somebody else it is one hold more; with the same address or number it counts already.
    if b.status = 'held' and not for_desk and b.client is not null
       and (app.contact_key(b.client ->> 'email') = app.contact_key(old.client ->> 'email')) is not true
       and (app.contact_key(b.client ->> 'phone') = app.contact_key(old.client ->> 'phone')) is not true then
        answer := app.holds_refusal(b);
        if answer.body ->> 'counted' = 'client' then
            return answer;
        end if;
    end if;
    if b.client is distinct from jsonb_strip_nulls(old.client) then
        b.client_id := app.keep_client(b.clinic_id, b.client, b.source);
    end if;
    update app.booking k
    set note = b.note, external_ref = b.external_ref, client = b.client, client_id = b.client_id, intake = b.intake,
        version = k.version + 1, updated_at = app.now()
    where k.clinic_id = b.clinic_id and k.id = b.id
    returning * into b;
    if b.client_id is distinct from old.client_id then
        perform app.leave_client(old.clinic_id, old.client_id);
    end if;
    perform app.record_booking(b, app.booking_facts(old), 'updated',
                               jsonb_build_object('changed', app.members_corrected(base, doc)
                                                             || case when b.intake is distinct from old.intake then '["intake"]' else '[]'::jsonb end),
                               'patchBooking', caller, null);
    return row(200, app.booking_json(b), b.version, null, null)::app.answer;
end
$$;
