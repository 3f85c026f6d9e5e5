-- What administrators ask: who changed what, and what people can do for themselves after a treatment.

-- By language, in order: {"en": [{"kind": "exercise", "title": "...", "text": "...", "url": "https://..."}]}.
alter table app.treatment
    add column self_help jsonb not null default '{}' check (jsonb_typeof(self_help) = 'object');

-- The trail of all clinics, newest first.
create index audit_at on app.audit (at, id);

-- Who may write a clinic's directory reads its trail; what happened to the shared catalogue (app.no_clinic) reads who may
-- write that. The nil uuid is spelled out because the functions come after the migrations.
drop policy audit_read on app.audit;
create policy audit_read on app.audit for select
    using (case when clinic_id = '00000000-0000-0000-0000-000000000000' then (select app.principal_has('platform:write'))
                else (select app.principal_has('directory:write'))
                     and ((select app.principal_everywhere()) or clinic_id = any ((select app.principal_clinics())::uuid[])) end);
