-- The worker sees orders and series of everybody, like all else that has a row policy.
create policy booking_order_worker on app.booking_order to clinicd_worker using (true) with check (true);
create policy series_worker on app.series to clinicd_worker using (true) with check (true);
