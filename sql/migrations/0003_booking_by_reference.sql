-- A partner asks for one of its bookings by the reference that somebody read out.
create index booking_source_reference on app.booking (source, reference);
