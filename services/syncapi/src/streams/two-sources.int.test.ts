import { type HistoryVisibility, type JsonObject, maySeeEvent } from '@plexus/matrix';
import { testDatabase } from '@plexus/testkit';
import fc from 'fast-check';
import { afterAll, expect, it } from 'vitest';
import { compose, composeFromMemory, type SyncAnswer } from '../api/sync/compose.ts';
import { compileSyncFilter } from '../domain/filter.ts';
import type { StateDialect } from '../domain/section-style.ts';
import type { SyncPosition } from '../domain/sync-token.ts';
import { DeviceSession } from '../memory/device-sessions.ts';
import { Conversation, pick, steps } from '../testing/random-conversation.ts';
import { emptyShared, MemoryReplica } from '../testing/two-sources.ts';
import type { SyncQuestion } from './stream.ts';

/** 50 conversations in an ordinary run; a failure prints its seed, which `PLEXUS_TEST_SEED` replays and shrinks. */
const numRuns = Math.ceil(Number(process.env['PLEXUS_TEST_CASES'] ?? 100_000) / 2_000);
const seed = process.env['PLEXUS_TEST_SEED'];

const database = await testDatabase(['syncapi']);
afterAll(() => database.drop());
const answered = { memory: 0, news: 0, index: 0, left: 0 };

const dialects: readonly StateDialect[] = ['state', 'state', 'state_after'];
const timelines = [
  {},
  {},
  { limit: 1 },
  { limit: 3 },
  { limit: 0 },
  { types: ['m.room.message'] },
  { not_types: ['m.room.m*'] },
];
const states = [{}, {}, { types: ['m.room.topic'] }, { not_types: ['m.room.member'] }];
const lazy = [{}, { lazy_load_members: true }, { lazy_load_members: true, include_redundant_members: true }];
const others = [
  {},
  {},
  { include_leave: true },
  { ephemeral: { not_types: ['m.typing'] } },
  { account_data: { types: [] } },
];

const questions = fc.record({
  user: fc.nat(2),
  /** How many positions back the client is. */
  back: fc.nat(6),
  timeline: fc.constantFrom(...timelines),
  state: fc.constantFrom(...states),
  lazy: fc.constantFrom(...lazy),
  other: fc.constantFrom(...others),
  oneRoom: fc.nat(9),
  dialect: fc.constantFrom(...dialects),
  echo: fc.boolean(),
  /** Users whose member events the device was sent before. */
  sent: fc.subarray([0, 1, 2, 3, 4]),
  kind: fc.constantFrom('incremental', 'incremental', 'incremental', 'incremental', 'initial', 'full_state'),
});
type Asked = typeof questions extends fc.Arbitrary<infer Value> ? Value : never;

const rounds = fc.array(fc.record({ steps, questions: fc.array(questions, { minLength: 2, maxLength: 4 }) }), {
  minLength: 3,
  maxLength: 6,
});

it('a response is the same whether memory or the index has its facts, and shows what its reader may see', async () => {
  const property = fc.asyncProperty(rounds, fc.constantFrom(100_000_000, 4_000), async (played, windowBytes) => {
    const shared = await emptyShared(database.database);
    const conversation = new Conversation(shared);
    const warm = await MemoryReplica.start(shared, windowBytes);
    for (const userId of conversation.userIds) await warm.user(userId);
    const positions: SyncPosition[] = [warm.memory.position];
    for (const round of played) {
      for (const step of round.steps) await conversation.step(step, warm);
      await warm.applyRooms();
      await warm.applyUsers();
      const cold = await MemoryReplica.start(shared);
      cold.copyTyping(warm);
      for (const question of round.questions) await check(conversation, question, positions, warm, cold);
      positions.push(warm.memory.position);
    }
  });
  await fc.assert(property, { numRuns, ...(seed === undefined ? { endOnFailure: true } : { seed: Number(seed) }) });
  // The property says nothing when memory has nothing to answer with.
  expect(answered.memory).toBeGreaterThan(numRuns);
  expect(answered.news).toBeGreaterThan(numRuns / 4);
  expect(answered.left).toBeGreaterThan(0);
}, 600_000);

