import type { MatrixError } from '@plexus/contracts/common';
import { isRoomId, type JsonObject } from '@plexus/matrix';
import { currentTraceparent } from '@plexus/observability';
import type { RoomserverContext } from '../../context.ts';
import { parseContent, parseEventCommand } from '../../domain/event-command.ts';
import type { MembershipOperation } from '../../domain/membership-operation.ts';
import { matrixErrorOf, type Refusal } from '../../domain/refusal.ts';

/** What all requests of the membership API have in common. */
export interface MembershipRequest {
  readonly roomId: string;
  readonly reason?: string | undefined;
  readonly originServerTs?: number | undefined;
  readonly requestKey: string;
}

export interface MembershipCommand {
  readonly operation: MembershipOperation;
  readonly membership: 'join' | 'invite' | 'leave' | 'ban' | 'knock';
  readonly sender: string;
  readonly target: string;
  /** JSON object; only of events that carry one. */
  readonly profile?: string;
}

/** Sends the member event of a command, which the stages of the room judge. @returns why it was not sent, if so */
export async function changeMembership(
  context: RoomserverContext,
  request: MembershipRequest,
  command: MembershipCommand,
): Promise<Refusal | undefined> {
  const { roomId, reason, originServerTs, requestKey } = request;
  if (!isRoomId(roomId)) return { kind: 'unknown_room' };
  const profile = command.profile === undefined ? undefined : parseContent(command.profile);
  if (profile?.ok === false) return profile.error;
  const content: JsonObject = {
    ...profile?.value,
    membership: command.membership,
    ...(reason !== undefined && { reason }),
  };
  const { sender, target, operation } = command;
  const event = { roomId, sender, type: 'm.room.member', stateKey: target, content: JSON.stringify(content) };
  const parsed = parseEventCommand({ ...event, originServerTs }, currentTraceparent());
  if (!parsed.ok) return parsed.error;
  const answer = await context.actors.send(roomId, { ...parsed.value, operation, requestKey });
  return answer.kind === 'refused' ? answer.refusal : undefined;
}

export function errorOf(refusal: Refusal | undefined): { error: MatrixError | undefined } {
  return { error: refusal === undefined ? undefined : matrixErrorOf(refusal) };
}
