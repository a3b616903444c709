import { attributes, withSpan } from '@plexus/observability';
import type { OtherServices } from '../../clients/other-services.ts';
import { type AllAccountData, readAllAccountData } from '../../clients/userapi.ts';
import { type AccountDataItem, accountDataField } from '../../domain/account-data.ts';
import { ephemeralText } from '../../domain/ephemeral.ts';
import {
  type AnswerParts,
  answerText,
  emptyParts,
  type LiveAnswer,
  liveAnswer,
  pendingText,
  type SyncQuestion,
} from '../../domain/live-answer.ts';
import { type Membership, type MembershipChange, membershipAt } from '../../domain/membership.ts';
import { sectionText, sharedText } from '../../domain/room-section.ts';
import { heroesFor, summaryText } from '../../domain/summary.ts';
import type { DeclinedRoom, RoomToLoad } from '../../domain/sync-plan.ts';
import { formatSyncToken, type SyncPosition } from '../../domain/sync-token.ts';
import { TimelineEvent } from '../../domain/timeline-event.ts';
import type { MemoryIndex } from '../../memory/memory-index.ts';
import type { RoomMemory } from '../../memory/room-memory.ts';
import { lastLeaving } from '../../read/room-history.ts';
import { readAccountDataChanges } from '../../storage/account-data.ts';
import { readForgotten } from '../../storage/forgotten-rooms.ts';
import { readChangedMemberships } from '../../storage/memberships.ts';
import { readReceipts } from '../../storage/receipts.ts';
import { readSummaries } from '../../storage/timelines.ts';
import { spanNames } from '../../telemetry.ts';
import { loadSections, type SectionSources } from './load-sections.ts';

export interface SyncSources extends SectionSources {
  readonly memory: MemoryIndex;
  readonly userapi: OtherServices['userapi'];
}

/** An answer, or nothing to tell up to a position. */
export interface SyncAnswer {
  readonly body: string | undefined;
  readonly position: SyncPosition;
}

/** What the user's rooms are at the place of a sync, taken in one go. */
interface Cold {
  readonly joined: RoomToLoad[];
  readonly left: RoomToLoad[];
  readonly declined: DeclinedRoom[];
  readonly parts: AnswerParts;
}

/** Answers out of memory, at once; undefined when something must be looked up. */
export function answerFromMemory(
  memory: MemoryIndex,
  question: SyncQuestion,
  since: SyncPosition,
): SyncAnswer | undefined {
  const answer = liveAnswer(memory, question, since);
  if (answer.kind === 'nothing') return { body: undefined, position: memory.position };
  if (answer.kind !== 'parts' || answer.joinedToLoad.length > 0 || answer.leftToLoad.length > 0) return undefined;
  return finished(question, memory.position, answer.parts);
}

/** Answers an incremental sync, with what memory lacks. */
export async function answerSince(
  sources: SyncSources,
  question: SyncQuestion,
  since: SyncPosition,
): Promise<SyncAnswer> {
  let answer = liveAnswer(sources.memory, question, since);
  // The answer is begun anew when what was missing is there; a member who came meanwhile may be missing again.
  while (answer.kind === 'missing') {
    await fillIn(sources, answer);
    answer = liveAnswer(sources.memory, question, since);
  }
  const position = sources.memory.position;
  if (answer.kind === 'nothing') return { body: undefined, position };
  if (answer.kind === 'cold') return answerFromIndex(sources, question, since);
  const { parts, joinedToLoad, leftToLoad } = answer;
  const accountData = joinedToLoad.some(({ from }) => from === undefined)
    ? (await readAllAccountData(sources.userapi, question.user.userId)).byRoom
    : answer.roomAccountData;
  await addLoadedRooms(
    sources,
    question,
    { joined: [...joinedToLoad], left: [...leftToLoad], declined: [], parts },
    accountData,
    since,
    position,
  );
  return finished(question, position, parts);
}

