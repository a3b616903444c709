import { randomUUID } from 'node:crypto';
import type {
  CreateRoomRequest,
  RoomserverService,
  SendEvent,
  SendEventResult,
  StoredEvent,
} from '@plexus/contracts/roomserver';
import type { RoomLogEntry } from '@plexus/contracts/streams/room-log';
import { parseServerName, signingKeyFromSeed } from '@plexus/matrix';
import { systemClock, systemRandom } from '@plexus/observability';
import type { Database } from '@plexus/postgres';
import { testDatabase, testObservability } from '@plexus/testkit';
import { roomserverService } from '../api/roomserver-service.ts';
import { createContext, type RoomserverContext } from '../context.ts';
import { noOtherServers, type RemoteEvents, type ServerKeys } from '../input-events/remote-events.ts';
import { RoomRemovals } from '../room-removal/room-removals.ts';
import { openDatabases } from '../storage/indexed-database.ts';
import { type WatchedDatabase, watched } from './watched-database.ts';

export const alice = '@alice:example.org';
export const bob = '@bob:example.org';
export const carol = '@carol:example.org';

/** A running roomserver without the wire around it. */
export interface Replica {
  readonly service: RoomserverService;
  readonly context: RoomserverContext;
  /** What it has committed, as it handed it to the publisher. */
  readonly published: RoomLogEntry[];
  readonly writeDatabase: WatchedDatabase;
  readonly queryDatabase: WatchedDatabase;
  readonly removals: RoomRemovals;
  /** Rooms of which userapi was told to delete what it has. */
  readonly deletedRoomData: readonly string[];
}

export interface TestRoomserver extends Replica {
  readonly database: Database;
  /** Of the database, for a process that is really another one. */
  readonly url: string;
  /** Another process on the same database. */
  openReplica(): Replica;
  close(): Promise<void>;
}

/** A roomserver on a database of its own. */
export async function openRoomserver(federation: RemoteEvents & ServerKeys = noOtherServers): Promise<TestRoomserver> {
  const test = await testDatabase(['roomserver']);
  const databases: Database[] = [];
  const removals: RoomRemovals[] = [];
  const openReplica = () => replicaOn(test.url, { databases, removalsOf: removals, federation });
  return {
    ...openReplica(),
    database: test.database,
    url: test.url,
    openReplica,
    async close() {
      for (const each of removals) await each.stop();
      for (const database of databases) await database.close();
      await test.drop();
    },
  };
}

function replicaOn(
  url: string,
  {
    databases,
    removalsOf,
    federation,
  }: { databases: Database[]; removalsOf: RoomRemovals[]; federation: RemoteEvents & ServerKeys },
): Replica {
  const observability = testObservability('roomserver');
  const serverName = parseServerName('example.org');
  const signingKey = signingKeyFromSeed('test', Buffer.alloc(32, 7));
  if (serverName === undefined || signingKey === undefined) throw new Error('the names of the test are malformed');
  const { queries, writes } = openDatabases(url, observability);
  databases.push(queries, writes);
  const [queryDatabase, writeDatabase] = [watched(queries), watched(writes)];
  const published: RoomLogEntry[] = [];
  const context = createContext({
    databases: { queries: queryDatabase, writes: writeDatabase },
    observability,
    clock: systemClock,
    random: systemRandom,
    serverName,
    signingKey,
    federation,
    publish: (entries) => published.push(...entries),
  });
  const deletedRoomData: string[] = [];
  const removals = new RoomRemovals({
    context,
    deleteRoomData: async ({ roomId }) => deletedRoomData.push(roomId),
    clock: systemClock,
    log: observability.log,
    process: randomUUID(),
  });
  removalsOf.push(removals);
  const service = roomserverService(context, () => removals.wake());
  return { service, context, published, writeDatabase, queryDatabase, removals, deletedRoomData };
}

