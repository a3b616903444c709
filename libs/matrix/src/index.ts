export { authEventKeys, checkAuthEvents, type StateKeyPair } from './auth-rules/auth-events.ts';
export { authorise, authoriseUser } from './auth-rules/authorise.ts';
export { creatorOf, isPrivilegedCreator, privilegedCreators } from './auth-rules/creators.ts';
export type { AuthDecision, AuthRefusal, AuthState, EventToAuthorise } from './auth-rules/decision.ts';
export { mayRedact, mayUserRedact } from './auth-rules/may-redact.ts';
export { membershipOf } from './auth-rules/membership.ts';
export {
  notificationLevel,
  type PowerLevelSource,
  requiredPowerLevel,
  type ScalarLevel,
  scalarLevel,
  scalarLevelDefaults,
  userPowerLevel,
} from './auth-rules/power-levels.ts';
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
export { parseStoredJson } from './canonical-json/stored-json.ts';
export { type NumberRules, parseStrictJson, type StrictJsonOptions } from './canonical-json/strict-json.ts';
export { strippedState } from './client-events/client-event.ts';
export {
  ClientEventText,
  clientStyle,
  type EventReceiver,
  type EventStyle,
  type KeptEvent,
} from './client-events/client-event-text.ts';
export { type BuildEventError, type BuiltEvent, buildEvent, type NewEvent } from './events/build-event.ts';
export { DUMMY_EVENT_TYPE } from './events/dummy-event.ts';
export {
  checkEventSignatures,
  type EventVerifyKey,
  isKeyValidFor,
  redactedPdu,
  requiredSigners,
  signEvent,
  verifyEventSignature,
} from './events/event-signatures.ts';
export { contentHash, hasValidContentHash, referenceHash, signedEventText } from './events/hashes.ts';
export { type ParsedPdu, type PduError, type PduProblem, parsePdu, pduFromObject } from './events/parse-pdu.ts';
export { type KnownEvent, MAX_AUTH_EVENTS, MAX_EVENT_BYTES, MAX_PREV_EVENTS, type Pdu } from './events/pdu.ts';
export { stateMapKey } from './events/state-map-key.ts';
export {
  type FilteredEvent,
  type FilteredRoomEvent,
  isOpenRoomEventFilter,
  passesEventFilter,
  passesRoomEventFilter,
  passesRoomFilter,
} from './filters/apply-filter.ts';
export type { EventFilter, Filter, RoomEventFilter, TypePatterns } from './filters/filter.ts';
export { type FilterError, parseFilter, parseRoomEventFilter } from './filters/parse-filter.ts';
export { compileGlob, type Glob, type GlobOptions } from './glob/glob.ts';
export {
  type HistoryVisibility,
  historyVisibilityOf,
  maySeeEvent,
  mayServerSeeEvent,
  type ServerVisibilityQuestion,
  type VisibilityQuestion,
} from './history-visibility/history-visibility.ts';
export { type DeviceId, isDeviceId, parseDeviceId } from './identifiers/device-id.ts';
export { type EventId, isEventId, parseEventId } from './identifiers/event-id.ts';
export { fitsInBytes, MAX_IDENTIFIER_BYTES } from './identifiers/limits.ts';
export {
  aliasLocalpartOf,
  isNewAliasLocalpart,
  isRoomAlias,
  parseRoomAlias,
  type RoomAlias,
} from './identifiers/room-alias.ts';
export {
  createEventOfRoomId,
  isHashRoomId,
  isRoomId,
  parseRoomId,
  type RoomId,
  roomIdFromCreateEvent,
} from './identifiers/room-id.ts';
export {
  isServerName,
  parseServerName,
  type ServerName,
  type ServerNameParts,
  serverNameParts,
} from './identifiers/server-name.ts';
export { isLocal, serverNameOf, serverNameOfRoomId } from './identifiers/server-of.ts';
export { isNewLocalpart, isUserId, localpartOf, parseUserId, type UserId, userIdFrom } from './identifiers/user-id.ts';
export { parsePropertyPath, selectPaths, valueAtPath } from './property-path/property-path.ts';
export type { PushContext } from './push-rules/conditions.ts';
export { defaultPushRules } from './push-rules/default-push-rules.ts';
export { compilePushRules, type PushDecision, type PushEvaluator } from './push-rules/evaluate.ts';
export { type PushRuleError, parsePushActions, parsePushRule } from './push-rules/parse-push-rule.ts';
export { type PushEvent, pushEvent } from './push-rules/push-event.ts';
export {
  type PushAction,
  type PushCondition,
  type PushRule,
  type PushRuleKind,
  type PushRuleset,
  pushRuleKinds,
} from './push-rules/push-rule.ts';
export { redactContent, redactEvent } from './redaction/redact-event.ts';
export type { Result } from './result.ts';
export {
  availableRoomVersions,
  defaultRoomVersion,
  isRoomVersionText,
  roomVersion,
  rulesOf,
} from './room-versions/room-versions.ts';
export type { RedactionRules, RoomVersion, RoomVersionRules } from './room-versions/rules.ts';
export { compileServerAcl, type ServerAcl } from './server-acl/server-acl.ts';
export { decodeBase64, encodeBase64, encodeUrlSafeBase64 } from './signatures/base64.ts';
export {
  type Signer,
  signatureOf,
  signedJsonBytes,
  signingKeyIds,
  signJson,
  verifyJson,
  withSignature,
} from './signatures/sign-json.ts';
export {
  formatSigningKey,
  parseSigningKey,
  parseSigningKeys,
  type SigningKey,
  type SigningKeys,
  signBytes,
  signingKeyFromSeed,
} from './signatures/signing-key.ts';
export { isPublicKey, verifyBytes } from './signatures/verify.ts';
export {
  type AuthEventsOf,
  authDifference,
  conflictedSubgraph,
  withAuthChains,
} from './state-resolution/auth-graph.ts';
export {
  resolveState,
  resolveStateInSteps,
  resolveWholeStates,
  type SeparatedStates,
  separateStates,
  type WholeStates,
} from './state-resolution/resolve.ts';
export type {
  EventLookup,
  StateConflict,
  StateEntry,
  StateResolutionInput,
} from './state-resolution/state.ts';
export type { Steps } from './state-resolution/steps.ts';
