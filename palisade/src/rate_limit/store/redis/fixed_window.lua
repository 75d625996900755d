-- One decision about all quotas of a request by fixed windows, the most common strategy. It does
-- the same as decide.lua with fewer calls and tables: a script blocks the server.
--
-- KEYS[1]   the hash of this caller's counters, one field per list of quotas: `end:count` of each
--           quota
-- ARGV      now ('' for the server's clock), mode, cost, the field, then amount and window of each
--           quota
-- mode      all | order | look | `refund ` and the time of the charge
-- returns   {1 if allowed, retry after, quota from 0, remaining, reset after, now}; all times are
--           microseconds

local now, mode, cost = tonumber(ARGV[1]), ARGV[2], tonumber(ARGV[3])
if not now then
    local time = redis.call('TIME')
    now = time[1] * 1000000 + time[2]
end

local refunds, charged = string.match(mode, '^(refund) (%d*)$')
charged = math.min(tonumber(charged or '') or now, now)

local text = redis.call('HGET', KEYS[1], ARGV[4])
local quotas, at, breach, longest = {}, 1, nil, nil
for argument = 5, #ARGV, 2 do
    local amount, window = tonumber(ARGV[argument]), tonumber(ARGV[argument + 1])
    local ends, count, same = 0, 0, nil
    if text then
        -- The text of the end is kept, to be written back unchanged.
        local _, last, found, hits = string.find(text, '(%d+):(%d+)', at)
        at, same, ends, count = last + 1, found, tonumber(found), tonumber(hits)
    end
    local blank = ends <= now
    if blank then
        ends, count, same = now + window, 0, nil
    elseif ends > now + window then
        ends, same = now + window, nil
    end

    local q = {amount = amount, ends = ends, count = count, same = same, blank = blank}
    quotas[#quotas + 1] = q
    if refunds then
        -- A charge to a window that is over is not refunded to the current one.
        if not blank and charged + window >= ends then q.charged = -cost end
    elseif mode ~= 'order' or not breach then
        if count + cost > amount then
            local wait = cost > amount and window or ends - now
            if not breach or wait > longest then breach, longest = q, wait end
            if mode ~= 'look' then q.charged = cost end
        elseif mode == 'order' and cost > 0 then
            q.charged = cost
        end
    end
end

local written, begun, changed, tightest, remaining = '', 0, false, 0, nil
for index, q in ipairs(quotas) do
    if mode == 'all' and not breach and cost > 0 then q.charged = cost end
    if q.charged then
        q.count = math.max(math.min(q.count + q.charged, 4294967295), 0)
        q.blank, changed = false, true
        if not q.same then begun = math.max(begun, q.ends - now) end
    end
    -- A window that is over and not charged is written with an end of 0, as an empty one is read.
    local ends = q.blank and '0' or q.same or string.format('%.0f', q.ends)
    written = written .. ends .. ':' .. q.count .. ';'

    local rest = math.max(q.amount - q.count, 0)
    if q == breach or (not breach and (not remaining or rest < remaining)) then
        tightest, remaining = index, rest
    end
end
if changed then
    redis.call('HSET', KEYS[1], ARGV[4], written)
    if begun > 0 then
        -- The key expires with the last of its counters.
        local ms = math.ceil(begun / 1000) + 1
        if redis.call('PTTL', KEYS[1]) < ms then
            redis.call('PEXPIRE', KEYS[1], string.format('%.0f', ms))
        end
    end
end
local q = quotas[tightest]
return {breach and 0 or 1, longest or 0, tightest - 1, remaining, q.blank and 0 or q.ends - now, now}
