//! The scripts. Each is one atomic step, and uses only commands that Redis 6.2 has.
//!
//! A topic is a hash `m`, a stream `l` of the packets with the ids `0-<number>`, and, in a hub that keeps the newest packet
//! of each key, a hash `k` of them and a sorted set `n` of their numbers. `r` has the members whose right was taken away.
//!
//! Who is there is in a sorted set `e` of the leases of each node and member, and, for each member, a hash `x` of how many
//! nodes have it, a sorted set `j` of the order of joining, and a hash `d` of cards.
//! All times come from Redis, so the clocks of the nodes do not matter.

use redis::Script;

use crate::redis::NOW;

pub(super) struct Scripts {
    pub(super) publish: Script,
    pub(super) read: Script,
    pub(super) revoke: Script,
    pub(super) who: Script,
}

/// The beginning of every script. A topic begins when it is first named, with the epoch that the caller has made.
const TOPIC: &str = "
local function text(number) return string.format('%.0f', number) end
local numbers = {'tail', 'first', 'bytes', 'forgotten', 'keyed', 'revoked'}
local function save(t)
    for _, name in ipairs(numbers) do redis.call('HSET', t.m, name, text(t[name])) end
    for _, key in ipairs({t.m, t.k, t.n, t.r}) do redis.call('PEXPIRE', key, t.idle) end
end
local function open(at, epoch, bounds)
    local t = {m = KEYS[at], l = KEYS[at + 1], k = KEYS[at + 2], n = KEYS[at + 3], r = KEYS[at + 4],
        channel = KEYS[at + 5], now = now(), count = tonumber(ARGV[bounds]), most = tonumber(ARGV[bounds + 1]),
        age = tonumber(ARGV[bounds + 2]), idle = tonumber(ARGV[bounds + 3])}
    for i, value in ipairs(redis.call('HMGET', t.m, unpack(numbers))) do t[numbers[i]] = tonumber(value) end
    t.epoch = redis.call('HGET', t.m, 'epoch')
    if not t.epoch then
        redis.call('DEL', t.l, t.k, t.n, t.r)
        redis.call('HSET', t.m, 'epoch', epoch)
        t.epoch, t.tail, t.first, t.bytes, t.forgotten, t.keyed, t.revoked = epoch, 0, 1, 0, 0, 0, 0
    end
    return t
end
-- Drops the packets that are too many, too large together, or too old.
local function trim(t)
    while t.first <= t.tail do
        local entry = redis.call('XRANGE', t.l, '0-' .. text(t.first), '+', 'COUNT', 1)[1]
        if not entry then
            t.first, t.bytes = t.tail + 1, 0
            return
        end
        local count = t.tail - t.first + 1
        local is_over = count > t.count or t.bytes > t.most and count > 1
        if not is_over and tonumber(entry[2][4]) + t.age > t.now then return end
        redis.call('XDEL', t.l, entry[1])
        t.first, t.bytes = t.first + 1, t.bytes - #entry[2][2]
    end
end
local function keep_newest(t, key, record)
    local before = redis.call('HGET', t.k, key)
    if before then t.keyed = t.keyed - #key - #before end
    redis.call('HSET', t.k, key, record)
    redis.call('ZADD', t.n, text(t.tail), key)
    t.keyed = t.keyed + #key + #record
    local count = redis.call('ZCARD', t.n)
    while count > t.count or t.keyed > t.most and count > 1 do
        local oldest = redis.call('ZRANGE', t.n, 0, 0, 'WITHSCORES')
        t.keyed = t.keyed - #oldest[1] - #redis.call('HGET', t.k, oldest[1])
        redis.call('HDEL', t.k, oldest[1])
        redis.call('ZREM', t.n, oldest[1])
        t.forgotten, count = tonumber(oldest[2]), count - 1
    end
