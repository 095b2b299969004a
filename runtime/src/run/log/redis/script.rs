//! The scripts. Each is one atomic step, and uses only commands that Redis 6.2 has.
//!
//! A run is a hash `m` and a stream `l` with the packets, whose ids are `0-<number>`. The end is in the hash, so that
//! it outlives the packets. All times come from Redis, so the clocks of the nodes do not matter.

use redis::Script;

use crate::redis::NOW;

pub(super) struct Scripts {
    pub(super) claim: Script,
    pub(super) unclaim: Script,
    pub(super) opened: Script,
    pub(super) open: Script,
    pub(super) append: Script,
    pub(super) close: Script,
    pub(super) renew: Script,
    pub(super) reap: Script,
    pub(super) cancel: Script,
    pub(super) meta: Script,
    pub(super) read: Script,
    pub(super) follow: Script,
    pub(super) is_followed: Script,
}

/// The beginning of every script about a run: `run` is the run as Redis holds it. If there is none, `run.state` is
/// false.
const RUN: &str = "
local m, l, channel, f = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local run = {}
do
    local texts = {'state', 'writer', 'claim', 'meta', 'last'}
    for i, value in ipairs(redis.call('HMGET', m, unpack(texts))) do run[texts[i]] = value end
    local numbers = {'next', 'first', 'bytes', 'lease', 'missed', 'cancel', 'claimed',
        'lasts', 'packets', 'tombstone', 'most', 'count', 'window'}
    for i, value in ipairs(redis.call('HMGET', m, unpack(numbers))) do run[numbers[i]] = tonumber(value) end
end
local function is_written_by(token) return run.state == 'open' and run.writer == token end
-- Every call of its writer renews the lease. An orphan stays as long as an ended run, and then vanishes.
-- Now and then the writer learns that it has to keep the claim, which is in another slot, for longer than the run.
local function live()
    local now = now()
    local orphan = run.packets + 4 * run.lasts
    redis.call('HSET', m, 'lease', now + run.lasts, 'missed', 0)
    redis.call('PEXPIRE', m, orphan)
    redis.call('PEXPIRE', l, orphan)
    if run.claim == '' or now < run.claimed then return {'ok', run.cancel, '', 0} end
    redis.call('HSET', m, 'claimed', now + 60000)
    return {'ok', run.cancel, run.claim, orphan + math.max(run.packets, run.tombstone) + 120000}
end
local function finish(state, record)
    redis.call('HSET', m, 'state', state, 'next', run.next + 1, 'last', record)
    redis.call('PEXPIRE', l, run.packets)
    redis.call('PEXPIRE', m, math.max(run.packets, run.tombstone))
    redis.call('PUBLISH', channel, '')
end
-- The claim of a run that has ended is kept for longer than its end.
local function ended()
    if run.claim == '' then return {'ok', 0, '', 0} end
    return {'ok', 0, run.claim, math.max(run.packets, run.tombstone) + 120000}
end
-- The number of the first record that is kept. Without a stream, only the end is kept.
local function first()
    if redis.call('EXISTS', l) == 1 then return run.first end
    if run.state == 'open' then return run.next end
    return run.next - 1
end
";

fn script(body: &str) -> Script {
    Script::new(&format!("{NOW}{RUN}{body}"))
}

