import type { UserLogEntry } from '@plexus/contracts/streams/user-log';
import { isJsonObject, ownValue, parseStoredJson } from '@plexus/matrix';
import { LRUCache } from 'lru-cache';
import type { OtherServices } from '../clients/other-services.ts';

const accountDataType = 'm.ignored_user_list';
const maxUsers = 100_000;
const nobody: ReadonlySet<string> = new Set();

interface KnownList {
  readonly ignored: ReadonlySet<string>;
  /** Position of the user log that the list is at least as new as. */
  readonly position: number;
}

/**
 * Whom each reader ignores: asked of userapi once, and kept up to date by the user log. Client-server API,
 * "Ignoring Users".
 */
export class IgnoredUsers {
  readonly #userapi: Pick<OtherServices['userapi'], 'getAccountData'>;
  readonly #known = new LRUCache<string, KnownList>({ max: maxUsers });
  readonly #loading = new Map<string, { promise: Promise<ReadonlySet<string>>; changed: KnownList | undefined }>();

  constructor(userapi: Pick<OtherServices['userapi'], 'getAccountData'>) {
    this.#userapi = userapi;
  }

  /** The list if it is in memory. */
  known(userId: string): ReadonlySet<string> | undefined {
    return this.#known.get(userId)?.ignored;
  }

  async of(userId: string): Promise<ReadonlySet<string>> {
    return this.known(userId) ?? this.#loading.get(userId)?.promise ?? this.#load(userId);
  }

  /** Takes in changes of account data, in the order of the user log. */
  apply(entries: readonly UserLogEntry[]): void {
    for (const { userId, position, kind } of entries) {
      if (kind?.$case !== 'accountData' || kind.value.type !== accountDataType || kind.value.roomId !== undefined)
        continue;
      const list = { ignored: ignoredIn(kind.value.content, userId), position };
      const loading = this.#loading.get(userId);
      if (loading !== undefined) loading.changed = list;
      const known = this.#known.get(userId);
      if (known !== undefined && known.position < position) this.#known.set(userId, list);
    }
  }

  #load(userId: string): Promise<ReadonlySet<string>> {
    const promise = this.#ask(userId)
      .then((asked) => {
        const changed = this.#loading.get(userId)?.changed;
        const newest = changed !== undefined && changed.position > asked.position ? changed : asked;
        this.#known.set(userId, newest);
        return newest.ignored;
      })
      .finally(() => this.#loading.delete(userId));
    this.#loading.set(userId, { promise, changed: undefined });
    return promise;
  }

  async #ask(userId: string): Promise<KnownList> {
    const types = [accountDataType];
    const { items, position } = await this.#userapi.getAccountData({ userId, types, everything: false });
    const content = items.find(({ type, roomId }) => type === accountDataType && roomId === undefined)?.content;
    return { ignored: content === undefined ? nobody : ignoredIn(content, userId), position };
  }
}

/** Whether an event is withheld because the reader ignores its sender. State events never are. */
export function isIgnored(
  event: { readonly sender: string; readonly stateKey: string | undefined },
  ignored: ReadonlySet<string>,
): boolean {
  return ignored.size > 0 && event.stateKey === undefined && ignored.has(event.sender);
}

/** The events that a reader gets; the same array when none of them is withheld. */
export function withoutIgnored<Event extends { readonly sender: string; readonly stateKey: string | undefined }>(
  events: readonly Event[],
  ignored: ReadonlySet<string>,
): readonly Event[] {
  if (ignored.size === 0 || !events.some((event) => isIgnored(event, ignored))) return events;
  return events.filter((event) => !isIgnored(event, ignored));
}

/**
 * Whether an invite comes from an ignored user and is withheld.
 * @param strippedState the stripped state of the invite, a JSON array that contains the invited user's member
 * event
 */
export function isIgnoredInvite(strippedState: string, userId: string, ignored: ReadonlySet<string>): boolean {
  if (ignored.size === 0 || strippedState === '') return false;
  const events: unknown = parseStoredJson(strippedState);
  if (!Array.isArray(events)) return false;
  const own = events.find(
    (event) => isJsonObject(event) && event['type'] === 'm.room.member' && event['state_key'] === userId,
  );
  const sender: unknown = isJsonObject(own) ? ownValue(own, 'sender') : undefined;
  return typeof sender === 'string' && ignored.has(sender);
}

/** The users that a list names. Nobody ignores themselves. */
function ignoredIn(content: string, userId: string): ReadonlySet<string> {
  const value: unknown = parseStoredJson(content);
  const users = isJsonObject(value) ? ownValue(value, 'ignored_users') : undefined;
  const ids = isJsonObject(users) ? Object.keys(users).filter((id) => id !== userId) : [];
  return ids.length === 0 ? nobody : new Set(ids);
}
