import { parsePdu, type RoomId, type RoomVersionRules, roomVersion, type StateKeyPair } from '@plexus/matrix';
import type { Queryable } from '@plexus/postgres';
import { eventIdOfKey } from '../domain/event-key.ts';
import { unfoldJson } from '../domain/folded-json.ts';
import { type CurrentStateRow, selectCurrentState } from '../storage/current-state.ts';
import { type HeadRow, selectHead } from '../storage/room-heads.ts';
import { LiveRoom, type ReadCurrentState } from './live-room.ts';

/** Loads a room's head; its state comes as it is asked for, so a room of 100,000 members costs as much as a small one. */
export async function loadRoom(queryable: Queryable, roomId: RoomId): Promise<LiveRoom | undefined> {
  const rows = await queryable.query<HeadRow>(selectHead, [roomId]);
  const [first] = rows;
  const rules = first === undefined ? undefined : roomVersion(first.room_version);
  if (first === undefined || rules === undefined) return undefined;
  return new LiveRoom({
    room: first.room,
    rules,
    isClosed: first.closed,
    tip: {
      version: first.version,
      snapshot: first.snapshot,
      depth: first.depth,
      extremities: rows.flatMap(({ event, key, folded_json }) => {
        if (event === null || key === null) return [];
        const json = folded_json === null ? undefined : unfoldJson(folded_json);
        return [{ event, eventId: eventIdOfKey(key, rules, json) }];
      }),
    },
    read: currentStateReader(queryable),
  });
}

function currentStateReader(queryable: Queryable): ReadCurrentState {
  return async (room: number, keys: readonly StateKeyPair[], rules: RoomVersionRules) => {
    const types = keys.map(([type]) => type);
    const stateKeys = keys.map(([, stateKey]) => stateKey);
    const rows = await queryable.query<CurrentStateRow>(selectCurrentState, [room, types, stateKeys]);
    return rows.map(({ type, state_key, event, folded_json }) => {
      const parsed = parsePdu(unfoldJson(folded_json), rules);
      if (!parsed.ok) throw new Error('a stored event is no event of its room version');
      return { key: [type, state_key], event: { event, pdu: parsed.value.pdu } };
    });
  };
}
