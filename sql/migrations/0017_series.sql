-- What a series could not get is put right when somebody was quicker than its plan.
grant update (missing) on app.series to clinicd_service;
