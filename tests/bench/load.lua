-- What wrk asks for: wrk ... -s load.lua URL -- SCENARIO TOKEN MONDAY DAY FIRST. The ids are those of data.sql and bookings.sql
-- (FIRST is the number of its first); the parameters are drawn as the pgbench scripts of tests/bench/run draw them.

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

local function id(kind, n)
    return string.format("%d-0000-7000-8000-0000000000%s", 10000000 + n, kind)
end

-- A date `days` after another.
local function date_after(date, days)
    local year, month, day = date:match("(%d+)-(%d+)-(%d+)")
    return os.date("!%Y-%m-%d", os.time({year = year, month = month, day = day, hour = 12}) + days * 86400)
end

local paths = {}

function paths.hello()
    return "/"
end

function paths.me()
    return "/v1/me"
end

function paths.location()
    return "/v1/locations/" .. id("0a", math.random(1, 2000))
end

function paths.near()
    local town = math.random(0, 39)
    return string.format("/v1/locations?near=%.3f,%.3f&radius_km=10",
                         43 + town % 8 * 1.5 + math.random(-150, 150) / 1000,
                         -1 + math.floor(town / 8) * 4 + math.random(-150, 150) / 1000)
end

-- Among 100,000 places: the nearest where somebody who speaks French gives the treatment.
function paths.near_filters()
    return string.format("/v1/locations?near=%.3f,%.3f&treatment=trigger-point-massage&language=fr",
                         20 + math.random(0, 10000) / 1000, -10 + math.random(0, 20000) / 1000)
end

function paths.typing_error()
    return "/v1/locations?q=lindnhof%20" .. math.random(0, 97999)
end

-- A week of the searched month, from its Monday to its Sunday.
local function week(path)
    local first = math.random(0, 3) * 7
    return path .. "from=" .. date_after(monday, first) .. "&to=" .. date_after(monday, first + 6)
           .. "&treatment=trigger-point-massage"
end

function paths.one()
    return week("/v1/availability?") .. "&practitioner_id=" .. id("0b", math.random(1, 20000))
end

function paths.one_all()
    return paths.one() .. "&limit=500"
end

-- Five clinics side by side have fifty practitioners.
local function fifty()
    local first = math.random(0, 399) * 5
    local list = ""
    for clinic = first + 1, first + 5 do
        list = list .. "&clinic_id=" .. id("0c", clinic)
    end
    return list
end

function paths.fifty()
    return week("/v1/availability?") .. fifty()
end

function paths.fifty_each()
    return week("/v1/availability?") .. fifty() .. "&mode=first_per_practitioner&limit=50"
end

function paths.fifty_days()
    return week("/v1/availability/days?") .. fifty()
end

-- Number k of this run: another practitioner each time, and after 20,000 the next hour.
local hours = {8, 9, 13, 14, 15}

local function next_number()
    local k = count * 2 + number
    count = count + 1
    return k
end

local function post(path, key, body)
    return wrk.format("POST", path,
        {["Authorization"] = wrk.headers["Authorization"], ["Content-Type"] = "application/json",
         ["Idempotency-Key"] = "bench-" .. day .. "-" .. key}, body)
end

local function booking(more)
    local k = next_number()
    local practitioner = k * 7919 % 20000 + 1
    local clinic = math.floor((practitioner - 1) / 10) + 1
    return post("/v1/bookings", k,
        string.format('{"offering_id": "%s", "location_id": "%s", "practitioner_id": "%s", "start": "%sT%02d:00:00Z", '
                      .. '"client": {"name": "Ada Example", "email": "ada@example.org"}%s}',
                      id("0f", clinic * 10 + 1), id("0a", clinic), id("0b", practitioner), day,
                      hours[math.floor(k / 20000) + 1], more or ""))
end

local posts = {booking = booking}
local held = {}  -- ids of holds that are not confirmed yet

-- A hold; and as soon as one is answered, its confirmation.
function posts.hold_confirm()
    if #held == 0 then
        return booking(', "hold": true')
    end
    local booked = table.remove(held)
    return post("/v1/bookings/" .. booked .. "/confirm", booked, "{}")
end

local function remember_hold(status, _, body)
    if status == 201 then
        held[#held + 1] = body:match('"id" ?: ?"([%x-]+)"')
    end
end

-- Three people side by side (of two clinics now and then), at one hour, all or none.
function posts.order()
    local k = next_number()
    local first_of_three = k * 2659 % 6600 * 3 + 1
    local items = {}
    for practitioner = first_of_three, first_of_three + 2 do
        local clinic = math.floor((practitioner - 1) / 10) + 1
        items[#items + 1] = string.format('{"offering_id": "%s", "location_id": "%s", "practitioner_id": "%s", "start": "%sT%02d:00:00Z"}',
                                          id("0f", clinic * 10 + 1), id("0a", clinic), id("0b", practitioner), day,
                                          hours[math.floor(k / 6600) + 1])
    end
    return post("/v1/orders", k, '{"client": {"name": "Ada Example", "email": "ada@example.org"}, "items": ['
                .. table.concat(items, ", ") .. "]}")
end

-- Of the bookings that bookings.sql made.
function posts.cancel()
    local k = next_number()
    return post("/v1/bookings/" .. id("ca", first + k) .. "/cancel", k, '{"reason": "changed plans"}')
end

function init(arguments)
    scenario, monday, day, first = arguments[1], arguments[3], arguments[4], tonumber(arguments[5])
    count = 0
    math.randomseed(number + 1)
    wrk.headers["Authorization"] = "Bearer " .. arguments[2]
    wrk.headers["Accept"] = "application/json"
    if scenario == "hold_confirm" then
        response = remember_hold  -- wrk reads answers only when there is somebody to look at them
    end
end

function request()
    if posts[scenario] then
        return posts[scenario]()
    end
    return wrk.format("GET", paths[scenario]())
end

-- One line for the program that reads it: requests, seconds, p50 and p99 in ms, bytes, failures.
function done(summary, latency, requests)
    local errors = summary.errors
    print(string.format("RESULT %d %f %f %f %d %d", summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3,
                        latency:percentile(99) / 1e3, summary.bytes,
                        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