async function check(
  conversation: Conversation,
  asked: Asked,
  positions: readonly SyncPosition[],
  warm: MemoryReplica,
  cold: MemoryReplica,
): Promise<void> {
  const since = positions[Math.max(0, positions.length - 1 - asked.back)] ?? warm.memory.position;
  const [fromWarm, fromCold] = [
    await questionTo(warm, conversation, asked),
    await questionTo(cold, conversation, asked),
  ];
  const held = asked.kind === 'incremental' ? composeFromMemory(warm.memory, fromWarm, since) : undefined;
  const first = held ?? (await answer(warm, fromWarm, asked, since));
  const second = await answer(cold, fromCold, asked, since);
  const rooms = conversation.roomIds;
  expect(normal(first, conversation)).toEqual(normal(second, conversation));
  for (const roomId of rooms) expect(fromWarm.session.membersOf(roomId)).toEqual(fromCold.session.membersOf(roomId));
  checkVisible(first, conversation, fromWarm, asked.kind === 'initial' ? 0 : since.room);
  if (held === undefined) answered.index += 1;
  else answered.memory += 1;
  if (held?.body !== undefined) answered.news += 1;
  if (asked.kind === 'incremental' && first.body?.includes('"leave":{"!') === true) answered.left += 1;
}

function answer(
  replica: MemoryReplica,
  question: SyncQuestion,
  { kind }: Asked,
  since: SyncPosition,
): Promise<SyncAnswer> {
  return compose(replica.sources, question, kind === 'initial' ? undefined : since, kind === 'full_state');
}

async function questionTo(
  replica: MemoryReplica,
  { userIds, roomIds }: Conversation,
  asked: Asked,
): Promise<SyncQuestion> {
  const { timeline, state, lazy: members, other, oneRoom } = asked;
  const rooms = oneRoom === 0 ? { not_rooms: [roomIds[0] ?? ''] } : {};
  const { account_data: accountData, ...ofRooms }: JsonObject = other;
  const filter = {
    room: { timeline, state: { ...state, ...members }, ...ofRooms, ...rooms },
    ...(accountData !== undefined && { account_data: accountData }),
  };
  const compiled = compileSyncFilter(filter, JSON.stringify(filter));
  if (!compiled.ok) throw new Error(`the filter is bad: ${compiled.key}`);
  const session = new DeviceSession();
  for (const roomId of roomIds) for (const user of asked.sent) session.sent(roomId, pick(userIds, user), '$before');
  const user = await replica.user(pick(userIds, asked.user));
  return {
    user,
    deviceId: asked.echo ? 'DEVICE' : 'OTHER',
    session,
    filter: compiled.filter,
    dialect: asked.dialect,
    generation: 1,
    now: () => 1_000_000,
    ignored: () => replica.ignored.known(user.userId) ?? new Set(),
  };
}

/** The body in a form that is equal when its meaning is: pagination tokens between which a room was silent are equal. */
function normal({ body, position }: SyncAnswer, conversation: Conversation): unknown {
  if (body === undefined) return { position: { ...position, typing: 0 } };
  const response = JSON.parse(body);
  for (const rooms of [response.rooms?.join, response.rooms?.leave]) {
    for (const [roomId, room] of Object.entries<{ timeline: { prev_batch: unknown }; state: unknown }>(rooms ?? {})) {
      const at = Number(String(room.timeline.prev_batch).split('_')[1]);
      room.timeline.prev_batch = conversation.events(roomId).filter((each) => each.position <= at).length;
      for (const field of ['state', 'state_after'])
        if (field in room) Object.assign(room, { [field]: sortedEvents(Reflect.get(room, field)) });
    }
  }
  return { ...response, next_batch: String(response.next_batch).split('_').slice(0, 4) };
}

/** State is a set. */
function sortedEvents(state: { events: { event_id: string }[] }) {
  return state.events.toSorted((left, right) => (left.event_id < right.event_id ? -1 : 1));
}

interface Shown {
  readonly event_id: string;
  readonly sender: string;
  readonly type: string;
  readonly state_key?: string;
}

