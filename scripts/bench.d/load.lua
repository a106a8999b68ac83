-- The load, for wrk: arguments FILE RUN MODE [RATE]. FILE is a callback with @ID@ in place of its trxid, RUN a part
-- of every trxid, MODE `new` (each callback has a trxid of its own) or `repeat` (one and the same, again and
-- again). RATE is how many a second each thread sends; without it, as many as are answered. The last line on standard
-- output is the result as JSON.

local ffi = require("ffi")
ffi.cdef("typedef struct { long seconds, nanoseconds; } moment; int clock_gettime(int clock, moment *now);")

local threads = 0

function setup(thread)
    thread:set("number", threads)
    threads = threads + 1
end

local now = ffi.new("moment")
local CLOCK_MONOTONIC = 1

local function milliseconds()
    ffi.C.clock_gettime(CLOCK_MONOTONIC, now)
    return tonumber(now.seconds) * 1e3 + tonumber(now.nanoseconds) / 1e6
end

-- Gives each request of a thread a moment of its own: wrk asks before each how long that has to wait.
local function pace(rate)
    local due = milliseconds()
    function delay()
        -- What was missed is not made up for, or one stall would become a burst.
        due = math.max(due + 1e3 / rate, milliseconds() - 1e3 / rate)
        return math.max(0, math.floor(due - milliseconds() + 0.5))
    end
end

local pieces, head, name, whole
local count = 0

local function body(id)
    return table.concat(pieces, id)
end

function init(arguments)
    local file = assert(io.open(arguments[1]))
    local text = file:read("*l")
    file:close()
    pieces = {}
    local start = 1
    for first, next in text:gmatch("()@ID@()") do
        pieces[#pieces + 1] = text:sub(start, first - 1)
        start = next
    end
    pieces[#pieces + 1] = text:sub(start)

    name = arguments[2] .. number
    head = table.concat({
        "POST ", wrk.path, " HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\nContent-Length: ",
        #body(name .. "00000000"), "\r\n\r\n",
    })
    if arguments[3] == "repeat" then
        whole = head .. body(arguments[2] .. "000000000")
    end
    if arguments[4] then
        pace(tonumber(arguments[4]))
    end
end

function request()
    if whole then
        return whole
    end
    count = count + 1
    return head .. body(name .. string.format("%08d", count))
end

function done(summary, latency, requests)
    local errors = summary.errors
    print(string.format(
        '{"requests":%d,"microseconds":%d,"p50":%.0f,"p99":%.0f,"max":%.0f,' ..
        '"refused":%d,"connect":%d,"read":%d,"write":%d,"timeout":%d}',
        summary.requests, summary.duration, latency:percentile(50), latency:percentile(99), latency.max,
        errors.status, errors.connect, errors.read, errors.write, errors.timeout))
end