/** An event as a client would send it; a transaction id only where one is given. */
export function event(roomId: string, sender: string, type: string, rest: EventSketch = {}): SendEvent {
  const { content = {}, ...given } = rest;
  return {
    roomId,
    sender,
    type,
    stateKey: undefined,
    deviceId: undefined,
    transactionId: undefined,
    originServerTs: undefined,
    redacts: undefined,
    ...given,
    content: typeof content === 'string' ? content : JSON.stringify(content),
  };
}

export type EventSketch = Partial<Omit<SendEvent, 'content'>> & { readonly content?: object | string };

export function message(roomId: string, sender: string, body: string, rest: EventSketch = {}): SendEvent {
  return event(roomId, sender, 'm.room.message', { content: { msgtype: 'm.text', body }, ...rest });
}

export function member(
  roomId: string,
  sender: string,
  target: string,
  membership: string,
  rest: object = {},
): SendEvent {
  return event(roomId, sender, 'm.room.member', { stateKey: target, content: { membership, ...rest } });
}

/** A public room of Alice's, unless the request says otherwise. */
export function publicRoom(roomVersion: string, rest: Partial<CreateRoomRequest> = {}): CreateRoomRequest {
  const users = roomVersion === '12' ? {} : { users: { [alice]: 100 } };
  return {
    creator: alice,
    roomVersion,
    creationContent: '{}',
    events: [
      { type: 'm.room.member', stateKey: alice, content: '{"membership":"join","displayname":"Alice"}' },
      { type: 'm.room.power_levels', stateKey: '', content: JSON.stringify(users) },
      { type: 'm.room.join_rules', stateKey: '', content: '{"join_rule":"public"}' },
      { type: 'm.room.name', stateKey: '', content: '{"name":"A room"}' },
    ],
    alias: undefined,
    published: false,
    ...rest,
  };
}

export async function makeRoom(
  { service }: Replica,
  roomVersion = '11',
  rest: Partial<CreateRoomRequest> = {},
): Promise<string> {
  const { result } = await service.createRoom(publicRoom(roomVersion, rest));
  if (result?.$case !== 'roomId') throw new Error(`createRoom: ${JSON.stringify(result?.value)}`);
  return result.value;
}

export async function send({ service }: Replica, item: SendEvent): Promise<SendEventResult['result']> {
  const { results } = await service.sendEvents({ events: [item] });
  return results[0]?.result;
}

/** The event id of an event that must be accepted. */
export async function sent(replica: Replica, item: SendEvent): Promise<string> {
  const result = await send(replica, item);
  if (result?.$case !== 'eventId') throw new Error(`sendEvents: ${JSON.stringify(result?.value)}`);
  return result.value;
}

/** The errcode of an event that must be refused. */
export async function refusedWith(replica: Replica, item: SendEvent): Promise<string> {
  const result = await send(replica, item);
  if (result?.$case !== 'error') throw new Error(`sendEvents accepted ${JSON.stringify(item)}`);
  return result.value.errcode;
}

/** All current state of a room. */
export async function stateOf({ service }: Replica, roomId: string): Promise<StoredEvent[]> {
  const { rooms } = await service.queryState({ queries: [stateQuery(roomId)] });
  return rooms[0]?.events ?? [];
}

export function stateQuery(roomId: string) {
  const types: string[] = [];
  const members: string[] = [];
  const keys: { type: string; stateKey: string }[] = [];
  return { roomId, at: undefined, keys, types, omitMembers: false, members };
}

export async function eventOf({ service }: Replica, eventId: string): Promise<StoredEvent> {
  const { events } = await service.getEvents({ eventIds: [eventId], positions: [] });
  const [found] = events;
  if (found === undefined) throw new Error(`${eventId} is not there`);
  return found;
}

/** The whole log as it is read from the tables. */
export async function logOf({ service }: Replica): Promise<RoomLogEntry[]> {
  const entries: RoomLogEntry[] = [];
  for (;;) {
    const answer = await service.readLog({ from: entries.length + 1, to: 0, limit: 100, partition: 0 });
    if (answer.entries.length === 0) return entries;
    entries.push(...answer.entries);
  }
}