/** Holds a response against the log of its rooms, read in the plainest way: nothing invisible is shown, nothing visible is missing. */
function checkVisible({ body }: SyncAnswer, conversation: Conversation, question: SyncQuestion, since: number): void {
  const { userId } = question.user;
  const response = body === undefined ? {} : JSON.parse(body);
  for (const place of ['join', 'leave']) {
    for (const [roomId, room] of Object.entries<Record<string, { events: Shown[]; limited: boolean }>>(
      response.rooms?.[place] ?? {},
    )) {
      const log = conversation.events(roomId);
      const maySee = readerOf(log, userId);
      const maySeeState = (position: number) => position <= lastStay(log, userId) || maySee(position);
      const timeline = room['timeline']?.events ?? [];
      const state = (room['state'] ?? room['state_after'])?.events ?? [];
      const positionOf = new Map(log.map(({ position, event }) => [event.eventId, position]));
      const isOwn = ({ type, state_key: key }: Shown) => type === 'm.room.member' && key === userId;
      for (const event of timeline)
        expect(isOwn(event) || maySee(positionOf.get(event.event_id) ?? 0), `${event.event_id} is visible`).toBe(true);
      if (place === 'leave')
        for (const event of state)
          expect(isOwn(event) || maySeeState(positionOf.get(event.event_id) ?? 0), 'state is of the stay').toBe(true);
      const ids = [...timeline, ...(room['state_after'] === undefined ? state : [])].map((event) => event.event_id);
      expect(new Set(ids).size, 'no event is in the timeline and in the state, or twice').toBe(ids.length);
      if (place === 'leave' || room['timeline']?.limited !== false) continue;
      const ignored = question.ignored();
      const expected = log.filter(({ position, event }) => {
        const { type, sender, stateKey } = event;
        const isWanted = question.filter.timeline.matches({ type, sender, roomId, hasUrl: false });
        return (
          position > Math.max(since, conversation.purgedUpTo(roomId)) &&
          isWanted &&
          maySee(position) &&
          (stateKey !== undefined || !ignored.has(sender))
        );
      });
      if (since > 0)
        expect(timeline.map((event) => event.event_id)).toEqual(expected.map(({ event }) => event.eventId));
    }
  }
}

/** Whether a user may see the event at a position, by the state before and after it and by what they joined later. */
function readerOf(log: ReturnType<Conversation['events']>, userId: string): (position: number) => boolean {
  const changes = log.flatMap(({ position, event }) =>
    event.stateChanges.map((change) => ({ ...change, position, event })),
  );
  const memberships = changes.filter(({ type, stateKey }) => type === 'm.room.member' && stateKey === userId);
  const visibilities = changes.filter(({ type }) => type === 'm.room.history_visibility');
  const membershipAt = (position: number) =>
    memberships.findLast((each) => each.position <= position)?.membership ?? 'leave';
  const visibilityAt = (position: number): HistoryVisibility => {
    const change = visibilities.findLast((each) => each.position <= position);
    if (change === undefined) return 'shared';
    const own = JSON.parse(change.event.json).content.history_visibility;
    const value: unknown = change.historyVisibility ?? own;
    return value === 'joined' || value === 'invited' || value === 'world_readable' ? value : 'shared';
  };
  return (position) =>
    maySeeEvent({
      visibility: visibilityAt(position - 1),
      visibilityAfter: visibilityAt(position),
      membership: membershipAt(position - 1),
      membershipAfter: membershipAt(position),
      joinedSince:
        memberships.some((each) => each.position > position && each.membership === 'join') ||
        membershipAt(position) === 'join',
    });
}

/** Where the user last ceased to be joined. */
function lastStay(log: ReturnType<Conversation['events']>, userId: string): number {
  const memberships = log.flatMap(({ position, event }) =>
    event.stateChanges.flatMap(({ type, stateKey, membership }) =>
      type === 'm.room.member' && stateKey === userId ? [{ position, membership }] : [],
    ),
  );
  const leaving = memberships.findLastIndex(
    ({ membership }, index) => membership !== 'join' && memberships[index - 1]?.membership === 'join',
  );
  return memberships[leaving]?.position ?? 0;
}
