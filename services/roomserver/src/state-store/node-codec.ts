import { FAN_OUT } from './place-hash.ts';
import type { StateEntry } from './state-store.ts';
import { IntegerReader, IntegerWriter } from './variable-integers.ts';

/**
 * A leaf is a zero and its entries, strictly sorted by type and state key. An inner node is the number of entries below it, two bytes that
 * say which of its children there are, and their addresses of seven bytes each.
 */
export type DecodedNode =
  | { readonly kind: 'leaf'; readonly entries: readonly StateEntry[] }
  | { readonly kind: 'inner'; readonly count: number; readonly children: Children };

/** Address of the child at each of the 16 places; 0 where there is none. */
export type Children = readonly number[];

const CHILD_BYTES = 7;

/**
 * Each entry as the difference to the one before: twice the step of the state key within a type, or twice the step of the type and one,
 * and the state key afresh; then the step of the event. Six to eight bytes an entry of a large room, 24 as integers of fixed width.
 */
export function encodeLeaf(entries: readonly StateEntry[]): Buffer {
  const writer = new IntegerWriter();
  writer.unsigned(0);
  let type = 0;
  let stateKey = 0;
  let event = 0;
  for (const entry of entries) {
    if (entry.type === type) writer.unsigned((entry.stateKey - stateKey) * 2);
    else {
      writer.unsigned((entry.type - type) * 2 + 1);
      writer.unsigned(entry.stateKey);
    }
    writer.signed(entry.event - event);
    ({ type, stateKey, event } = entry);
  }
  return writer.finish();
}

export function encodeInner(count: number, children: Children): Buffer {
  const writer = new IntegerWriter();
  writer.unsigned(count);
  const head = writer.finish();
  const present = children.filter((child) => child !== 0);
  const bytes = Buffer.allocUnsafe(head.length + 2 + present.length * CHILD_BYTES);
  bytes.set(head);
  bytes.writeUInt16BE(
    children.reduce((bits, child, index) => (child === 0 ? bits : bits | (1 << index)), 0),
    head.length,
  );
  let at = head.length + 2;
  for (const child of present) {
    writeAddress(bytes, child, at);
    at += CHILD_BYTES;
  }
  return bytes;
}

/** @throws RangeError for bytes that are no node. */
export function decodeNode(bytes: Buffer): DecodedNode {
  const reader = new IntegerReader(bytes, 0);
  const count = reader.unsigned();
  return count === 0
    ? { kind: 'leaf', entries: decodeEntries(reader) }
    : { kind: 'inner', count, children: decodeChildren(bytes, reader.at) };
}

function decodeEntries(reader: IntegerReader): StateEntry[] {
  const entries: StateEntry[] = [];
  let type = 0;
  let stateKey = 0;
  let event = 0;
  while (!reader.isAtEnd) {
    const step = reader.unsigned();
    if (step % 2 === 0) stateKey += step / 2;
    else {
      type += (step - 1) / 2;
      stateKey = reader.unsigned();
    }
    event += reader.signed();
    entries.push({ type, stateKey, event });
  }
  return entries;
}

function decodeChildren(bytes: Buffer, start: number): number[] {
  const present = bytes.readUInt16BE(start);
  const children: number[] = [];
  let at = start + 2;
  for (let index = 0; index < FAN_OUT; index++) {
    if ((present & (1 << index)) === 0) children.push(0);
    else {
      children.push(readAddress(bytes, at));
      at += CHILD_BYTES;
    }
  }
  return children;
}

/** The top byte and the six below it: as far as Buffer reads whole numbers at once. */
function readAddress(bytes: Buffer, at: number): number {
  return bytes.readUInt8(at) * 2 ** 48 + bytes.readUIntBE(at + 1, 6);
}

function writeAddress(bytes: Buffer, address: number, at: number): void {
  bytes.writeUInt8(Math.floor(address / 2 ** 48), at);
  bytes.writeUIntBE(address % 2 ** 48, at + 1, 6);
}
