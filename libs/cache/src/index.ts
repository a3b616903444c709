export { ByteBoundedCache, type ByteBoundedCacheOptions, exposeCache } from './byte-bounded-cache.ts';
export { scaledBytes, setCacheScale } from './cache-scale.ts';
export { type EphemeralStore, EphemeralStoreError } from './ephemeral-store.ts';
export { memoryStore } from './memory-store.ts';
export { examineRedis, type RedisExamination } from './redis/examine-redis.ts';
export { type RedisStoreOptions, redisStore } from './redis/redis-store.ts';
