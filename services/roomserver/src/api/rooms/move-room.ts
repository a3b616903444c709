import { type JsonObject, ownValue, type RoomId, type UserId } from '@plexus/matrix';
import { currentTraceparent } from '@plexus/observability';
import type { RoomserverContext } from '../../context.ts';
import { stateCommand, storableOnly } from '../../domain/event-command.ts';
import { unfoldJson } from '../../domain/folded-json.ts';
import { membershipFilter } from '../../domain/membership.ts';
import { type AliasRow, selectAliases } from '../../storage/aliases.ts';
import { type MemberRow, selectMembers } from '../../storage/memberships.ts';
import { keysOf } from '../../storage/stored-event.ts';

export interface Move {
  readonly from: RoomId;
  readonly to: RoomId;
  readonly sender: UserId;
}

/** Commands of one room that are under way at once. */
const BANS_AT_ONCE = 50;

/** Bans in the new room who is banned in the old one; those whom the sender cannot ban there are left out. */
export async function moveBans({ database, actors }: RoomserverContext, { from, to, sender }: Move): Promise<void> {
  const banned = await database.query<MemberRow>(selectMembers, [[from], membershipFilter(['ban']) ?? null]);
  const traceparent = currentTraceparent();
  for (let start = 0; start < banned.length; start += BANS_AT_ONCE) {
    const slice = banned.slice(start, start + BANS_AT_ONCE).map(({ user_id, folded_json }) => {
      const reason = folded_json === null ? undefined : ownValue(keysOf(unfoldJson(folded_json)).content, 'reason');
      const content = { membership: 'ban', ...(typeof reason === 'string' && { reason }) };
      return stateCommand({ sender, type: 'm.room.member', stateKey: user_id, content, traceparent });
    });
    await Promise.all(slice.map((command) => actors.send(to, command)));
  }
}

/** Gives the new room the canonical aliases that now point at it, and takes them from the old one. */
export async function moveCanonicalAlias(
  { database, actors }: RoomserverContext,
  content: JsonObject,
  { from, to, sender }: Move,
): Promise<void> {
  const alias = ownValue(content, 'alias');
  const alternatives = ownValue(content, 'alt_aliases');
  const named = [alias, ...(Array.isArray(alternatives) ? alternatives : [])].filter(
    (text) => typeof text === 'string',
  );
  const rows = await database.query<AliasRow>(selectAliases, [storableOnly(named)]);
  const moved = new Set(rows.filter(({ room_id }) => room_id === to).map((row) => row.alias));
  if (moved.size === 0) return;
  const kept = Array.isArray(alternatives)
    ? alternatives.filter((text) => typeof text === 'string' && moved.has(text))
    : [];
  const canonical: JsonObject = {
    ...(typeof alias === 'string' && moved.has(alias) && { alias }),
    ...(kept.length > 0 && { alt_aliases: kept }),
  };
  const command = { sender, type: 'm.room.canonical_alias', stateKey: '', traceparent: currentTraceparent() };
  await actors.send(to, stateCommand({ ...command, content: canonical }));
  await actors.send(from, stateCommand({ ...command, content: {} }));
}
