import type {
  BuiltEvent,
  EventId,
  JsonObject,
  ParsedPdu,
  RoomAlias,
  RoomId,
  ServerName,
  SigningKey,
  StateKeyPair,
} from '@plexus/matrix';
import type { Clock, Random } from '@plexus/observability';
import type { Queryable } from '@plexus/postgres';
import type { RoomCommit } from '../committer/room-commit.ts';
import type { EventCommand } from '../domain/event-command.ts';
import type { Refusal } from '../domain/refusal.ts';
import type { StateStore, StateWrite } from '../state-store/state-store.ts';
import type { Names } from '../storage/names.ts';
import type { NumberRange } from '../storage/number-ranges.ts';
import type { LiveRoom, StateEvent } from './live-room.ts';

/** What the stages work with beside the room. */
export interface StageContext {
  readonly queryable: Queryable;
  readonly names: Names;
  readonly eventNumbers: NumberRange;
  readonly stateStore: StateStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly serverName: ServerName;
  readonly signingKey: SigningKey;
}

/** The event that a redaction is about. */
export interface RedactionTarget {
  readonly event: number;
  readonly eventId: EventId;
  /** What is left of it; undefined when it was redacted before. */
  readonly redacted: ParsedPdu | undefined;
  /** What it is now, as canonical JSON. */
  readonly json: string;
}

/** A command on its way through the stages; each stage fills in what the next ones need. */
export interface Draft {
  readonly room: LiveRoom;
  readonly command: EventCommand;
  /** Undefined only for the create event of a room whose id is that event's hash. */
  readonly roomId: RoomId | undefined;
  /** Not the first try: what an earlier one may have committed is looked for in the database. */
  readonly triedBefore: readonly number[];
  readonly isRetry: boolean;
  /** Made in the commit of a new room. */
  readonly newAlias?: RoomAlias | undefined;
  transactionKey: string | undefined;
  /** In room versions 1 and 2 alone, where the sender chooses it and the auth rules look at it. */
  explicitId: EventId | undefined;
  /** As it will be sent: the command's, but for what this server adds. */
  content: JsonObject;
  authEventKeys: readonly StateKeyPair[];
  replaced: StateEvent | undefined;
  redactionTarget: RedactionTarget | undefined;
  built: BuiltEvent | undefined;
  event: number | undefined;
  stateWrite: StateWrite | undefined;
  commit: RoomCommit | undefined;
}

/** How a stage ends the way of a draft: with an event that is there already, or with a refusal. Undefined: the next stage follows. */
export type StageResult =
  | undefined
  | { readonly kind: 'known'; readonly eventId: EventId }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export type Stage = (draft: Draft, context: StageContext) => StageResult | Promise<StageResult>;

export function newDraft(of: {
  room: LiveRoom;
  roomId: RoomId | undefined;
  command: EventCommand;
  triedBefore: readonly number[];
  isRetry: boolean;
  newAlias?: RoomAlias | undefined;
}): Draft {
  return {
    ...of,
    transactionKey: undefined,
    explicitId: undefined,
    content: of.command.content,
    authEventKeys: [],
    replaced: undefined,
    redactionTarget: undefined,
    built: undefined,
    event: undefined,
    stateWrite: undefined,
    commit: undefined,
  };
}