/** Answers from the index: the first sync, all of the state again, or one from further back than memory reaches. */
export function answerFromIndex(
  sources: SyncSources,
  question: SyncQuestion,
  since: SyncPosition | undefined,
  fullState = false,
): Promise<SyncAnswer> {
  return withSpan(
    spanNames.coldSync,
    { [attributes.outcome]: since === undefined ? 'initial' : 'incremental' },
    async () => {
      const position = sources.memory.position;
      const cold =
        since === undefined || fullState
          ? await everything(sources, question, position, since)
          : await changedSince(sources, question, position, since);
      const all = await readAllAccountData(sources.userapi, question.user.userId);
      const accountData = since === undefined ? all : await accountDataSince(sources, question, since, all, cold);
      cold.parts.accountData = accountData.global.filter(({ type }) => question.filter.wantsAccountData(type));
      await addLoadedRooms(sources, question, cold, accountData.byRoom, fullState ? undefined : since, position);
      const isEmpty = [cold.parts.join, cold.parts.invite, cold.parts.knock, cold.parts.leave, cold.parts.accountData];
      if (since !== undefined && isEmpty.every((list) => list.length === 0)) return { body: undefined, position };
      return finished(question, position, cold.parts);
    },
  );
}

function finished(question: SyncQuestion, position: SyncPosition, parts: AnswerParts): SyncAnswer {
  const { session, filter, generation } = question;
  if (filter.state.lazyLoadMembers) {
    for (const member of parts.sentMembers) session.sent(member.roomId, member.stateKey ?? '', member.eventId);
  }
  session.nextBatch = formatSyncToken(generation, position);
  return { body: answerText(generation, position, parts), position };
}

async function fillIn({ events, database }: SyncSources, missing: LiveAnswer & { kind: 'missing' }): Promise<void> {
  const wanted = [...missing.members];
  const [states, summaries] = await Promise.all([
    events.state(
      wanted.map(([room, users]) => ({
        roomId: room.roomId,
        keys: users.map((stateKey) => ({ type: 'm.room.member', stateKey })),
        types: [],
        omitMembers: false,
        members: [],
      })),
    ),
    missing.summaries.length === 0
      ? []
      : readSummaries(
          database,
          missing.summaries.map(({ roomId }) => roomId),
        ),
  ]);
  for (const [index, [room, users]] of wanted.entries()) {
    const found = new Map((states[index]?.events ?? []).map((stored) => [stored.stateKey, stored]));
    for (const userId of users) {
      const stored = found.get(userId);
      if (stored !== undefined) room.rememberMember(userId, TimelineEvent.fromStored(stored));
    }
  }
  const rooms = new Map(missing.summaries.map((room) => [room.roomId, room]));
  for (const summary of summaries) {
    const room = rooms.get(summary.roomId);
    if (room !== undefined) room.summary = summary;
  }
}

async function everything(
  sources: SyncSources,
  { user, filter }: SyncQuestion,
  position: SyncPosition,
  since: SyncPosition | undefined,
): Promise<Cold> {
  const parts = emptyParts();
  const joined: RoomToLoad[] = [];
  for (const { room, membership, strippedState } of user.memberships.values()) {
    if (!filter.wantsRoom(room.roomId)) continue;
    if (membership === 'join') {
      joined.push({ room, from: undefined, upTo: position.room, timelineFrom: since?.room });
    } else if (membership === 'invite') parts.invite.push(pendingText({ room, strippedState }, 'invite_state'));
    else if (membership === 'knock') parts.knock.push(pendingText({ room, strippedState }, 'knock_state'));
  }
  const cold: Cold = { joined, left: [], declined: [], parts };
  const after = filter.includeLeave ? 0 : since?.room;
  if (after === undefined) return cold;
  const changes = await readChangedMemberships(sources.database, user.userId, after, position.room);
  const forgotten = await readForgotten(sources.database, user.userId);
  for (const [roomId, ofRoom] of changes) {
    const changedAt = ofRoom.at(-1)?.position ?? 0;
    // A device that was not told of the leaving yet is told, forgotten or not.
    const isTold = since === undefined || changedAt <= since.room;
    if (isTold && (forgotten.get(roomId) ?? 0) > changedAt) changes.delete(roomId);
  }
  addEnded(cold, sources.memory, filter, changes, () => undefined);
  return cold;
}

