/*
 * Scripts run atomically and read Redis's own clock, so that processes whose clocks differ agree. A set is a sorted set of members by
 * expiry (KEYS[1]) and its version (KEYS[2]); both outlive the last member by an hour, so that its expiry is seen. Versions start at the clock: they grow even when
 * Redis was emptied in between.
 */
const versionedSet = `
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local changed = redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
local function version()
  local version = tonumber(redis.call('GET', KEYS[2]) or '0')
  if changed > 0 then
    version = math.max(version + 1, now)
    redis.call('SET', KEYS[2], string.format('%.0f', version), 'KEEPTTL')
  end
  if version == 0 then return now end
  local last = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
  local forgotten = string.format('%.0f', (last[2] or now) + 3600000)
  redis.call('PEXPIREAT', KEYS[1], forgotten)
  redis.call('PEXPIREAT', KEYS[2], forgotten)
  return version
end`;

/** ARGV: member, time to live in milliseconds. Returns the version. */
export const addMember = `${versionedSet}
changed = changed + redis.call('ZADD', KEYS[1], string.format('%.0f', now + ARGV[2]), ARGV[1])
return version()`;

/** ARGV: member. Returns the version. */
export const removeMember = `${versionedSet}
changed = changed + redis.call('ZREM', KEYS[1], ARGV[1])
return version()`;

/** Returns the version, then the members. */
export const members = `${versionedSet}
local result = redis.call('ZRANGE', KEYS[1], 0, -1)
table.insert(result, 1, version())
return result`;

/** KEYS[1]: the bucket. ARGV: tokens per second, burst, how many to take. Returns the milliseconds to wait, 0 when they were taken. */
export const takeTokens = `
local time = redis.call('TIME')
local now = time[1] * 1000 + time[2] / 1000
local perMs = tonumber(ARGV[1]) / 1000
local burst = tonumber(ARGV[2])
local bucket = redis.call('HMGET', KEYS[1], 't', 'at')
local tokens = math.min(burst, tonumber(bucket[1] or burst) + math.max(0, now - tonumber(bucket[2] or now)) * perMs)
local count = tonumber(ARGV[3])
local needed = math.min(count, burst)
local wait = 0
if tokens >= needed then tokens = tokens - count else wait = math.ceil((needed - tokens) / perMs) end
redis.call('HSET', KEYS[1], 't', string.format('%.6f', tokens), 'at', string.format('%.3f', now))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.max(1, math.ceil((burst - tokens) / perMs))))
return wait`;

/** KEYS[1]: the bucket. ARGV: tokens per second, burst, how many to put back. A bucket that is not known is full. */
export const returnTokens = `
local tokens = redis.call('HGET', KEYS[1], 't')
if not tokens then return 0 end
local burst = tonumber(ARGV[2])
tokens = math.min(burst, tonumber(tokens) + tonumber(ARGV[3]))
redis.call('HSET', KEYS[1], 't', string.format('%.6f', tokens))
redis.call('PEXPIRE', KEYS[1], string.format('%.0f', math.max(1, math.ceil((burst - tokens) * 1000 / tonumber(ARGV[1])))))
return 1`;
