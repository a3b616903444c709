export {
  canonicalJson,
  compareCodePoints,
  NotCanonicalError,
} from './canonical-json/canonical-json.ts';
export { isNotJson, type JsonError, type JsonErrorCode } from './canonical-json/json-error.ts';
export {
  emptyJsonObject,
  isJsonInteger,
  isJsonObject,
  type JsonObject,
  type JsonValue,
  ownValue,
} from './canonical-json/json-value.ts';
export { RawNumber } from './canonical-json/raw-number.ts';
export {
  MAX_REQUEST_DEPTH,
  parseRequestJson,
  type RequestJsonOptions,
  requireCanonical,
} from './canonical-json/request-json.ts';
export { type NumberRules, parseStrictJson, type StrictJsonOptions } from './canonical-json/strict-json.ts';
export { type DeviceId, isDeviceId, parseDeviceId } from './identifiers/device-id.ts';
export { createEventOfRoomId, type EventId, isEventId, parseEventId } from './identifiers/event-id.ts';
export { fitsInBytes, MAX_IDENTIFIER_BYTES } from './identifiers/limits.ts';
export { isRoomAlias, parseRoomAlias, type RoomAlias } from './identifiers/room-alias.ts';
export { isHashRoomId, isRoomId, parseRoomId, type RoomId, roomIdFromCreateEvent } from './identifiers/room-id.ts';
export {
  isServerName,
  parseServerName,
  type ServerName,
  type ServerNameParts,
  serverNameParts,
} from './identifiers/server-name.ts';
export { isLocal, serverNameOf, serverNameOfRoomId } from './identifiers/server-of.ts';
export { isNewLocalpart, isUserId, localpartOf, parseUserId, type UserId, userIdFrom } from './identifiers/user-id.ts';
export type { Result } from './result.ts';