async function changedSince(
  { database, memory }: SyncSources,
  { user, filter }: SyncQuestion,
  position: SyncPosition,
  since: SyncPosition,
): Promise<Cold> {
  const parts = emptyParts();
  const joined: RoomToLoad[] = [];
  const here: RoomMemory[] = [];
  // All of it before the first wait: afterwards memory has moved on.
  for (const entry of user.memberships.values()) {
    if (!filter.wantsRoom(entry.room.roomId)) continue;
    if (entry.membership === 'join') here.push(entry.room);
    else if (entry.position <= since.room) continue;
    else if (entry.membership === 'invite') parts.invite.push(pendingText(entry, 'invite_state'));
    else if (entry.membership === 'knock') parts.knock.push(pendingText(entry, 'knock_state'));
  }
  const changes = await readChangedMemberships(database, user.userId, since.room, position.room);
  for (const room of here) {
    const from = stayedSince(changes.get(room.roomId), since.room) ? since.room : undefined;
    joined.push({ room, from, upTo: position.room });
  }
  const cold: Cold = { joined, left: [], declined: [], parts };
  addEnded(cold, memory, filter, changes, (ofRoom) =>
    membershipAt(ofRoom, since.room) === 'join' ? since.room : undefined,
  );
  return cold;
}

/** Sorts the rooms that the user is no longer in: left by a member, or declined by one who was only asked. */
function addEnded(
  { left, declined }: Cold,
  memory: MemoryIndex,
  filter: SyncQuestion['filter'],
  changes: ReadonlyMap<string, MembershipChange[]>,
  fromOf: (changes: readonly MembershipChange[]) => number | undefined,
): void {
  for (const [roomId, ofRoom] of changes) {
    const last = ofRoom.at(-1);
    if (last === undefined || !isEnd(last.membership) || !filter.wantsRoom(roomId)) continue;
    const room = memory.room(roomId);
    const leftAt = lastLeaving(ofRoom);
    if (leftAt === undefined) declined.push({ room, position: last.position });
    else left.push({ room, from: fromOf(ofRoom), upTo: leftAt });
  }
}

function isEnd(membership: Membership): boolean {
  return membership === 'leave' || membership === 'ban';
}

function stayedSince(changes: readonly MembershipChange[] | undefined, since: number): boolean {
  if (changes === undefined) return true;
  return (
    membershipAt(changes, since) === 'join' &&
    changes.every((change) => change.position <= since || change.membership === 'join')
  );
}

/** Of all account data what changed since, and everything of rooms that the client does not know yet. */
async function accountDataSince(
  { database }: SyncSources,
  { user }: SyncQuestion,
  since: SyncPosition,
  all: AllAccountData,
  cold: Cold,
): Promise<AllAccountData> {
  const changes = await readAccountDataChanges(database, user.userId, since.user);
  const changed = new Set(changes.map(({ roomId, type }) => `${roomId} ${type}`));
  const entered = new Set(cold.joined.filter(({ from }) => from === undefined).map(({ room }) => room.roomId));
  const byRoom = new Map<string, AccountDataItem[]>();
  for (const [roomId, items] of all.byRoom) {
    byRoom.set(
      roomId,
      items.filter(({ type }) => entered.has(roomId) || changed.has(`${roomId} ${type}`)),
    );
  }
  return { global: all.global.filter(({ type }) => changed.has(` ${type}`)), byRoom };
}

