import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib';

export interface ColdBody {
  readonly event: number;
  readonly foldedJson: string;
}

/** Level 3 leaves 219 bytes an event in blocks of 32, level 9 212 for twice the time, 12 µs an event; reading costs the same. */
const LEVEL = 9;
/** PostgreSQL's text cannot hold it, so no body does. */
const SEPARATOR = '\0';
const RADIX = 36;

/**
 * Bodies of several events under one zstd frame: event numbers, each as the difference to the one before, and folded JSON in turn. What
 * events have in common (room id, auth events, sender, keys) is there once, so no dictionary is needed; with one it is 5 % less.
 */
export function encodeBlock(bodies: readonly ColdBody[]): Buffer {
  const parts: string[] = [];
  let before = 0;
  for (const { event, foldedJson } of bodies) {
    parts.push((event - before).toString(RADIX), foldedJson);
    before = event;
  }
  return zstdCompressSync(parts.join(SEPARATOR), { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } });
}

/** Folded JSON by event number. @throws Error for bytes that encodeBlock did not make. */
export function decodeBlock(block: Buffer): ReadonlyMap<number, string> {
  const parts = zstdDecompressSync(block).toString('utf8').split(SEPARATOR);
  const bodies = new Map<number, string>();
  let event = 0;
  for (let i = 0; i + 1 < parts.length; i += 2) {
    event += Number.parseInt(parts[i] ?? '', RADIX);
    bodies.set(event, parts[i + 1] ?? '');
  }
  return bodies;
}
