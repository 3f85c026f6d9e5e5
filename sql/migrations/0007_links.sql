-- Who gives what where is asked from every side; an index in each order serves all of its columns, also in a clinic of a
-- thousand people, where the first two columns would leave a thousand rows to look through.

create index offering_practitioner_by_practitioner on app.offering_practitioner (clinic_id, practitioner_id, offering_id);
create index offering_location_by_location on app.offering_location (clinic_id, location_id, offering_id);
create index practitioner_location_by_location on app.practitioner_location (clinic_id, location_id, practitioner_id);
drop index app.offering_practitioner_clinic_id_practitioner_id_idx;
drop index app.offering_location_clinic_id_location_id_idx;
drop index app.practitioner_location_clinic_id_location_id_idx;
