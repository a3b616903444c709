import type { DeviceSession } from '../memory/device-sessions.ts';
import type { MemoryIndex } from '../memory/memory-index.ts';
import type { RoomMemory } from '../memory/room-memory.ts';
import type { RememberedMembership, UserMemory } from '../memory/user-memory.ts';
import { type AccountDataItem, accountDataField } from './account-data.ts';
import { RoomDelta, roomDelta } from './room-delta.ts';
import { type SectionStyle, sectionOf, sectionText, sharedText } from './room-section.ts';
import { heroesFor, summaryText } from './summary.ts';
import { isUnchanged, planSync, type RoomToLoad, reachesBack, type SyncPlan } from './sync-plan.ts';
import { formatSyncToken, type SyncPosition } from './sync-token.ts';
import type { TimelineEvent } from './timeline-event.ts';

/** Who asks, from where, and how they want it. */
export interface SyncQuestion extends SectionStyle {
  readonly user: UserMemory;
  readonly deviceId: string | undefined;
  readonly session: DeviceSession;
}

/** Pieces of an answer, each the text of one room: `"!id":{…}`. */
export interface AnswerParts {
  readonly join: string[];
  readonly invite: string[];
  readonly knock: string[];
  readonly leave: string[];
  /** Global account data. */
  accountData: readonly AccountDataItem[];
  /** Member events that this answer tells a lazy-loading device. */
  readonly sentMembers: TimelineEvent[];
}

export type LiveAnswer =
  | { readonly kind: 'nothing' }
  /** Memory does not reach back so far. */
  | { readonly kind: 'cold' }
  /** Members or counts of rooms are wanted that nobody has asked for yet. */
  | { readonly kind: 'missing'; readonly members: Map<RoomMemory, string[]>; readonly summaries: RoomMemory[] }
  /** All there is, but for the rooms to load. */
  | {
      readonly kind: 'parts';
      readonly parts: AnswerParts;
      readonly joinedToLoad: readonly RoomToLoad[];
      readonly leftToLoad: readonly RoomToLoad[];
      readonly roomAccountData: ReadonlyMap<string, AccountDataItem[]>;
    };

export function emptyParts(): AnswerParts {
  return { join: [], invite: [], knock: [], leave: [], accountData: [], sentMembers: [] };
}

/** Answers an incremental sync out of memory, as far as that goes. Touches no database and no other service. */
export function liveAnswer(index: MemoryIndex, question: SyncQuestion, since: SyncPosition): LiveAnswer {
  const { user, filter } = question;
  if (isUnchanged(user, since)) return { kind: 'nothing' };
  if (!reachesBack(index, user, since) || since.user < user.accountDataFloor) return { kind: 'cold' };
  const plan = planSync(user, since, index.position.room);
  const wanted = ({ room }: { readonly room: RoomMemory }) => filter.wantsRoom(room.roomId);
  const builder = new LiveAnswerBuilder(index.position, question, since);
  for (const room of plan.changed) if (filter.wantsRoom(room.roomId)) builder.addJoined(room);
  builder.addAccountDataOnly(plan);
  for (const entry of plan.invited.filter(wanted)) builder.parts.invite.push(pendingText(entry, 'invite_state'));
  for (const entry of plan.knocked.filter(wanted)) builder.parts.knock.push(pendingText(entry, 'knock_state'));
  for (const entry of plan.left.filter(wanted)) builder.addLeft(entry);
  for (const entry of plan.declined.filter(wanted)) builder.addDeclined(entry);
  return builder.finish(plan.joinedToLoad.filter(wanted), plan.leftToLoad.filter(wanted));
}

/** `"!room":{"invite_state":{"events":[…]}}` */
export function pendingText(
  { room, strippedState }: Pick<RememberedMembership, 'room' | 'strippedState'>,
  field: string,
): string {
  return `${JSON.stringify(room.roomId)}:{"${field}":{"events":${strippedState === '' ? '[]' : strippedState}}}`;
}

