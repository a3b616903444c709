import { type JsonObject, ownValue, parseRoomAlias, type RoomAlias } from '@plexus/matrix';
import { isStorable } from '../../domain/event-command.ts';
import { type AliasRow, selectAliases } from '../../storage/aliases.ts';
import type { Draft, StageContext, StageResult } from '../draft.ts';

/**
 * An alias that a canonical alias event adds must point at this room; one that stands there already is not asked about again. The alias that a
 * new room brings is made in the same commit. Client-Server API, m.room.canonical_alias, M_BAD_ALIAS.
 */
export function checkAliases(draft: Draft, context: StageContext): StageResult | Promise<StageResult> {
  const { command, content, room, newAlias } = draft;
  if (command.type !== 'm.room.canonical_alias' || command.stateKey !== '') return undefined;
  const named = aliasesIn(content);
  if (named === undefined) return { kind: 'refused', refusal: { kind: 'invalid_parameter', parameter: 'alias' } };
  const before = new Set<string>(aliasesIn(room.at(command.type, '')?.pdu.content ?? {}) ?? []);
  const added = named.filter((alias) => !before.has(alias) && alias !== newAlias);
  return added.length === 0 ? undefined : checkAdded(draft, added, context);
}

async function checkAdded({ roomId }: Draft, added: string[], { queryable }: StageContext): Promise<StageResult> {
  const rows = await queryable.query<AliasRow>(selectAliases, [added]);
  const here = new Set(rows.filter((row) => row.room_id === roomId).map(({ alias }) => alias));
  return added.every((alias) => here.has(alias)) ? undefined : { kind: 'refused', refusal: { kind: 'bad_alias' } };
}

/** All aliases of the content; undefined when something in their place is none. */
function aliasesIn(content: JsonObject): RoomAlias[] | undefined {
  const alias = ownValue(content, 'alias') ?? null;
  const alternatives = ownValue(content, 'alt_aliases') ?? [];
  if (!Array.isArray(alternatives)) return undefined;
  const aliases: RoomAlias[] = [];
  for (const text of [...(alias === null || alias === '' ? [] : [alias]), ...alternatives]) {
    const parsed = typeof text === 'string' && isStorable(text) ? parseRoomAlias(text) : undefined;
    if (parsed === undefined) return undefined;
    aliases.push(parsed);
  }
  return aliases;
}