end
local function publish(t, record, key, token)
    t.tail = t.tail + 1
    t.bytes = t.bytes + #record
    redis.call('XADD', t.l, '0-' .. text(t.tail), 'd', record, 't', text(t.now), 'b', token)
    redis.call('PEXPIRE', t.l, t.age)
    trim(t)
    local length = '-'
    if key then
        keep_newest(t, key, record)
        length = text(#key)
    end
    redis.call('PUBLISH', t.channel, 'p' .. t.epoch .. text(t.tail) .. ' ' .. length .. '\\n' .. (key or '') .. record)
end
";

fn script(body: &str) -> Script {
    Script::new(&format!("{NOW}{TOPIC}{body}"))
}

impl Default for Scripts {
    fn default() -> Self {
        Self {
            // A caller whose answer was lost calls again.
            publish: script(
                "
                local t = open(1, ARGV[1], 2)
                if ARGV[7] == '1' then
                    for _, entry in ipairs(redis.call('XREVRANGE', t.l, '+', '-', 'COUNT', 1000)) do
                        if entry[2][6] == ARGV[6] then return {tonumber(string.sub(entry[1], 3))} end
                    end
                end
                publish(t, ARGV[8], ARGV[9], ARGV[6])
                save(t)
                return {t.tail}",
            ),
            // A caller that has seen more than there is knows that a failover has lost something: the numbers that follow
            // are others than those that it has seen, so they get another epoch.
            read: script(
                "
                local t = open(1, ARGV[1], 2)
                local after, newest, most = tonumber(ARGV[7]), tonumber(ARGV[9]), tonumber(ARGV[8])
                if ARGV[6] == t.epoch and after > t.tail then
                    t.epoch = ARGV[1]
                    redis.call('HSET', t.m, 'epoch', t.epoch)
                end
                if ARGV[6] ~= t.epoch then after, newest = 0, 0 end
                trim(t)
                save(t)
                if after < t.first - 1 then after = t.first - 1 end
                local records, bytes = {}, 0
                while after < t.tail and bytes < most do
                    local entries = redis.call('XRANGE', t.l, '0-' .. text(after + 1), '+', 'COUNT', 32)
                    if #entries == 0 then after = t.tail end
                    for _, entry in ipairs(entries) do
                        after = tonumber(string.sub(entry[1], 3))
                        records[#records + 1] = after
                        records[#records + 1] = math.max(0, t.now - tonumber(entry[2][4]))
                        records[#records + 1] = entry[2][2]
                        bytes = bytes + #entry[2][2]
                    end
                end
                local rows = {}
                if after >= t.tail then
                    local found = redis.call('ZRANGEBYSCORE', t.n, '(' .. text(newest), '+inf', 'WITHSCORES')
                    for i = 1, #found, 2 do
                        rows[#rows + 1] = tonumber(found[i + 1])
                        rows[#rows + 1] = found[i]
                        rows[#rows + 1] = redis.call('HGET', t.k, found[i]) or ''
                    end
                end
                local members = {}
                local found = redis.call('ZRANGEBYSCORE', t.r, '(' .. ARGV[10], '+inf', 'WITHSCORES')
                for i = 1, #found, 2 do
                    members[#members + 1] = found[i]
                    members[#members + 1] = math.max(0, t.now - tonumber(found[i + 1]))
                end
                return {t.epoch, t.tail, t.first, records, t.forgotten, rows, t.revoked, members}",
            ),
            revoke: script(
                "
                local t = open(1, ARGV[1], 2)
                -- A time that no other revocation has.
                t.revoked = math.max(t.now, t.revoked + 1)
                redis.call('ZADD', t.r, text(t.revoked), ARGV[6])
                redis.call('ZREMRANGEBYRANK', t.r, 0, -1001)
                save(t)
                redis.call('PUBLISH', t.channel, 'r' .. text(t.revoked) .. ' ' .. ARGV[6])
                return {}",
            ),
            // The news go to a topic of their own. After a time in which nobody called, because Redis was away, nodes have
            // some time to come back.
            who: script(
                "
                local t = open(1, ARGV[1], 2)
                local lease, node = tonumber(ARGV[6]), ARGV[7]
                local e, x, j, d = KEYS[7], KEYS[8], KEYS[9], KEYS[10]
                local function leave(entry)
                    if redis.call('ZREM', e, entry) == 0 then return end
                    local id = string.sub(entry, string.find(entry, ':', 1, true) + 1)
                    if redis.call('HINCRBY', x, id, -1) > 0 then return end
                    local member = redis.call('HGET', d, id)
                    redis.call('HDEL', x, id)
                    redis.call('HDEL', d, id)
                    redis.call('ZREM', j, id)
                    if member then publish(t, 'j{\"left\":' .. member .. '}', id, '') end
                end
                -- The newest card wins, whichever node it comes from. A node that renews a lease repeats an older one.
                local function join(entry, id, member, is_news)
                    if redis.call('ZADD', e, text(t.now + lease), entry) == 1 then
                        redis.call('HINCRBY', x, id, 1)
                        local order = redis.call('HINCRBY', t.m, 'joined', 1)
                        redis.call('ZADD', j, 'NX', order, id)
                    end
                    local card = redis.call('HGET', d, id)
                    if card == member or card and is_news ~= '1' then return end
                    redis.call('HSET', d, id, member)
                    publish(t, 'j{\"joined\":' .. member .. '}', id, '')
                end
                for i = 9, #ARGV, 3 do
                    local entry = node .. ':' .. ARGV[i]
                    if ARGV[i + 1] == '' then leave(entry) else join(entry, ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
                end
                local checked = tonumber(redis.call('HGET', t.m, 'checked') or t.now)
                local grace = tonumber(redis.call('HGET', t.m, 'grace') or 0)
                if t.now - checked > lease / 2 then grace = t.now + lease / 2 end
                redis.call('HSET', t.m, 'checked', text(t.now), 'grace', text(grace))
                if t.now >= grace then
                    for _, entry in ipairs(redis.call('ZRANGEBYSCORE', e, '-inf', text(t.now), 'LIMIT', 0, 1000)) do
                        leave(entry)
                    end
                end
                save(t)
                for i = 7, 10 do redis.call('PEXPIRE', KEYS[i], t.idle) end
                local members = {}
                if ARGV[8] == '1' then
                    for _, id in ipairs(redis.call('ZRANGE', j, 0, -1)) do
                        members[#members + 1] = redis.call('HGET', d, id)
                    end
                end
                return {members}",
            ),
        }
    }
}
