export { hashToken } from './hash-token.ts';
export { SessionInvalidator, type SessionInvalidatorOptions } from './lease/session-invalidator.ts';
export type { Masquerade } from './masquerade.ts';
export { compileNamespaces, type NamespaceMatcher } from './namespace-matcher.ts';
export type { Requester } from './requester.ts';
export { type Refusal, SessionCache, type SessionCacheOptions } from './session-cache.ts';
