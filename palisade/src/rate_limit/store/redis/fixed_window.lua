-- Decisions about requests by fixed windows, the most common strategy. It does the same as
-- decide.lua with fewer calls and tables: a script blocks the server.
--
-- KEYS      for each request, the hash of the caller's counters, one field per list of quotas:
--           `end:count;` of each quota
-- ARGV      now ('' for the server's clock), then for each request, or once for all of them: mode,
--           cost, and the list of quotas, which is the name of the field:
--           `amount,window,amount,window…`
-- mode      all | order | look | `refund ` and the time of the charge
-- returns   for each request, in binary: 1 if allowed (1 byte), retry after (8), quota from 0 (4),
--           remaining (4), reset after (8), now (8); all times are microseconds. If the key holds
--           something else, the text of the error after a `-`

local call, find, format = redis.call, string.find, string.format
local now = tonumber(ARGV[1])
if not now then
    local time = call('TIME')
    now = time[1] * 1000000 + time[2]
end

-- The quotas by list: most requests have the same.
local lists, replies = {}, {}
local at, step = 2, #ARGV > 4 and 3 or 0
for request, key in ipairs(KEYS) do
    local mode, cost, list = ARGV[at], tonumber(ARGV[at + 1]), ARGV[at + 2]
    at = at + step
    local text = redis.pcall('HGET', key, list)
    local failed = text and text.err
    if failed then text = false end
    local quotas = lists[list]
    if not quotas then
        quotas = {}
        for amount, window in string.gmatch(list, '(%d+),(%d+)') do
            quotas[#quotas + 1] = {
                amount = tonumber(amount), window = tonumber(window),
                ends = 0, count = 0, same = false, blank = false, charged = false,
            }
        end
        lists[list] = quotas
    end
    local refunds, charged
    if mode ~= 'all' then
        refunds, charged = string.match(mode, '^(refund) (%d*)$')
        charged = math.min(tonumber(charged or '') or now, now)
    end

    local from, breach, longest = 1, nil, 0
    for _, q in ipairs(quotas) do
        local amount, window = q.amount, q.window
        local ends, count, same = 0, 0, false
        if text then
            -- The text of the end is kept, to be written back unchanged.
            local _, last, found, hits = find(text, '(%d+):(%d+);', from)
            if found then from, same, ends, count = last + 1, found, tonumber(found), tonumber(hits) end
        end
        local blank = ends <= now
        if blank then
            ends, count, same = now + window, 0, false
        elseif ends > now + window then
            ends, same = now + window, false
        end
        local charge = false
        if refunds then
            -- A charge to a window that is over is not refunded to the current one.
            if not blank and charged + window >= ends then charge = -cost end
        elseif mode ~= 'order' or not breach then
            if count + cost > amount then
                local wait = cost > amount and window or ends - now
                if not breach or wait > longest then breach, longest = q, wait end
                if mode ~= 'look' then charge = cost end
            elseif mode == 'order' and cost > 0 then
                charge = cost
            end
        end
        q.ends, q.count, q.same, q.blank, q.charged = ends, count, same, blank, charge
    end

    local all = mode == 'all' and not breach and cost > 0
    local written, begun, changed, tightest, remaining, index = '', 0, false, quotas[1], nil, 0
    for position, q in ipairs(quotas) do
        local charge, count, same = all and cost or q.charged, q.count, q.same
        if charge then
            count = count + charge
            if count > 4294967295 then count = 4294967295 elseif count < 0 then count = 0 end
            q.blank, changed = false, true
            if not same and q.ends - now > begun then begun = q.ends - now end
        end
        -- A window that is over and not charged is written with an end of 0, as an empty one is read.
        written = written .. (q.blank and '0' or same or format('%.0f', q.ends)) .. ':' .. count .. ';'

        local rest = q.amount - count
        if rest < 0 then rest = 0 end
        if q == breach or (not breach and (not remaining or rest < remaining)) then
            tightest, remaining, index = q, rest, position - 1
        end
    end
    if failed then
        replies[request] = '-' .. failed
    else
        if changed then
            call('HSET', key, list, written)
            if begun > 0 then
                -- The key expires with the last of its counters.
                local ms = math.ceil(begun / 1000) + 1
                if call('PTTL', key) < ms then
                    call('PEXPIRE', key, format('%.0f', ms))
                end
            end
        end
        local reset = tightest.blank and 0 or tightest.ends - now
        replies[request] = struct.pack('<BI8I4I4I8I8', breach and 0 or 1, longest, index, remaining, reset, now)
    end
end
return replies