/** Loads rooms and adds their texts to the parts. Rooms without anything to tell are left out. */
async function addLoadedRooms(
  sources: SyncSources,
  question: SyncQuestion,
  { joined, left, declined, parts }: Cold,
  accountData: ReadonlyMap<string, readonly AccountDataItem[]>,
  since: SyncPosition | undefined,
  position: SyncPosition,
): Promise<void> {
  await addDeclinedRooms(sources, question, { declined, parts });
  if (joined.length + left.length === 0) return;
  const { user, filter, session } = question;
  const roomIds = joined.map(({ room }) => room.roomId);
  const lazy = filter.state.lazyLoadMembers;
  const [summaries, receipts] = await Promise.all([
    lazy ? readSummaries(sources.database, roomIds) : [],
    readReceiptsOf(sources, user.userId, joined, since, position),
  ]);
  const heroes = new Map(summaries.map((summary) => [summary.roomId, heroesFor(summary, user.userId)]));
  const summaryOf = new Map(summaries.map((summary) => [summary.roomId, summary]));
  const request = { ...question, userId: user.userId, session, heroes, isIncremental: since !== undefined };
  const sections = await loadSections(sources, request, [...joined, ...left]);
  const isJoined = new Set(joined);
  for (const { room, section, members } of sections) {
    const { roomId } = room.room;
    const items = (accountData.get(roomId) ?? []).filter(({ type }) =>
      filter.roomAccountData.matches({ type, sender: undefined, roomId, hasUrl: false }),
    );
    const data = accountDataField(items);
    const joinedNow = isJoined.has(room);
    const ephemeral = joinedNow
      ? ephemeralText(receipts.get(roomId) ?? [], typingFor(room, since), filter.ephemeral, roomId)
      : '';
    const told = section.timeline.length + section.state.length;
    if (room.from !== undefined && told === 0 && ephemeral === '' && data === undefined) continue;
    const textOf = (event: TimelineEvent) =>
      event.isEchoFor(user.userId, question.deviceId) ? event.withTransactionId(event.text) : event.text;
    const summary = joinedNow ? summaryOf.get(roomId) : undefined;
    const text =
      sectionText(section, members, question, textOf) +
      ephemeral +
      (summary === undefined ? '' : summaryText(summary, user.userId)) +
      (data === undefined ? '' : `,${data}`);
    (joinedNow ? parts.join : parts.leave).push(`${JSON.stringify(roomId)}:{${text}}`);
    if (lazy && joinedNow)
      parts.sentMembers.push(...[...section.timeline, ...section.state, ...members].filter(isMemberEvent));
  }
}

/** Of a declined invite the user sees their own membership, and neither timeline nor state of the room. */
async function addDeclinedRooms(
  { events }: SyncSources,
  question: SyncQuestion,
  { declined, parts }: Pick<Cold, 'declined' | 'parts'>,
): Promise<void> {
  const found = await events.load(declined.map(({ room, position }) => ({ roomId: room.roomId, position })));
  for (const { room, position } of declined) {
    const event = found.get(position);
    const isOwn = event?.type === 'm.room.member' && event.stateKey === question.user.userId;
    const section = { timeline: isOwn ? [event] : [], limited: false, prevBatch: position - 1, state: [] };
    parts.leave.push(`${JSON.stringify(room.roomId)}:{${sectionText(section, [], question, sharedText)}}`);
  }
}

function isMemberEvent(event: TimelineEvent): boolean {
  return event.type === 'm.room.member';
}

function typingFor({ room, from }: RoomToLoad, since: SyncPosition | undefined): RoomMemory['typing'] {
  const { typing } = room;
  if (typing === undefined) return undefined;
  const isNew = from === undefined ? typing.userIds.length > 0 : typing.changedAt > (since?.typing ?? 0);
  return isNew ? typing : undefined;
}

async function readReceiptsOf(
  { database }: SyncSources,
  userId: string,
  rooms: readonly RoomToLoad[],
  since: SyncPosition | undefined,
  position: SyncPosition,
) {
  const idsOf = (entered: boolean) =>
    rooms.filter(({ from }) => (from === undefined) === entered).map(({ room }) => room.roomId);
  const [entered, stayed] = [idsOf(true), idsOf(false)];
  const read = (roomIds: string[], after: number) =>
    roomIds.length === 0 ? [] : readReceipts(database, { roomIds, after, upTo: position.receipt, userId });
  const found = await Promise.all([read(entered, 0), read(stayed, since?.receipt ?? 0)]);
  return new Map(found.flatMap((map) => [...map]));
}