/** The answer's body. Counts of one-time keys are always there: without them clients stop making new ones. */
export function answerText(generation: number, position: SyncPosition, parts: AnswerParts | undefined): string {
  const fields = [`{"next_batch":"${formatSyncToken(generation, position)}"`];
  if (parts !== undefined) {
    const rooms: string[] = [];
    if (parts.join.length > 0) rooms.push(`"join":{${parts.join.join(',')}}`);
    if (parts.invite.length > 0) rooms.push(`"invite":{${parts.invite.join(',')}}`);
    if (parts.knock.length > 0) rooms.push(`"knock":{${parts.knock.join(',')}}`);
    if (parts.leave.length > 0) rooms.push(`"leave":{${parts.leave.join(',')}}`);
    if (rooms.length > 0) fields.push(`"rooms":{${rooms.join(',')}}`);
    const accountData = accountDataField(parts.accountData);
    if (accountData !== undefined) fields.push(accountData);
  }
  fields.push('"device_one_time_keys_count":{},"device_unused_fallback_key_types":[]}');
  return fields.join(',');
}

const noAccountData: ReadonlyMap<string, AccountDataItem[]> = new Map();

/** Of most answers it makes one room's text and nothing else: what only others need is made when it is needed. */
class LiveAnswerBuilder {
  readonly parts = emptyParts();
  readonly #position: SyncPosition;
  readonly #question: SyncQuestion;
  readonly #since: SyncPosition;
  #roomAccountData: ReadonlyMap<string, AccountDataItem[]> = noAccountData;
  #missingMembers: Map<RoomMemory, string[]> | undefined;
  readonly #missingSummaries: RoomMemory[] = [];
  readonly #incomplete: RoomToLoad[] = [];
  readonly #incompleteLeft: RoomToLoad[] = [];

  constructor(position: SyncPosition, question: SyncQuestion, since: SyncPosition) {
    this.#position = position;
    this.#question = question;
    this.#since = since;
    if (question.user.lastUser > since.user) this.#takeAccountData();
  }

  #takeAccountData(): void {
    const { user, filter } = this.#question;
    const global: AccountDataItem[] = [];
    const byRoom = new Map<string, AccountDataItem[]>();
    for (const entry of user.accountDataAfter(this.#since.user)) {
      if (entry.roomId !== undefined) addTo(byRoom, entry.roomId, entry);
      else if (filter.wantsAccountData(entry.type)) global.push(entry);
    }
    this.parts.accountData = global;
    this.#roomAccountData = byRoom;
  }