impl Default for Scripts {
    fn default() -> Self {
        Self {
            claim: Script::new(
                "
                local run, fingerprint, opened =
                    unpack(redis.call('HMGET', KEYS[1], 'run', 'fingerprint', 'opened'))
                if not run then
                    run, fingerprint, opened = ARGV[1], ARGV[2], '0'
                    redis.call('HSET', KEYS[1], 'run', run, 'fingerprint', fingerprint, 'opened', opened)
                end
                if fingerprint ~= ARGV[2] then return {'mismatch'} end
                -- Every request that finds it unopened may open the run, and needs the same time for that.
                if opened == '0' then
                    redis.call('HSET', KEYS[1], 'by:' .. ARGV[1], 1)
                    redis.call('PEXPIRE', KEYS[1], ARGV[3])
                end
                return {'ok', run, tonumber(opened)}",
            ),
            unclaim: Script::new(
                "
                redis.call('HDEL', KEYS[1], 'by:' .. ARGV[1])
                local is_opened = redis.call('HGET', KEYS[1], 'opened') == '1'
                -- The run, the fingerprint and `opened`: there is no other claimant.
                if not is_opened and redis.call('HLEN', KEYS[1]) == 3 then redis.call('DEL', KEYS[1]) end
                return {'ok'}",
            ),
            opened: Script::new(
                "
                local run, fingerprint = unpack(redis.call('HMGET', KEYS[1], 'run', 'fingerprint'))
                if run == ARGV[1] then
                    -- Without the claimants, which matter no more.
                    redis.call('DEL', KEYS[1])
                    redis.call('HSET', KEYS[1], 'run', run, 'fingerprint', fingerprint, 'opened', 1)
                    redis.call('PEXPIRE', KEYS[1], ARGV[2])
                end
                return {'ok'}",
            ),
            // A writer whose answer was lost opens again.
            open: script(
                "
                if run.state then
                    if is_written_by(ARGV[1]) and run.next == 1 then return {'ok'} end
                    return {'exists'}
                end
                redis.call('HSET', m, 'state', 'open', 'writer', ARGV[1], 'meta', ARGV[2], 'claim', ARGV[3],
                    'next', 1, 'first', 1, 'bytes', 0, 'cancel', 0, 'claimed', 0, 'lease', now() + ARGV[4],
                    'missed', 0, 'lasts', ARGV[4], 'packets', ARGV[5], 'tombstone', ARGV[6],
                    'most', ARGV[7], 'count', ARGV[8], 'window', ARGV[9])
                redis.call('PEXPIRE', m, ARGV[5] + 4 * ARGV[4])
                return {'ok'}",
            ),
            append: script(
                "
                if not is_written_by(ARGV[1]) then return {'closed'} end
                local next, oldest, bytes, records = run.next, run.first, run.bytes, #ARGV - 2
                if next ~= tonumber(ARGV[2]) then return {'gap', next} end
                local more = 0
                for i = 3, #ARGV do more = more + #ARGV[i] end
                local function is_full() return bytes + more > run.most or next - oldest + records > run.count end
                if run.window == 0 and is_full() then return {'full'} end
                while oldest < next and is_full() do
                    local entry = redis.call('XRANGE', l, '0-' .. oldest, '0-' .. oldest)[1]
                    if entry then bytes = bytes - #entry[2][2] end
                    if entry and oldest == 1 then redis.call('HSET', m, 'first_record', entry[2][2]) end
                    redis.call('XDEL', l, '0-' .. oldest)
                    oldest = oldest + 1
                end
                for i = 3, #ARGV do
                    redis.call('XADD', l, '0-' .. next, 'd', ARGV[i])
                    next = next + 1
                end
                redis.call('HSET', m, 'next', next, 'first', oldest, 'bytes', bytes + more)
                redis.call('PUBLISH', channel, '')
                return live()",
            ),
            close: script(
                "
                local is_again = run.writer == ARGV[1] and run.state == ARGV[3] and run.last == ARGV[4]
                if is_again then return ended() end
                if not is_written_by(ARGV[1]) then return {'closed'} end
                if run.next ~= tonumber(ARGV[2]) then return {'gap', run.next} end
                finish(ARGV[3], ARGV[4])
                return ended()",
            ),
            renew: script(
                "
                if not is_written_by(ARGV[1]) then return {'closed'} end
                return live()",
            ),
            // If Redis was away for longer than a lease, a follower may be back before the writer, which is still
            // alive. So a writer is first marked as missed, and has some time to come back.
            reap: script(
                "
                if run.state ~= 'open' then return {0} end
                local now, grace = now(), run.lasts / 3
                if run.missed == 0 and run.lease - grace <= now then redis.call('HSET', m, 'missed', now) end
                if run.missed == 0 or now < run.missed + grace or now < run.lease then return {0} end
                finish('lost', ARGV[1])
                return {1}",
            ),
            cancel: script(
                "
                if run.state ~= 'open' then return {0} end
                redis.call('HSET', m, 'cancel', 1)
                redis.call('PUBLISH', channel, '')
                return {1}",
            ),
            meta: script(
                "
                if not run.state then return {} end
                return {run.state, run.next - 1, first(), run.meta, redis.call('HGET', m, 'first_record')}",
            ),
            follow: script(
                "
                if run.state == 'open' then redis.call('SET', f, 1, 'PX', ARGV[1]) end
                return {}",
            ),
            // A Redis that refuses writes takes no announcements: then this fails too, instead of saying no.
            is_followed: script(
                "
                local is_followed = redis.call('EXISTS', f)
                if is_followed == 0 and run.state then redis.call('HSET', m, 'followed', 0) end
                return {is_followed}",
            ),
            // If the next records are missing, the reader learns where the log goes on: the log may have lost some.
            read: script(
                "
                if not run.state then return {} end
                local after, tail, most = tonumber(ARGV[1]), run.next - 1, tonumber(ARGV[2])
                local records, bytes, packets = {}, 0, tail
                if run.state ~= 'open' then packets = tail - 1 end
                local function page(first) return {run.state, tail, first, records} end
                if after + 1 < first() then return page(first()) end
                while after < packets do
                    local entries = redis.call('XRANGE', l, '0-' .. (after + 1), '+', 'COUNT', 32)
                    if #entries == 0 and #records == 0 then return page(packets + 1) end
                    if #entries == 0 then return page(0) end
                    for _, entry in ipairs(entries) do
                        local record, number = entry[2][2], tonumber(string.sub(entry[1], 3))
                        if number ~= after + 1 and #records == 0 then return page(number) end
                        if number ~= after + 1 then return page(0) end
                        if #records > 0 and bytes + #record > most then return page(0) end
                        records[#records + 1] = record
                        bytes = bytes + #record
                        after = number
                    end
                end
                if run.state ~= 'open' and after == tail - 1 then records[#records + 1] = run.last end
                return page(0)",
            ),
        }
    }
}
