import type { UserLogEntry } from '@plexus/contracts/streams/user-log';
import { readAllAccountData } from '../clients/userapi.ts';
import type { AccountDataItem } from '../domain/account-data.ts';
import type { MemoryIndex, Woken } from '../memory/memory-index.ts';
import type { Listener } from '../memory/room-memory.ts';
import { readAccountDataChanges } from '../storage/account-data.ts';
import type { SyncSources } from './sources.ts';
import { type SyncQuery, syncStream } from './stream.ts';
import type { SyncParts } from './sync-parts.ts';
import { traceparentsOf } from './traceparents.ts';

interface Facts {
  readonly global: readonly AccountDataItem[];
  readonly byRoom: ReadonlyMap<string, readonly AccountDataItem[]>;
  /** The position in the user log that these are of, when it is not that of the query. */
  readonly upTo: number | undefined;
}

/** Account data, global and of rooms. Client-server API, "Client Config". */
export const accountData = syncStream<Facts>({
  name: 'account_data',
  log: 'user',
  recall,
  load,
  tell,
});

/** Takes account data of the log into memory. @returns the users whom it concerns */
export function applyAccountData(memory: MemoryIndex, entries: readonly UserLogEntry[]): Woken {
  const users = new Set<Listener>();
  for (const { position, userId, kind } of entries) {
    if (position <= memory.position.user) continue;
    memory.advanceTo('user', position);
    const user = memory.users.get(userId);
    if (user === undefined || kind?.$case !== 'accountData') continue;
    const { roomId, type, content } = kind.value;
    user.addAccountData({ position, roomId, type, content });
    users.add(user);
  }
  return { users, traceparents: traceparentsOf(entries) };
}

function recall({ user, since, rooms }: SyncQuery): Facts | undefined {
  if (since === undefined || rooms.entered.length > 0 || since.user < user.accountDataFloor) return undefined;
  const global: AccountDataItem[] = [];
  const byRoom = new Map<string, AccountDataItem[]>();
  for (const { roomId, type, content } of user.accountDataAfter(since.user)) {
    if (roomId === undefined) global.push({ type, content });
    else byRoom.set(roomId, [...(byRoom.get(roomId) ?? []), { type, content }]);
  }
  return { global, byRoom, upTo: undefined };
}

/**
 * The contents are userapi's, which knows them as they are now and at which position of its log that is. The response is complete up to there,
 * and its token says so: otherwise the next sync would repeat values that these have replaced.
 */
async function load({ user, since, rooms }: SyncQuery, { userapi, database, barrier }: SyncSources): Promise<Facts> {
  const { global, byRoom, position } = await readAllAccountData(userapi, user.userId);
  if (since === undefined) return { global, byRoom, upTo: position };
  // Which of them are new is in the index, as soon as it has come as far as userapi's answer.
  await barrier.pass(['user']);
  const changes = await readAccountDataChanges(database, user.userId, since.user);
  const changed = new Set(changes.map(({ roomId, type }) => `${roomId} ${type}`));
  const entered = new Set(rooms.entered.map(({ room }) => room.roomId));
  const isNews = (roomId: string, type: string) => entered.has(roomId) || changed.has(`${roomId} ${type}`);
  return {
    global: global.filter(({ type }) => isNews('', type)),
    byRoom: new Map([...byRoom].map(([roomId, items]) => [roomId, items.filter(({ type }) => isNews(roomId, type))])),
    upTo: position,
  };
}

function tell({ global, byRoom, upTo }: Facts, { filter, rooms }: SyncQuery, parts: SyncParts): void {
  if (upTo !== undefined) parts.isCompleteUpTo('user', upTo);
  const wanted = global.filter(({ type }) => filter.wantsAccountData(type));
  if (wanted.length > 0) parts.accountData = wanted;
  if (byRoom.size === 0) return;
  const isJoined = new Set(
    [...[...rooms.stayed], ...rooms.entered.map(({ room }) => room)].map(({ roomId }) => roomId),
  );
  const ended = new Set(rooms.ended.filter(({ joined }) => joined !== undefined).map(({ roomId }) => roomId));
  for (const [roomId, items] of byRoom) {
    const ofRoom = items.filter(({ type }) =>
      filter.roomAccountData.matches({ type, sender: undefined, roomId, hasUrl: false }),
    );
    if (ofRoom.length === 0) continue;
    if (isJoined.has(roomId)) parts.joined(roomId).accountData = ofRoom;
    else if (ended.has(roomId)) parts.left(roomId).accountData = ofRoom;
  }
}
