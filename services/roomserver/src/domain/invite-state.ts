import {
  canonicalJson,
  isJsonObject,
  NotCanonicalError,
  ownValue,
  parseStrictJson,
  strippedState,
} from '@plexus/matrix';
import type { StrippedSource } from './log-entry.ts';

/** Servers show about ten; a client is sent them with every initial sync. */
const MAX_EVENTS = 50;
const MAX_BYTES = 128 * 1024;

/**
 * What of an `invite_room_state` can be shown: state events in whichever form they come, without what is not one. Nothing of it is proven: it is
 * the inviting server's word. Client-Server API, "Stripped state".
 */
export function inviteStateOf(texts: readonly string[]): StrippedSource[] {
  const sources: StrippedSource[] = [];
  let bytes = 0;
  for (const text of texts.slice(0, MAX_EVENTS)) {
    bytes += text.length;
    if (bytes > MAX_BYTES) break;
    const parsed = parseStrictJson(text, { numbers: 'canonical' });
    if (parsed.ok) sources.push(...strippedSourcesOf([parsed.value]));
  }
  return sources;
}

export function inviteStateText(state: readonly StrippedSource[]): string {
  return canonicalJson(
    state.map(({ type, stateKey = '', sender, content }) => ({ type, state_key: stateKey, sender, content })),
  );
}

/** Those of the values that are stripped state. */
export function strippedSourcesOf(values: readonly unknown[]): StrippedSource[] {
  return values.flatMap((value) => {
    if (!isJsonObject(value)) return [];
    const [type, stateKey, sender, content] = ['type', 'state_key', 'sender', 'content'].map((key) =>
      ownValue(value, key),
    );
    const isState = typeof type === 'string' && typeof stateKey === 'string' && typeof sender === 'string';
    if (!isState || !isJsonObject(content) || !isCanonical(strippedState(value))) return [];
    return [{ type, stateKey, sender, content }];
  });
}

function isCanonical(value: Parameters<typeof canonicalJson>[0]): boolean {
  try {
    canonicalJson(value);
    return true;
  } catch (error) {
    if (error instanceof NotCanonicalError) return false;
    throw error;
  }
}
