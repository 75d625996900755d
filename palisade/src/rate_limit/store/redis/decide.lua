-- Decisions about requests, each about all quotas. The algorithms are those of quota/counter.rs,
-- quota/hit_log.rs and quota/decide.rs. Fixed windows have a script of their own:
-- fixed_window.lua.
--
-- KEYS      for each request, the hash of the caller's counters under the strategy, one field per
--           quota of each list of quotas; moving-window: one request, and per quota the list of its
--           hits, newest first, as `time:count`
-- ARGV      now ('' for the server's clock), strategy, then for each request, or once for all of them:
--           mode, cost, and the list of quotas: `amount,window,amount,window…`
-- mode      all | order | look | `refund ` and the time of the charge; with one request only:
--           reset, where KEYS are the hashes of all strategies
-- returns   for each request, in binary: 1 if allowed (1 byte), retry after (8), quota from 0 (4),
--           remaining (4), reset after (8), now (8); all times are microseconds. If the key holds
--           something else, the text of the error after a `-`

if ARGV[3] == 'reset' then
    for _, key in ipairs(KEYS) do
        for _, field in ipairs(redis.call('HKEYS', key)) do
            redis.call('DEL', key .. ':' .. field)
        end
        redis.call('DEL', key)
    end
    return {}
end

local LARGEST = 4294967295
local now, strategy = tonumber(ARGV[1]), ARGV[2]
if not now then
    local time = redis.call('TIME')
    now = tonumber(time[1]) * 1000000 + tonumber(time[2])
end

-- Of the current request.
local key, mode, cost, refunds, charged

local function whole(number) return string.format('%.0f', number) end

-- The key expires with the last of its counters.
local function expires(key, after)
    local ms = math.ceil(after / 1000) + 1
    if redis.call('PTTL', key) < ms then
        redis.call('PEXPIRE', key, whole(ms))
    end
end

-- Sliding window counter, gcra: three numbers, as in `Counter`.

local cell = {}

function cell.read(q, text)
    local ends, count, other = string.match(text or '', '^(%d+):(%d+):(%d+)$')
    q.ends, q.count, q.other = tonumber(ends) or 0, tonumber(count) or 0, tonumber(other) or 0
    q.blank = q.ends + math.min(q.other, 1) <= now

    local window, vacant = q.window, q.ends <= now
    if strategy == 'sliding-window-counter' then
        if vacant then
            q.ends, q.count, q.other = now + 2 * window, 0, 0
        elseif q.ends - now <= window then
            q.ends, q.count, q.other = q.ends + window, 0, q.count
        else
            q.ends = math.min(q.ends, now + 2 * window)
        end
    elseif q.ends < now then
        q.ends, q.other = now, 0
    elseif q.ends - now >= window then
        q.ends, q.other = now + window, 0
    end
end

local function left(q) return math.max(q.ends - now - q.window, 0) end

local function weight(q) return math.floor(q.other * left(q) / q.window) end

local function taken(q) return (q.ends - now) * q.amount + q.other end

-- Returns the largest rest of the window at which the weighted count is at most the room.
local function light(count, room, window)
    return math.min(math.ceil((room + 1) * window / count) - 1, window)
end

function cell.wait(q)
    if cost > q.amount then return q.window end
    if strategy == 'sliding-window-counter' then
        local room = q.amount - cost - q.count
        if weight(q) <= room then return nil end
        if room >= 0 then return left(q) - light(q.other, room, q.window) end
        return left(q) + q.window - light(q.count, q.amount - cost, q.window)
    else
        -- Doubles are exact up to 2^53. An excess of a millionth of a hit is ignored.
        local over = taken(q) + cost * q.window - q.amount * q.window
        if over > q.window / 1000000 or (over > 0 and q.amount * q.window < 2 ^ 52) then
            return math.ceil(over / q.amount)
        end
    end
end

local function take(q, hits)
    if strategy == 'gcra' then
        local passed = (now - charged) * q.amount
        local all = math.max(taken(q) + math.min(hits * q.window + passed, math.max(hits, 0) * q.window), 0)
        q.ends = now + math.floor(all / q.amount)
        q.other = math.floor(all % q.amount)
    else
        q.count = math.max(math.min(q.count + hits, LARGEST), 0)
    end
    q.blank = q.ends + math.min(q.other, 1) <= now
    q.changed = true
end

function cell.charge(q) take(q, cost) end

function cell.refuse(q)
    if not q.blank and cost <= q.amount then
        q.changed = true
    end
end

-- A charge to a window that is over is not refunded to the current one.
function cell.refund(q)
    local age = q.ends - charged
    if q.blank or cost == 0 then return end
    if strategy == 'gcra' or age <= 2 * q.window then
        take(q, -cost)
    elseif strategy == 'sliding-window-counter' and age <= 3 * q.window then
        q.other, q.changed = math.max(q.other - cost, 0), true
    end
end

function cell.standing(q)
    if q.blank then return q.amount, 0 end
    if strategy == 'sliding-window-counter' then
        local heavy, reset = weight(q), nil
        if q.other > 0 then reset = left(q) - math.floor(q.window * heavy / q.other) end
        if q.count > 0 then reset = math.min(reset or left(q), left(q)) end
        return math.max(q.amount - q.count - heavy, 0), math.max(reset or 0, 0)
    end
    local all = taken(q)
    return math.max(math.floor((q.amount * q.window - all) / q.window), 0), math.ceil(all / q.amount)
end

-- Returns the text to write, and the time after which it may be deleted.
function cell.text(q)
    return whole(q.ends) .. ':' .. whole(q.count) .. ':' .. whole(q.other), q.ends - now
end

-- Moving window: a list of hits, and their sum in the hash.

local log = {}

local function hit(q, index)
    local text = redis.call('LINDEX', q.list, index)
    if not text then return nil end
    local time, count = string.match(text, '^(%d+):(%d+)$')
    return tonumber(time), tonumber(count)
end

local function entry(time, count) return whole(time) .. ':' .. whole(count) end

function log.read(q, text)
    -- One request only: the keys behind the first are its lists.
    q.list = KEYS[q.index + 1]
    q.total = tonumber(text or '')
    if not q.total then
        q.total = 0
        for _, text in ipairs(redis.call('LRANGE', q.list, 0, -1)) do
            q.total = q.total + tonumber(string.match(text, ':(%d+)$'))
        end
    end
    local time, count = hit(q, -1)
    while time and now - time >= q.window do
        redis.call('RPOP', q.list)
        q.total, q.changed = q.total - count, true
        time, count = hit(q, -1)
    end
    if not time then q.total = 0 end
    local index = 0
    time, count = hit(q, index)
    while time and time > now do
        redis.call('LSET', q.list, index, entry(now, count))
        index = index + 1
        time, count = hit(q, index)
    end
end

function log.wait(q)
    if cost > q.amount then return q.window end
    local over, index = q.total + cost - q.amount, -1
    if over <= 0 then return nil end
    local time, count = hit(q, index)
    while time and over > count do
        over, index = over - count, index - 1
        time, count = hit(q, index)
    end
    return (time or now) + q.window - now
end

function log.charge(q)
    local time, count = hit(q, 0)
    if time == now then
        redis.call('LSET', q.list, 0, entry(now, count + cost))
    else
        redis.call('LPUSH', q.list, entry(now, cost))
    end
    q.total, q.changed = q.total + cost, true
    expires(q.list, q.window)
end

function log.refuse() end

function log.refund(q)
    -- Starts with the newest hit that is not newer than the charge.
    local index, high = 0, redis.call('LLEN', q.list)
    while index < high do
        local middle = math.floor((index + high) / 2)
        if hit(q, middle) > charged then index = middle + 1 else high = middle end
    end
    local rest = cost
    local time, count = hit(q, index)
    while time and rest > 0 do
        local part = math.min(count, rest)
        rest, q.total, q.changed = rest - part, q.total - part, true
        if part == count then
            redis.call('LSET', q.list, index, '')
            redis.call('LREM', q.list, 1, '')
        else
            redis.call('LSET', q.list, index, entry(time, count - part))
        end
        time, count = hit(q, index)
    end
end

function log.standing(q)
    local oldest = hit(q, -1) or now
    return math.max(q.amount - q.total, 0), oldest + q.window - now
end

function log.text(q) return whole(q.total), q.window end

local state = strategy == 'moving-window' and log or cell

-- The quotas by list, without their states: most requests have the same.
local lists = {}

local function parse(list)
    local quotas, names = {}, {}
    for amount, window in string.gmatch(list, '(%d+),(%d+)') do
        local index = #quotas + 1
        quotas[index] = {amount = tonumber(amount), window = tonumber(window), index = index}
        names[index] = list .. ';' .. index
    end
    lists[list] = {quotas = quotas, names = names}
    return lists[list]
end

local function decide(list)
    refunds, charged = string.match(mode, '^(refund) (%d*)$')
    charged = math.min(tonumber(charged or '') or now, now)
    local parsed = lists[list] or parse(list)
    local quotas, names = parsed.quotas, parsed.names
    local texts = redis.pcall('HMGET', key, unpack(names))
    if texts.err then return '-' .. texts.err end
    for index, q in ipairs(quotas) do
        q.changed = false
        state.read(q, texts[index])
    end

    local breach, longest
    for _, q in ipairs(quotas) do
        if refunds then
            state.refund(q)
        else
            local wait = state.wait(q)
            if wait then
                if mode ~= 'look' then state.refuse(q) end
                if not longest or wait > longest then breach, longest = q, wait end
                if mode == 'order' then break end
            elseif mode == 'order' and cost > 0 then
                state.charge(q)
            end
        end
    end
    if mode == 'all' and not breach and cost > 0 then
        for _, q in ipairs(quotas) do state.charge(q) end
    end

    local written, latest = {}, 0
    local tightest, remaining, reset
    for index, q in ipairs(quotas) do
        if q.changed then
            local text, after = state.text(q)
            written[#written + 1], written[#written + 2] = names[index], text
            latest = math.max(latest, after)
        end
        local rest, after = state.standing(q)
        if q == breach or (not breach and (not tightest or rest < remaining)) then
            tightest, remaining, reset = q, rest, after
        end
    end
    if written[1] then
        redis.call('HSET', key, unpack(written))
        expires(key, latest)
    end
    local allowed = breach and 0 or 1
    return struct.pack('<BI8I4I4I8I8', allowed, longest or 0, tightest.index - 1, remaining, reset, now)
end

local replies = {}
local at, step = 3, #ARGV > 5 and 3 or 0
for request, hash in ipairs(KEYS) do
    -- The keys behind the first one of a moving window are its lists.
    if request > 1 and strategy == 'moving-window' then break end
    key, mode, cost = hash, ARGV[at], tonumber(ARGV[at + 1])
    replies[request] = decide(ARGV[at + 2])
    at = at + step
end
return replies
