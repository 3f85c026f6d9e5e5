-- What the worker does (service/events): queries that belong to no operation. The functions, and how to write one, are in
-- sql/functions/45_work.sql.
--
-- `-- worker: every n ms` is the longest rest: as long as something was done the next portion follows at once; when nothing was
-- left the rest grows up to n. So n is how late a work may begin, and what it costs to ask in vain. The number in the call is
-- the portion: one transaction, in which locks are held. The body is {"done": n}.

-- name: workExpireHolds
-- args:
-- worker: every 250 ms
select 200 as status, json_build_object('done', app.work_expire_holds(20)) as body;

-- name: workForgetAnswers
-- args:
-- worker: every 60000 ms
select 200 as status, json_build_object('done', app.work_forget_answers(500)) as body;

-- name: workHearFreed
-- args:
-- worker: every 100 ms
select 200 as status, json_build_object('done', app.work_hear_freed(100)) as body;

-- One offer at most; the portion is how many entries of a line are looked at.
-- name: workOfferFreed
-- args:
-- worker: every 100 ms
select 200 as status, json_build_object('done', app.work_offer_freed(200)) as body;

-- name: workEndWaiting
-- args:
-- worker: every 60000 ms
select 200 as status, json_build_object('done', app.work_end_waiting(100)) as body;

-- name: workForgetClients
-- args:
-- worker: every 60000 ms
select 200 as status, json_build_object('done', app.work_forget_clients(20)) as body;

-- Nothing to do, but to tell: how far the consumers of the change log are behind.
-- name: workMeasureLag
-- args:
-- worker: every 5000 ms
select 200 as status, json_build_object('lag_ms', app.change_lag_ms()) as body;
