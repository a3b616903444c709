import type { EphemeralStore } from '@plexus/cache';
import { parseStoredJson } from '@plexus/matrix';
import type { Random } from '@plexus/observability';
import { type InteractiveSession, type Stage, stages } from '../domain/interactive-authentication.ts';

/** Long enough to find a registration token; a session that is gone is begun again. */
const LIFETIME_MS = 15 * 60_000;

/** Interactive authentications between their requests, in the ephemeral store. */
export interface InteractiveSessions {
  newId(): string;
  find(id: string): Promise<InteractiveSession | undefined>;
  save(id: string, session: InteractiveSession): Promise<void>;
  /** Ends a session; of several who ask exactly one gets true. */
  finish(id: string): Promise<boolean>;
}

export function interactiveSessions(store: EphemeralStore, random: Random): InteractiveSessions {
  const key = (id: string) => `clientapi:uia:${id}`;
  return {
    newId: () => random.bytes(24).toString('base64url'),
    find: async (id) => parse(await store.get(key(id))),
    save: (id, session) => store.set(key(id), JSON.stringify(session), LIFETIME_MS),
    finish: async (id) => (await store.take(key(id))) !== undefined,
  };
}

/** Undefined also for what an older version wrote: the client begins again. */
function parse(text: string | undefined): InteractiveSession | undefined {
  if (text === undefined) return undefined;
  const value: unknown = parseStoredJson(text);
  return isSession(value) ? value : undefined;
}

function isSession(value: unknown): value is InteractiveSession {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'operation' in value &&
    typeof value.operation === 'string' &&
    'userId' in value &&
    isTextOrNull(value.userId) &&
    'completed' in value &&
    Array.isArray(value.completed) &&
    value.completed.every(isStage) &&
    'requestDigest' in value &&
    isTextOrNull(value.requestDigest) &&
    'registrationToken' in value &&
    isTextOrNull(value.registrationToken)
  );
}

function isStage(value: unknown): value is Stage {
  return stages.some((stage) => stage === value);
}

function isTextOrNull(value: unknown): value is string | null {
  return value === null || typeof value === 'string';
}
