-- Dry runs of what is written to a clinic's directory. A dry run is the act itself, taken back: it waits for the same locks,
-- is refused for the same reasons and answers the same body, but nothing of it stays. (A plpgsql block with an exception
-- handler is a subtransaction; the variables of the function outlive it, and so do no locks.)
--
-- An Idempotency-Key means nothing to a dry run: it is neither answered from it nor used up.

-- The answer of an act that was taken back. It made nothing, so it is no 201, has no place and no version to compare with.
create or replace function app.rehearsed(answer app.answer)
returns app.answer language plpgsql immutable parallel safe as $$
begin
    if answer.status is null or answer.status >= 300 then
        return answer;
    end if;
    return row(200, app.json_with(answer.body, '{"dry_run": true}'), null, null, null)::app.answer;
end
$$;

-- Creates (target is null) or patches what belongs to a clinic, or patches the clinic itself.
create or replace function app.act_write(entity text, tenant uuid, target uuid, body jsonb, dry_run boolean, caller app.caller)
returns app.answer language plpgsql as $$
declare
    answer app.answer;
begin
    if dry_run then
        caller.key := null;
        begin
            answer := app.act_write(entity, tenant, target, body, false, caller);
            raise exception using errcode = 'CD001';
        exception when sqlstate 'CD001' then
            return app.rehearsed(answer);
        end;
    end if;
    case entity
        when 'clinic' then return app.write_clinic(tenant, body, caller);
        when 'location' then return app.write_location(tenant, target, body, caller);
        when 'practitioner' then return app.write_practitioner(tenant, target, body, caller);
        when 'room' then return app.write_room(tenant, target, body, caller);
        when 'offering' then return app.write_offering(tenant, target, body, caller);
        when 'schedule' then return app.write_schedule(tenant, target, body, caller);
        when 'exception' then return app.write_exception(tenant, target, body, caller);
    end case;
end
$$;

-- Archives (wanted is 'archived') or restores ('active') what belongs to a clinic, or the clinic itself.
create or replace function app.act_status(entity text, tenant uuid, target uuid, wanted text, dry_run boolean, caller app.caller)
returns app.answer language plpgsql as $$
declare
    answer app.answer;
begin
    if dry_run then
        begin
            answer := app.act_status(entity, tenant, target, wanted, false, caller);
            raise exception using errcode = 'CD001';
        exception when sqlstate 'CD001' then
            return app.rehearsed(answer);
        end;
    end if;
    return app.set_status(tenant, entity, target, wanted, caller);
end
$$;

-- Puts or patches (act) a treatment of the catalogue, or archives ('archived') or restores ('active') it. A booking that is made
-- in the same instant may be missing among the affected ones: shutting every clinic for a word of the catalogue would be worse.
create or replace function app.act_treatment(act text, target text, body jsonb, dry_run boolean, clinics text, caller app.caller)
returns app.answer language plpgsql as $$
declare
    before jsonb;
    answer app.answer;
begin
    if dry_run then
        begin
            answer := app.act_treatment(act, target, body, false, clinics, caller);
            raise exception using errcode = 'CD001';
        exception when sqlstate 'CD001' then
            return app.rehearsed(answer);
        end;
    end if;
    perform app.lock_catalogue();
    select app.treatment_json(t, null) into before from app.treatment t where t.code = target;
    if act in ('put', 'patch') then
        answer := app.write_treatment(act, target, body, caller);
    else
        answer := app.set_catalogue_status('treatment', target, act, caller);
    end if;
    if answer.status < 300 then
        answer.body := app.json_with(answer.body, app.treatment_affects(target, clinics, before, answer.body::jsonb));
    end if;
    return answer;
end
$$;

create or replace function app.act_create_clinic(body jsonb, clinics text, dry_run boolean, caller app.caller)
returns app.answer language plpgsql as $$
declare
    answer app.answer;
begin
    if dry_run then
        caller.key := null;
        begin
            answer := app.create_clinic(body, clinics, caller);
            raise exception using errcode = 'CD001';
        exception when sqlstate 'CD001' then
            return app.rehearsed(answer);
        end;
    end if;
    return app.create_clinic(body, clinics, caller);
end
$$;
