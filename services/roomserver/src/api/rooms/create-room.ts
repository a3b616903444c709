import type { CreateRoomRequest, CreateRoomResponse } from '@plexus/contracts/roomserver';
import {
  aliasLocalpartOf,
  isNewAliasLocalpart,
  isUserId,
  parseRoomAlias,
  type Result,
  type RoomAlias,
  roomVersion,
  serverNameOf,
} from '@plexus/matrix';
import { currentTraceparent } from '@plexus/observability';
import type { RoomserverContext } from '../../context.ts';
import { isStorable, parseContent } from '../../domain/event-command.ts';
import { matrixErrorOf, type Refusal } from '../../domain/refusal.ts';
import { type CreateRoomAnswer, createRoom as create, type NewRoomCommand } from '../../room-actor/create-room.ts';
import { hasTooManyAliases } from '../directory/alias-quota.ts';

/** A whole room in one commit, or none. */
export async function createRoom(context: RoomserverContext, request: CreateRoomRequest): Promise<CreateRoomResponse> {
  const command = parseCommand(request, context);
  const answer = command.ok
    ? await createFor(command.value, request.isAppservice === true, context)
    : { kind: 'refused' as const, refusal: command.error };
  return answer.kind === 'created'
    ? { result: { $case: 'roomId', value: answer.roomId } }
    : { result: { $case: 'error', value: matrixErrorOf(answer.refusal) } };
}

async function createFor(
  command: NewRoomCommand,
  isAppservice: boolean,
  { createRoom: creation, database }: RoomserverContext,
): Promise<CreateRoomAnswer> {
  const isCounted = command.alias !== undefined && !isAppservice;
  return isCounted && (await hasTooManyAliases(database, command.creator))
    ? { kind: 'refused', refusal: { kind: 'too_many_aliases' } }
    : create(command, creation);
}

function parseCommand(request: CreateRoomRequest, context: RoomserverContext): Result<NewRoomCommand, Refusal> {
  const { creator, published } = request;
  if (!isUserId(creator)) return refuse({ kind: 'invalid_parameter', parameter: 'creator' });
  const rules = roomVersion(request.roomVersion);
  if (rules === undefined) return refuse({ kind: 'unsupported_room_version' });
  const creationContent = parseContent(request.creationContent);
  if (!creationContent.ok) return creationContent;
  const alias = parseAlias(request.alias, context);
  if (!alias.ok) return alias;
  const events: NewRoomCommand['events'][number][] = [];
  for (const { type, stateKey, content: text } of request.events) {
    if (type === '' || !isStorable(type) || !isStorable(stateKey))
      return refuse({ kind: 'invalid_parameter', parameter: 'initial_state' });
    const content = parseContent(text);
    if (!content.ok) return content;
    events.push({ type, stateKey, content: content.value });
  }
  return {
    ok: true,
    value: {
      creator,
      rules,
      creationContent: creationContent.value,
      events,
      alias: alias.value,
      published,
      traceparent: currentTraceparent(),
    },
  };
}

function parseAlias(
  text: string | undefined,
  { serverName }: RoomserverContext,
): Result<RoomAlias | undefined, Refusal> {
  if (text === undefined) return { ok: true, value: undefined };
  const alias = parseRoomAlias(text);
  if (alias === undefined || !isStorable(alias) || !isNewAliasLocalpart(aliasLocalpartOf(alias)))
    return refuse({ kind: 'invalid_parameter', parameter: 'room_alias_name' });
  return serverNameOf(alias) === serverName ? { ok: true, value: alias } : refuse({ kind: 'alias_of_another_server' });
}

function refuse<Value>(refusal: Refusal): Result<Value, Refusal> {
  return { ok: false, error: refusal };
}
