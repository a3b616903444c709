import type { NumberRules } from '../canonical-json/strict-json.ts';
import type { IdentifierLimit } from '../identifiers/limits.ts';

/** The room versions this library knows. An opaque string: never to be compared as a number. */
export type RoomVersion = '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9' | '10' | '11' | '12';

/** What a redaction leaves of an event. Room version pages, "Redactions". */
export type RedactionRules = {
  readonly topLevelKeys: ReadonlySet<string>;
  /** Keys of `content` that stay, by event type; `all` for the whole content. */
  readonly contentKeys: ReadonlyMap<string, ReadonlySet<string> | 'all'>;
  /** Whether `content.third_party_invite.signed` of a member event stays. */
  readonly keepsThirdPartyInviteSigned: boolean;
};

/** All in which one room version differs from another. */
export type RoomVersionRules = {
  readonly version: RoomVersion;
  readonly stability: 'stable' | 'unstable';

  /** `explicit`: `event_id` is part of the event. Otherwise the id is the reference hash in one of two alphabets. */
  readonly eventIds: 'explicit' | 'hash' | 'url_safe_hash';
  /** `pairs`: `[event id, {"sha256": reference hash}]` in prev_events and auth_events. */
  readonly eventReferences: 'pairs' | 'ids';
  /** Whether the room id is the create event's hash, and so neither in the create event nor with a domain. */
  readonly roomIdIsCreateEventHash: boolean;
  /** What numbers an event may hold. */
  readonly numbers: Extract<NumberRules, 'canonical' | 'preserved'>;
  /** Whether an identifier that is longer than 255 bytes makes an event unreadable, or only one to be rejected. */
  readonly identifierLimit: IdentifierLimit;
  /** Where an `m.room.redaction` names its target. */
  readonly redactsIn: 'event' | 'content';
  readonly redaction: RedactionRules;

  /** Whether a signing key must be valid at the event's origin_server_ts. */
  readonly enforcesKeyValidity: boolean;
  readonly stateResolution: 'v1' | 'v2' | 'v2.1';

  /** Who made the room: the create event's `content.creator`, or its sender. */
  readonly creator: 'content' | 'sender';
  /** Whether creators (sender and additional_creators) stand above every power level. */
  readonly privilegedCreators: boolean;
  /** Whether the create event is among the auth_events of others. */
  readonly createInAuthEvents: boolean;
  /** Whether `m.room.aliases` has an auth rule of its own. */
  readonly aliasesRule: boolean;
  /** Whether redactions are judged by the auth rules rather than when they are applied. */
  readonly redactionsAuthorised: boolean;
  /** `floats`: integers, floats and strings; `strings`: integers and strings. */
  readonly powerLevelValues: 'floats' | 'strings' | 'integers';
  /** Whether changes of `notifications` in power levels are judged. */
  readonly notificationLevelsChecked: boolean;
  readonly knock: boolean;
  readonly restrictedJoin: boolean;
  readonly knockRestricted: boolean;
};
