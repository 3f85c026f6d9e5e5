-- Imports: many locations at once. What happens is in sql/functions/25_import.sql.

-- name: importLocations
-- args: clinic_id rows mode dry_run sub request_id
select * from app.import_locations($1::uuid, $2::jsonb, coalesce($3::text, 'row') = 'all', coalesce($4::boolean, false),
                                   row($5::text, $6::text, null, null, null)::app.caller)
where status is not null;

-- name: importClinics
-- args: rows mode dry_run clinics sub request_id
select * from app.import_clinics($1::jsonb, coalesce($2::text, 'row') = 'all', coalesce($3::boolean, false), $4::text,
                                 row($5::text, $6::text, null, null, null)::app.caller);

-- name: exportDirectory
-- args: clinic_id cursor limit
select * from app.export_directory($1::uuid, $2::text, coalesce($3::int, 500));

-- name: importDirectory
-- args: clinic_id rows mode dry_run scopes clinics sub request_id
select * from app.import_directory($1::uuid, $2::jsonb, coalesce($3::text, 'row') = 'all', coalesce($4::boolean, false), $5::text, $6::text,
                                   row($7::text, $8::text, null, null, null)::app.caller);
