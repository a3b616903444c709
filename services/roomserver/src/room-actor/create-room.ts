import {
  encodeUrlSafeBase64,
  type JsonObject,
  parseRoomId,
  type RoomAlias,
  type RoomId,
  type RoomVersionRules,
  type UserId,
} from '@plexus/matrix';
import type { Clock } from '@plexus/observability';
import type { Committer } from '../committer/committer.ts';
import type { NewRoom, RoomCommit } from '../committer/room-commit.ts';
import type { EventCommand } from '../domain/event-command.ts';
import type { Refusal } from '../domain/refusal.ts';
import type { NumberRange } from '../storage/number-ranges.ts';
import { type Draft, newDraft, type StageContext } from './draft.ts';
import { LiveRoom } from './live-room.ts';
import { runStages } from './stages.ts';

export interface NewRoomCommand {
  readonly creator: UserId;
  readonly rules: RoomVersionRules;
  /** Of `m.room.create`, without creator and room_version. */
  readonly creationContent: JsonObject;
  /** After the create event, in order. */
  readonly events: readonly { readonly type: string; readonly stateKey: string; readonly content: JsonObject }[];
  readonly alias: RoomAlias | undefined;
  readonly published: boolean;
  readonly traceparent: string;
  /** Of a room whose making may be repeated: the same command then comes to the same room. */
  readonly identity?: RoomIdentity;
}

export interface RoomIdentity {
  /** Undefined where the room's id is the hash of its create event, which then is the same for the same time. */
  readonly roomId: RoomId | undefined;
  /** Milliseconds, of all its first events. */
  readonly timestamp: number;
}

export type CreateRoomAnswer =
  | { readonly kind: 'created'; readonly roomId: RoomId }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface CreateRoomContext {
  readonly stages: StageContext;
  readonly roomNumbers: NumberRange;
  readonly committer: Committer;
  /** Of new rooms; never the same twice. */
  readonly uniqueTimestamp: () => number;
}

const ROOM_ID_BYTES = 18;

/** Another process would have to make the same room in the same millisecond, so many times in a row. */
const MAX_ATTEMPTS = 8;

/**
 * Sends the events of a new room through the same stages as all others, and commits them at once: the room is there whole or not at all.
 *
 * Since room version 12 the create event's hash is the room's id, and nothing in that event but its time tells two rooms of one user
 * apart. So no two are made of the same millisecond here, and one that another process was faster with is made again.
 */
export async function createRoom(command: NewRoomCommand, context: CreateRoomContext): Promise<CreateRoomAnswer> {
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const answer = await tryToCreate(command, context);
    if (answer !== 'build_again') return answer;
  }
  throw new Error('other processes make the same room all the time');
}

async function tryToCreate(
  command: NewRoomCommand,
  context: CreateRoomContext,
): Promise<CreateRoomAnswer | 'build_again'> {
  const built = await buildRoom(command, context);
  if (built.kind === 'refused') return built;
  const outcome = await context.committer.commit(built.commit);
  switch (outcome.kind) {
    case 'committed':
      return { kind: 'created', roomId: built.roomId };
    case 'alias_taken':
      return { kind: 'refused', refusal: { kind: 'room_alias_in_use' } };
    case 'room_exists':
      return command.identity === undefined ? 'build_again' : { kind: 'created', roomId: built.roomId };
    case 'stale':
      return 'build_again';
    case 'failed':
    case 'unknown':
      throw outcome.error;
    case 'transaction_seen':
      throw new Error(`a new room was refused: ${outcome.kind}`);
  }
}

type BuiltRoom =
  | { readonly kind: 'built'; readonly roomId: RoomId; readonly commit: RoomCommit }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

/** Why the room could not be made, if so. Nothing is written. */
export async function refusalOfNewRoom(
  command: NewRoomCommand,
  context: CreateRoomContext,
): Promise<Refusal | undefined> {
  const built = await buildRoom(command, context);
  return built.kind === 'refused' ? built.refusal : undefined;
}

async function buildRoom(command: NewRoomCommand, context: CreateRoomContext): Promise<BuiltRoom> {
  const room = new LiveRoom({
    room: await context.roomNumbers.take(),
    rules: command.rules,
    tip: { version: 0, extremities: [], snapshot: 0, depth: 0 },
    read: async () => [],
  });
  const commits: RoomCommit[] = [];
  const { identity, rules } = command;
  let roomId = rules.roomIdIsCreateEventHash ? undefined : (identity?.roomId ?? newRoomId(context.stages));
  for (const event of eventsOf(command, identity?.timestamp ?? context.uniqueTimestamp())) {
    const draft: Draft = newDraft({
      room,
      roomId,
      command: event,
      triedBefore: [],
      isRetry: false,
      newAlias: command.alias,
    });
    const result = await runStages(draft, context.stages);
    if (result?.kind === 'refused') return { kind: 'refused', refusal: ofNewRoom(result.refusal) };
    if (draft.commit !== undefined) commits.push(draft.commit);
    roomId ??= draft.built?.pdu.roomId;
  }
  if (roomId === undefined) throw new Error('a room without a create event');
  return { kind: 'built', roomId, commit: combined(commits, await newRoom(command, roomId, context)) };
}

function eventsOf(
  { creator, rules, creationContent, events, traceparent }: NewRoomCommand,
  timestamp: number,
): EventCommand[] {
  const { creator: _claimed, room_version: _claimedVersion, ...given } = creationContent;
  const content: JsonObject = {
    ...given,
    room_version: rules.version,
    ...(rules.creator === 'content' && { creator }),
  };
  return [{ type: 'm.room.create', stateKey: '', content }, ...events].map((event) => ({
    ...event,
    sender: creator,
    transaction: undefined,
    originServerTs: timestamp,
    redacts: undefined,
    traceparent,
  }));
}

/** Milliseconds since 1970 that grow with every call. */
export function uniqueTimestamps(clock: Clock): () => number {
  let last = 0;
  return () => {
    last = Math.max(clock.now(), last + 1);
    return last;
  };
}

export function newRoomId({ random, serverName }: Pick<StageContext, 'random' | 'serverName'>): RoomId {
  const roomId = parseRoomId(`!${encodeUrlSafeBase64(random.bytes(ROOM_ID_BYTES))}:${serverName}`);
  if (roomId === undefined) throw new Error('this server cannot make room ids');
  return roomId;
}

/** The client asked for a state that its own earlier parts forbid. Client-Server API, createRoom, M_INVALID_ROOM_STATE. */
function ofNewRoom(refusal: Refusal): Refusal {
  return refusal.kind === 'not_allowed' ? { kind: 'invalid_room_state', reason: refusal } : refusal;
}

async function newRoom(command: NewRoomCommand, roomId: RoomId, { stages }: CreateRoomContext): Promise<NewRoom> {
  const { rules, published, alias, creator } = command;
  return {
    roomId,
    roomVersion: rules.version,
    published,
    alias: alias === undefined ? undefined : { alias, creator: await stages.names.number('user', creator) },
  };
}

function combined(commits: readonly RoomCommit[], created: NewRoom): RoomCommit {
  const first = commits.at(0);
  const last = commits.at(-1);
  if (first === undefined || last === undefined) throw new Error('a room without events');
  return {
    room: first.room,
    expected: 0,
    head: last.head,
    created,
    events: commits.flatMap(({ events }) => events),
    stateWrites: commits.flatMap(({ stateWrites }) => stateWrites),
    state: commits.flatMap(({ state }) => state),
    memberships: commits.flatMap(({ memberships }) => memberships),
    redactions: [],
    log: commits.flatMap(({ log }) => log),
  };
}
