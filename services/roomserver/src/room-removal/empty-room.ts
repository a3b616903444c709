import { isUserId, type JsonObject, ownValue, parseRoomId, type RoomId, type UserId } from '@plexus/matrix';
import { queryMemberships } from '../api/state/query-memberships.ts';
import type { RoomserverContext } from '../context.ts';
import { parseContent, stateCommand } from '../domain/event-command.ts';
import { unfoldJson } from '../domain/folded-json.ts';
import { createRoom, type NewRoomCommand } from '../room-actor/create-room.ts';
import type { Answer } from '../room-actor/room-actor.ts';
import { addRemovedUsers, selectLocalUsers, setLeavingUsers, setNewRoom } from '../storage/room-removals.ts';
import { moveAliases, selectLocalAliases } from '../storage/room-upgrades.ts';
import { keysOf } from '../storage/stored-event.ts';
import type { RemovalOf } from './removal.ts';

const USERS_AT_ONCE = 50;
const DEFAULT_NAME = 'Content Violation Notification';
/** Nobody but its maker speaks in the new room. */
const SILENT_LEVEL = -10;

/**
 * Makes the next local users leave the room, and those who were joined join the new one if there is to be one. Whether there may be more. Who
 * is to leave is written down first, and all of it can be done again: nobody is forgotten half way, and the new room is the same.
 */
export async function emptyRoom(context: RoomserverContext, removal: RemovalOf<'deletion'>): Promise<boolean> {
  const { row } = removal;
  if (row.leaving_users.length === 0 && (await chooseUsers(context, removal))) return true;
  const newRoomId = await newRoomOf(context, removal);
  if (row.leaving_users.length === 0) {
    if (newRoomId !== undefined) await giveAliases(context, removal, newRoomId);
    return false;
  }
  await removeUsers(context, removal, newRoomId);
  return true;
}

/** Whether there are users who have yet to leave. */
async function chooseUsers(
  { database, serverName }: RoomserverContext,
  { id, room, row }: RemovalOf<'deletion'>,
): Promise<boolean> {
  const users = await database.query<{ user_id: string; folded_json: string }>(selectLocalUsers, [
    room,
    `:${serverName}`,
    row.failed_users,
    USERS_AT_ONCE,
  ]);
  if (users.length === 0) return false;
  const contents = users.map(({ folded_json }) => JSON.stringify(keysOf(unfoldJson(folded_json)).content));
  await database.query(setLeavingUsers, [id, users.map(({ user_id }) => user_id), contents]);
  return true;
}

async function removeUsers(
  context: RoomserverContext,
  { id, roomId, row }: RemovalOf<'deletion'>,
  newRoomId: RoomId | undefined,
): Promise<void> {
  const users = row.leaving_users.filter(isUserId);
  await Promise.all(users.map((user) => sendMember(context, roomId, user, { membership: 'leave' })));
  const asked = { userIds: users, memberships: ['join', 'invite', 'knock'], roomIds: [roomId] };
  const { memberships } = await queryMemberships(context, asked);
  const failed = new Set(memberships.map(({ userId }) => userId));
  const left = users.filter((user) => !failed.has(user));
  if (newRoomId !== undefined) {
    const before = new Map(row.leaving_users.map((user, index) => [user, contentOf(row.leaving_contents[index])]));
    const moving = left.filter((user) => ownValue(before.get(user) ?? {}, 'membership') === 'join');
    await Promise.all(
      moving.map((user) =>
        sendMember(context, newRoomId, user, { ...profileIn(before.get(user) ?? {}), membership: 'join' }),
      ),
    );
  }
  await context.database.query(addRemovedUsers, [id, left, [...failed]]);
}

function contentOf(text: string | undefined): JsonObject {
  const parsed = parseContent(text ?? '{}');
  return parsed.ok ? parsed.value : {};
}

/** The room that members are moved to, made by the first step. */
async function newRoomOf(
  context: RoomserverContext,
  { id, row, roomId }: RemovalOf<'deletion'>,
): Promise<RoomId | undefined> {
  const { new_room_user_id: creator, new_room_message: body, new_room_name: name } = row;
  if (creator === null || !isUserId(creator)) return undefined;
  const created = await createRoom(
    newRoomCommand(context, { creator, row, name: name ?? DEFAULT_NAME }),
    context.createRoom,
  );
  if (created.kind === 'refused') throw new Error(`the new room for members of ${roomId} was refused`);
  await context.database.query(setNewRoom, [id, created.roomId, []]);
  if (body !== null)
    await context.actors.send(created.roomId, {
      sender: creator,
      type: 'm.room.message',
      stateKey: undefined,
      content: { msgtype: 'm.text', body },
      transaction: { deviceId: '', transactionId: id },
      originServerTs: undefined,
      redacts: undefined,
      traceparent: '',
    });
  return created.roomId;
}

function newRoomCommand(
  { defaultRules }: RoomserverContext,
  { creator, row, name }: { creator: UserId; row: RemovalOf<'deletion'>['row']; name: string },
): NewRoomCommand {
  const users = defaultRules.privilegedCreators ? {} : { [creator]: 100 };
  const state = (type: string, content: JsonObject, stateKey = '') => ({ type, stateKey, content });
  return {
    creator,
    rules: defaultRules,
    creationContent: {},
    events: [
      state('m.room.member', { membership: 'join' }, creator),
      state('m.room.power_levels', { users, users_default: SILENT_LEVEL }),
      state('m.room.join_rules', { join_rule: 'public' }),
      state('m.room.history_visibility', { history_visibility: 'shared' }),
      state('m.room.name', { name }),
    ],
    alias: undefined,
    published: false,
    traceparent: '',
    identity: {
      roomId: row.new_room_id === null ? undefined : parseRoomId(row.new_room_id),
      timestamp: row.requested_ts,
    },
  };
}

async function giveAliases(
  { database }: RoomserverContext,
  { id, roomId }: RemovalOf<'deletion'>,
  newRoomId: RoomId,
): Promise<void> {
  const aliases = await database.query<{ alias: string }>(selectLocalAliases, [roomId]);
  if (aliases.length === 0) return;
  await database.query(moveAliases, [roomId, newRoomId]);
  await database.query(setNewRoom, [id, newRoomId, aliases.map(({ alias }) => alias)]);
}

function sendMember({ actors }: RoomserverContext, roomId: RoomId, user: UserId, content: JsonObject): Promise<Answer> {
  return actors.send(
    roomId,
    stateCommand({ sender: user, type: 'm.room.member', stateKey: user, content, traceparent: '' }),
  );
}

function profileIn(content: JsonObject): JsonObject {
  const profile: JsonObject = {};
  for (const key of ['displayname', 'avatar_url']) {
    const value = ownValue(content, key);
    if (typeof value === 'string') profile[key] = value;
  }
  return profile;
}
