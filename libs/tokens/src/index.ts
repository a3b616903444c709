export { hashToken } from './hash-token.ts';
export { SessionInvalidator, type SessionInvalidatorOptions } from './lease/session-invalidator.ts';
export { compileNamespaces, type NamespaceMatcher } from './namespace-matcher.ts';
export { SessionCache, type SessionCacheOptions } from './session-cache.ts';
