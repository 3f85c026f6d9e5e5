-- Indexes for the public searches of the directory: by words of the name or the city, and in the order of names.

drop index app.location_name;
create index location_words on app.location
    using gin ((app.fold(name || ' ' || coalesce(address ->> 'city', ''))) public.gin_trgm_ops);
create index location_by_name on app.location (app.fold(name), id);
create index practitioner_by_name on app.practitioner (app.fold(name), id);
create index clinic_by_name on app.clinic (app.fold(name), id);
