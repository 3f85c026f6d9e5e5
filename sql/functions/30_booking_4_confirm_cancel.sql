-- A hold becomes firm; a hold or a booking is given up.

-- The booking that an act is about, locked with its resources; null when this principal knows of none.
create or replace function app.lock_booking(booking_id uuid, clinics text)
returns app.booking language plpgsql volatile as $$
declare
    b app.booking;
begin
    perform app.lock_acts_on(booking_id);
    select * into b from app.booking k where k.id = booking_id and app.clinic_allowed(k.clinic_id, clinics);
    if not found then
        return null;
    end if;
    perform app.lock_bookable(b.clinic_id, array[b.practitioner_id], array_remove(array[b.room_id], null));
    select * into b from app.booking k where k.clinic_id = b.clinic_id and k.id = b.id for no key update;
    return app.booking_now(b, app.now());
end
$$;

-- A hold becomes firm, as far as it can; `answer` says why it cannot. What the contract calls null leaves the booking's as it is.
-- The answers that come now go beside those that the hold has; what is wrong with them is at `pointer`/<code>.
create or replace function app.make_firm(inout b app.booking, client jsonb, intake jsonb, operation text, caller app.caller,
                                         for_desk boolean default false, pointer text default '/intake',
                                         out answer app.answer)
language plpgsql volatile as $$
declare
    answered record;
begin
    if b.status = 'expired' then
        answer := app.refused(409, 'hold-expired', 'The hold has run out, its time is free again.',
                              jsonb_build_object('current_status', b.status, 'version', b.version));
        return;
    elsif b.status <> 'held' then
        answer := app.booking_refusal(b, 'Only a hold can be confirmed.');
        return;
    end if;
    b.client := coalesce(nullif(client, 'null'), b.client);
    if b.client is null then
        answer := app.refused(422, 'client-required', 'A confirmed booking needs to know who comes.',
                              '{"errors": [{"pointer": "/client", "detail": "is required, since the hold has none"}]}');
        return;
    end if;
    answered := app.confirmed_intake(b, intake, for_desk, pointer);
    answer := answered.refusal;
    if answer.status is null and not for_desk then
        answer := app.bookings_refusal(b);
    end if;
    if answer.status is not null then
        return;
    end if;
    b := answered.b;
    if nullif(client, 'null') is not null then
        b.client_id := app.keep_client(b.clinic_id, b.client, b.source);
        perform app.leave_client(k.clinic_id, k.client_id) from app.booking k
        where k.clinic_id = b.clinic_id and k.id = b.id and k.client_id <> b.client_id;
    end if;
    update app.booking k
    set status = 'confirmed', client = b.client, client_id = b.client_id, intake = b.intake, intake_version = b.intake_version,
        confirmed_at = app.now(), version = k.version + 1, updated_at = app.now()
    where k.clinic_id = b.clinic_id and k.id = b.id
    returning * into b;
    perform app.settle_place(b);
    perform app.booking_record(b, 'held', operation, caller);
end
$$;

-- body: client?, intake?; what is absent or null stays as it was.
create or replace function app.confirm_booking(booking_id uuid, body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    for_desk boolean := coalesce('bookings:desk' = any (string_to_array(scopes, ' ')), false);
    b app.booking;
    made record;
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    b := app.lock_booking(booking_id, clinics);
    if b.id is null then
        return null;
    elsif b.status = 'held' and b.order_id is not null then
        return app.booking_refusal(b, 'It is held together with others: confirm its order.');
    elsif b.status = 'held' and b.series_id is not null then
        return app.booking_refusal(b, 'It is held together with others: confirm its series.');
    end if;
    made := app.make_firm(b, body -> 'client', body -> 'intake', 'confirmBooking', caller, for_desk);
    answer := made.answer;
    if answer.status is not null then
        return answer;
    end if;
    return app.booking_done(made.b, 200, caller);
end
$$;

-- A hold or a booking that is to come is given up, and its time is free. A hold costs nothing, and so does what the clinic itself
-- cancels; else the policy that the booking was made under decides, by its own figures.
create or replace function app.give_up(b app.booking, reason text, by_clinic boolean, operation text, caller app.caller)
returns app.booking language plpgsql volatile as $$
declare
    moment timestamptz := app.now();
    was text := b.status;
    percent int := (b.policy ->> 'late_cancellation_fee_percent')::int;
begin
    update app.booking k
    set status = 'cancelled', ended_by = caller.sub, end_reason = reason, version = k.version + 1, updated_at = moment
    where k.clinic_id = b.clinic_id and k.id = b.id
    returning * into b;
    perform app.settle_place(b);
    if was = 'confirmed' and moment > b.free_cancel_until and not by_clinic and app.share(b.price_amount, percent) > 0 then
        insert into app.charge (clinic_id, booking_id, source, kind, percent, amount, currency, created_at, updated_at)
        values (b.clinic_id, b.id, b.source, 'late_cancellation', percent, app.share(b.price_amount, percent),
                b.price_currency, moment, moment);
    end if;
    perform app.booking_record(b, was, operation, caller);
    return b;
end
$$;

-- body: reason?.
create or replace function app.cancel_booking(booking_id uuid, body jsonb, caller app.caller, scopes text, clinics text)
returns app.answer language plpgsql volatile as $$
declare
    by_clinic boolean := coalesce('bookings:desk' = any (string_to_array(scopes, ' ')), false);
    b app.booking;
    answer app.answer := app.answered_before(caller);
begin
    if answer.status is not null then
        return answer;
    end if;
    b := app.lock_booking(booking_id, clinics);
    if b.id is null then
        return null;
    elsif b.status not in ('held', 'confirmed') then
        return app.booking_refusal(b, 'It has ended already.');
    elsif b.starts_at <= app.now() then
        return app.booking_refusal(b, 'It has begun.');
    end if;
    return app.booking_done(app.give_up(b, body ->> 'reason', by_clinic, 'cancelBooking', caller), 200, caller);
end
$$;
