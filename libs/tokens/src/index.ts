export { hashToken } from './hash-token.ts';
export { SessionInvalidator, type SessionInvalidatorOptions } from './lease/session-invalidator.ts';
export { SessionCache, type SessionCacheOptions } from './session-cache.ts';
