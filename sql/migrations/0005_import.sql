-- What an import knows things by: the key that another system gave them. Unique where it is said.
alter table app.location add column external_id text check (external_id <> ''),
    add constraint location_external_id unique (clinic_id, external_id);
-- A clinic that an import made is known by the name in the file, also after it has been renamed here.
alter table app.clinic add column external_id text unique check (external_id <> '');
