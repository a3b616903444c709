import { isJsonObject, type JsonObject, ownValue } from '@plexus/matrix';

/** State events that the directory speaks of; all with an empty state key. */
export const listedTypes = [
  'm.room.create',
  'm.room.name',
  'm.room.topic',
  'm.room.avatar',
  'm.room.canonical_alias',
  'm.room.join_rules',
  'm.room.history_visibility',
  'm.room.guest_access',
] as const;

export type ListedType = (typeof listedTypes)[number];

/** What the directory says of a room beside its id and the number of its members. Client-Server API, PublishedRoomsChunk. */
export interface RoomListing {
  readonly name?: string;
  readonly topic?: string;
  readonly canonical_alias?: string;
  readonly avatar_url?: string;
  readonly join_rule?: string;
  readonly room_type?: string;
  readonly world_readable: boolean;
  readonly guest_can_join: boolean;
}

/** `contentOf`: the content of the state event of this type with an empty state key. */
export function roomListing(contentOf: (type: ListedType) => JsonObject | undefined): RoomListing {
  const text = (type: ListedType, key: string) => textOf(contentOf(type), key);
  return {
    ...named('name', text('m.room.name', 'name')),
    ...named('topic', plainTopic(contentOf('m.room.topic'))),
    ...named('canonical_alias', text('m.room.canonical_alias', 'alias')),
    ...named('avatar_url', text('m.room.avatar', 'url')),
    ...named('join_rule', text('m.room.join_rules', 'join_rule')),
    ...named('room_type', text('m.room.create', 'type')),
    world_readable: text('m.room.history_visibility', 'history_visibility') === 'world_readable',
    guest_can_join: text('m.room.guest_access', 'guest_access') === 'can_join',
  };
}

/** The text that searches look into. */
export function searchText({ name, topic, canonical_alias }: RoomListing): string {
  return searchable([name, topic, canonical_alias].filter((part) => part !== undefined).join('\n'));
}

/** The form in which texts are compared: without case and differences of Unicode composition. */
export function searchable(text: string): string {
  return text.normalize('NFKC').toLowerCase().replaceAll('\0', '');
}

/** The plain part of `m.topic` stands above the older `topic`. Client-Server API, m.room.topic. */
function plainTopic(content: JsonObject | undefined): string | undefined {
  const extensible = content === undefined ? undefined : ownValue(content, 'm.topic');
  const parts = isJsonObject(extensible) ? ownValue(extensible, 'm.text') : undefined;
  for (const part of Array.isArray(parts) ? parts : []) {
    if (!isJsonObject(part)) continue;
    const mimetype = ownValue(part, 'mimetype') ?? 'text/plain';
    const body = textOf(part, 'body');
    if (mimetype === 'text/plain' && body !== undefined) return body;
  }
  return textOf(content, 'topic');
}

function textOf(content: JsonObject | undefined, key: string): string | undefined {
  const value = content === undefined ? undefined : ownValue(content, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function named<Key extends keyof RoomListing>(key: Key, value: string | undefined): Partial<Record<Key, string>> {
  const entry: Partial<Record<Key, string>> = {};
  if (value !== undefined) entry[key] = value;
  return entry;
}
