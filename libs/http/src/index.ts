export type { ActivityRecorder, SeenFrom } from './activity.ts';
export type { AuthenticateOrigin, VerifyOrigin } from './authenticate-origin.ts';
export {
  arrayField,
  booleanField,
  integerField,
  objectField,
  optionalArray,
  optionalBoolean,
  optionalInteger,
  optionalObject,
  optionalString,
  optionalStringArray,
  stringArray,
  stringField,
} from './body-fields.ts';
export { limitedAddress } from './client-address.ts';
export { errors, InteractiveAuthenticationNeeded, MatrixHttpError } from './errors.ts';
export { createHttpServer, type HttpServer, type HttpServerOptions } from './http-server.ts';
export { eventIdParam, roomAliasParam, roomIdParam, textParam, userIdParam } from './path-params.ts';
export type { ProxyTargets } from './proxy.ts';
export { optionalQueryInteger, queryBoolean, queryInteger } from './query-fields.ts';
export { createRateLimiter, defaultLimits, limitsOf, type RateLimiter, type TokenBucket } from './rate-limiter.ts';
export { authenticated, empty, emptyObject, json, rawJson } from './replies.ts';
export type { Authenticate, Masquerade, Refusal, Requester } from './requester.ts';
export type { AuthenticatedRequest, Handler, Handlers, MatrixRequest, Reply } from './types.ts';
