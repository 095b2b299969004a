//! The scripts: each is one step for all who read. Commands of Redis 7.0 and older only.
//!
//! A run is a hash `m` (state, writer, next, first, bytes, lease, cancel, meta, last) and a stream `l` with the packets,
//! whose ids are `0-<number>`. The end is in the hash, so that it outlives the packets. Time is that of Redis, so the
//! clocks of the nodes play no part.

use redis::Script;

pub(super) struct Scripts {
    pub(super) claim: Script,
    pub(super) opened: Script,
    pub(super) open: Script,
    pub(super) append: Script,
    pub(super) close: Script,
    pub(super) renew: Script,
    pub(super) reap: Script,
    pub(super) cancel: Script,
    pub(super) meta: Script,
    pub(super) read: Script,
}

/// What several of them use.
const COMMON: &str = "
local m, l, channel = KEYS[1], KEYS[2], KEYS[3]
local function now()
    local time = redis.call('TIME')
    return time[1] * 1000 + math.floor(time[2] / 1000)
end
local function number(field) return tonumber(redis.call('HGET', m, field)) end
local function is_writer(token)
    return redis.call('HGET', m, 'state') == 'open' and redis.call('HGET', m, 'writer') == token
end
local function keep() return cjson.decode(redis.call('HGET', m, 'meta')).keep end
local function live(lease)
    local ttl = keep().packets + 4 * lease
    redis.call('HSET', m, 'lease', now() + lease)
    redis.call('PEXPIRE', m, ttl)
    redis.call('PEXPIRE', l, ttl)
end
local function finish(state, at, record)
    local keep = keep()
    redis.call('HSET', m, 'state', state, 'next', at + 1, 'last', record)
    redis.call('PEXPIRE', l, keep.packets)
    redis.call('PEXPIRE', m, math.max(keep.packets, keep.tombstone))
    redis.call('PUBLISH', channel, '')
end
-- The number of the first record that is kept.
local function first()
    local next = number('next')
    if redis.call('EXISTS', l) == 1 then return number('first') end
    if redis.call('HGET', m, 'state') == 'open' then return next end
    return next - 1
end
";

fn script(body: &str) -> Script {
    Script::new(&format!("{COMMON}{body}"))
}

impl Default for Scripts {
    fn default() -> Self {
        Self {
            claim: Script::new(
                "
                local run = redis.call('HGET', KEYS[1], 'run')
                if not run then
                    redis.call('HSET', KEYS[1], 'run', ARGV[1], 'fingerprint', ARGV[2], 'opened', 0)
                    redis.call('PEXPIRE', KEYS[1], ARGV[3])
                    return {'ok', ARGV[1], 0}
                end
                if redis.call('HGET', KEYS[1], 'fingerprint') ~= ARGV[2] then return {'mismatch'} end
                return {'ok', run, tonumber(redis.call('HGET', KEYS[1], 'opened'))}",
            ),
            opened: Script::new(
                "
                if redis.call('EXISTS', KEYS[1]) == 1 then
                    redis.call('HSET', KEYS[1], 'opened', 1)
                    redis.call('PEXPIRE', KEYS[1], ARGV[1])
                end
                return {'ok'}",
            ),
            open: script(
                "
                if redis.call('EXISTS', m) == 1 then return {'exists'} end
                redis.call('HSET', m, 'state', 'open', 'writer', ARGV[1], 'meta', ARGV[2], 'next', 1, 'first', 1,
                    'bytes', 0, 'cancel', 0, 'lease', now() + ARGV[3])
                redis.call('PEXPIRE', m, ARGV[4])
                return {'ok'}",
            ),
            append: script(
                "
                if not is_writer(ARGV[1]) then return {'closed', 0} end
                local next, oldest, bytes, keep = number('next'), number('first'), number('bytes'), keep()
                if next ~= tonumber(ARGV[2]) then return {'gap', next} end
                local more = 0
                for i = 4, #ARGV do more = more + #ARGV[i] end
                local function is_full()
                    return bytes + more > keep.bytes or next - oldest + #ARGV - 3 > keep.count
                end
                if not keep.is_window and is_full() then return {'full', 0} end
                while keep.is_window and oldest < next and is_full() do
                    local entry = redis.call('XRANGE', l, '0-' .. oldest, '0-' .. oldest)[1]
                    if entry then bytes = bytes - #entry[2][2] end
                    redis.call('XDEL', l, '0-' .. oldest)
                    oldest = oldest + 1
                end
                for i = 4, #ARGV do
                    redis.call('XADD', l, '0-' .. next, 'd', ARGV[i])
                    next = next + 1
                end
                redis.call('HSET', m, 'next', next, 'first', oldest, 'bytes', bytes + more)
                live(tonumber(ARGV[3]))
                redis.call('PUBLISH', channel, '')
                return {'ok', number('cancel')}",
            ),
            close: script(
                "
                local again = redis.call('HGET', m, 'writer') == ARGV[1] and redis.call('HGET', m, 'last') == ARGV[4]
                if again and redis.call('HGET', m, 'state') == ARGV[3] then return {'ok', 0} end
                if not is_writer(ARGV[1]) then return {'closed', 0} end
                local next = number('next')
                if next ~= tonumber(ARGV[2]) then return {'gap', next} end
                finish(ARGV[3], next, ARGV[4])
                return {'ok', 0}",
            ),
            renew: script(
                "
                if not is_writer(ARGV[1]) then return {'closed', 0} end
                live(tonumber(ARGV[2]))
                return {'ok', number('cancel')}",
            ),
            reap: script(
                "
                if redis.call('HGET', m, 'state') ~= 'open' or number('lease') > now() then return {0} end
                finish('lost', number('next'), ARGV[1])
                return {1}",
            ),
            cancel: script(
                "
                if redis.call('HGET', m, 'state') ~= 'open' then return {0} end
                redis.call('HSET', m, 'cancel', 1)
                redis.call('PUBLISH', channel, '')
                return {1}",
            ),
            meta: script(
                "
                local state = redis.call('HGET', m, 'state')
                if not state then return {} end
                return {state, number('next') - 1, first(), redis.call('HGET', m, 'meta')}",
            ),
            read: script(
                "
                local state = redis.call('HGET', m, 'state')
                if not state then return {} end
                local after, first, tail = tonumber(ARGV[1]), first(), number('next') - 1
                local records, bytes = {}, 0
                if after + 1 < first then return {state, tail, first, records} end
                local most = tonumber(ARGV[3])
                for _, entry in ipairs(redis.call('XRANGE', l, '0-' .. (after + 1), '+', 'COUNT', ARGV[2])) do
                    local record = entry[2][2]
                    if #records > 0 and bytes + #record > most then return {state, tail, first, records} end
                    -- The log has lost a record in between: what is behind it is not next.
                    if entry[1] ~= '0-' .. (after + #records + 1) then return {state, tail, first, records} end
                    bytes = bytes + #record
                    records[#records + 1] = record
                end
                if state ~= 'open' and after + #records + 1 == tail then
                    records[#records + 1] = redis.call('HGET', m, 'last')
                end
                return {state, tail, first, records}",
            ),
        }
    }
}
