-- A directory that is imported keeps its ids where no other clinic has them: these are looked up alone, as the others are.
create index room_id on app.room (id);
create index schedule_id on app.schedule (id);
create index exception_id on app.exception (id);