  addJoined(room: RoomMemory): void {
    const { user, filter } = this.#question;
    const delta = roomDelta(room, user.userId, this.#since, this.#position, this.#question);
    if (delta.section === undefined) {
      this.#incomplete.push({ room, from: this.#since.room, upTo: this.#position.room });
      return;
    }
    const accountData = accountDataField(this.#accountDataOf(room.roomId));
    if (delta.isEmpty && accountData === undefined) return;
    const wantsSummary = filter.state.lazyLoadMembers && delta.toldMembers.length > 0;
    if (wantsSummary && room.summary === undefined) {
      this.#missingSummaries.push(room);
      return;
    }
    const summary = wantsSummary ? room.summary : undefined;
    const heroes = summary === undefined ? [] : heroesFor(summary, user.userId);
    const needed = heroes.length === 0 ? delta.needed : new Set([...delta.needed, ...heroes]);
    const members = this.#membersFor(room, needed);
    const text =
      delta.textFor(this.#receiver(), members) + (summary === undefined ? '' : summaryText(summary, user.userId));
    this.parts.join.push(
      `${JSON.stringify(room.roomId)}:{${text}${accountData === undefined ? '' : `,${accountData}`}}`,
    );
    this.parts.sentMembers.push(...members, ...delta.toldMembers);
  }

  /** Rooms in which nothing changed but the user's own data. */
  addAccountDataOnly({ changed, joinedToLoad }: SyncPlan): void {
    if (this.#roomAccountData.size === 0) return;
    const { user, filter } = this.#question;
    const told = new Set([...changed, ...joinedToLoad.map(({ room }) => room)]);
    for (const roomId of this.#roomAccountData.keys()) {
      const entry = user.memberships.get(roomId);
      if (entry?.membership !== 'join' || told.has(entry.room) || !filter.wantsRoom(roomId)) continue;
      const accountData = accountDataField(this.#accountDataOf(roomId));
      if (accountData === undefined) continue;
      const section = { timeline: [], limited: false, prevBatch: this.#position.room, state: [] };
      const text = sectionText(section, [], this.#question, sharedText);
      this.parts.join.push(`${JSON.stringify(roomId)}:{${text},${accountData}}`);
    }
  }

  /** A room that the user left since: what came up to the leaving, and nothing after. */
  addLeft({ room, position }: RememberedMembership): void {
    const events = room.events.after(this.#since.room).filter((event) => event.position <= position);
    this.#addLeaving(room, events, position);
  }

  /** An invite or a knock that ended: the user sees their own membership and nothing else of the room. */
  addDeclined({ room, position }: RememberedMembership): void {
    const { userId } = this.#question.user;
    const own = room.events
      .after(this.#since.room)
      .filter((event) => event.position <= position && event.type === 'm.room.member' && event.stateKey === userId);
    this.#addLeaving(room, own, position);
  }

  finish(joinedToLoad: readonly RoomToLoad[], left: readonly RoomToLoad[]): LiveAnswer {
    const { parts } = this;
    const leftToLoad = [...left, ...this.#incompleteLeft];
    if (this.#missingMembers !== undefined || this.#missingSummaries.length > 0) {
      return { kind: 'missing', members: this.#missingMembers ?? new Map(), summaries: this.#missingSummaries };
    }
    const toLoad = [...joinedToLoad, ...this.#incomplete];
    const told = parts.join.length + parts.invite.length + parts.knock.length + parts.leave.length;
    if (told + parts.accountData.length + toLoad.length + leftToLoad.length === 0) return { kind: 'nothing' };
    return { kind: 'parts', parts, joinedToLoad: toLoad, leftToLoad, roomAccountData: this.#roomAccountData };
  }

  #addLeaving(room: RoomMemory, events: readonly TimelineEvent[], position: number): void {
    const section = sectionOf(events, this.#question, position);
    if (section === undefined) {
      this.#incompleteLeft.push({ room, from: this.#since.room, upTo: position });
      return;
    }
    const delta = new RoomDelta(section, '', this.#question);
    this.parts.leave.push(`${JSON.stringify(room.roomId)}:{${delta.textFor(this.#receiver(), [])}}`);
  }

  #receiver(): { readonly userId: string; readonly deviceId: string | undefined } {
    return { userId: this.#question.user.userId, deviceId: this.#question.deviceId };
  }

  #accountDataOf(roomId: string): AccountDataItem[] {
    const { roomAccountData: filter } = this.#question.filter;
    const items = this.#roomAccountData.get(roomId) ?? [];
    return items.filter(({ type }) => filter.matches({ type, sender: undefined, roomId, hasUrl: false }));
  }

  #membersFor(room: RoomMemory, needed: Iterable<string>): TimelineEvent[] {
    const { session, filter } = this.#question;
    const sent = filter.state.includeRedundantMembers ? undefined : session.membersOf(room.roomId);
    const members: TimelineEvent[] = [];
    for (const userId of needed) {
      const member = room.members.get(userId);
      if (member === undefined) {
        // Whoever was told this member before is not told again, and so need not know it.
        if (sent?.has(userId) === true) continue;
        this.#missingMembers ??= new Map();
        addTo(this.#missingMembers, room, userId);
      } else if (sent?.get(userId) !== member.eventId) members.push(member);
    }
    return members;
  }
}

function addTo<Key, Value>(map: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
