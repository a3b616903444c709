import type { StateEntry } from './state-store.ts';

/**
 * Sorted entries as variable-length integers: type, state key and event, each as the difference to the entry before (the state key
 * afresh when the type changes; events zigzag, since they go both ways). A block of a small room's 12 entries takes about 60 bytes, 288
 * as integers of fixed width.
 */
export function encodeBlock(entries: readonly StateEntry[]): Buffer {
  const bytes: number[] = [];
  let before: StateEntry = { type: 0, stateKey: 0, event: 0 };
  for (const entry of entries) {
    const sameType = entry.type === before.type;
    pushUnsigned(bytes, entry.type - before.type);
    pushUnsigned(bytes, sameType ? entry.stateKey - before.stateKey : entry.stateKey);
    pushUnsigned(bytes, zigzag(entry.event - before.event));
    before = entry;
  }
  return Buffer.from(bytes);
}

/** @throws RangeError for bytes that encodeBlock did not make. */
export function decodeBlock(bytes: Buffer): StateEntry[] {
  const entries: StateEntry[] = [];
  const reader = { bytes, at: 0 };
  let before: StateEntry = { type: 0, stateKey: 0, event: 0 };
  while (reader.at < bytes.length) {
    const step = readUnsigned(reader);
    const stateKey = readUnsigned(reader) + (step === 0 ? before.stateKey : 0);
    before = { type: before.type + step, stateKey, event: before.event + unzigzag(readUnsigned(reader)) };
    entries.push(before);
  }
  return entries;
}

/** Entries of several blocks in one, sorted; at the same place the later block wins. */
export function mergeEntries(blocks: readonly (readonly StateEntry[])[]): StateEntry[] {
  const byPlace = new Map<string, StateEntry>();
  for (const entries of blocks) for (const entry of entries) byPlace.set(`${entry.type} ${entry.stateKey}`, entry);
  return [...byPlace.values()].sort((a, b) => a.type - b.type || a.stateKey - b.stateKey);
}

/** Bit operations end at 32 bits; event numbers go up to 2^53. */
function pushUnsigned(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 0x80) {
    bytes.push((rest % 0x80) + 0x80);
    rest = Math.floor(rest / 0x80);
  }
  bytes.push(rest);
}

function readUnsigned(reader: { readonly bytes: Buffer; at: number }): number {
  let value = 0;
  for (let scale = 1; ; scale *= 0x80) {
    const byte = reader.bytes.readUInt8(reader.at++);
    value += (byte & 0x7f) * scale;
    if (byte < 0x80) return value;
  }
}

function zigzag(value: number): number {
  return value >= 0 ? value * 2 : -value * 2 - 1;
}

function unzigzag(value: number): number {
  return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
}
