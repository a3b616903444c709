import { headers, type MsgHdrs } from '@nats-io/transport-node';
import type { LogEntry, LogStream } from './types.ts';

/** Headers of a message of a log: which positions it carries, readable without its payload's format. */
export const messageHeaders = {
  firstPosition: 'Plexus-First-Position',
  lastPosition: 'Plexus-Last-Position',
  traceparent: 'traceparent',
} as const;

/** Room for headers and the protocol line below NATS' max_payload. */
const reservedBytes = 4_096;
const maxTraces = 32;

export interface LogMessage {
  readonly first: number;
  readonly last: number;
  readonly count: number;
  /** Of the first sampled trace among the entries; '' when there is none. */
  readonly traceparent: string;
  /** Of the other traces among them. */
  readonly links: readonly string[];
  /** Empty when the one entry is too big for any message: consumers read it from the owner. */
  readonly payload: Uint8Array;
}

/** Encodes entries into as few messages as fit below `maxPayload` bytes, in order; a message carries consecutive positions. */
export function toMessages<Entry extends LogEntry>(
  stream: LogStream<Entry>,
  entries: readonly Entry[],
  maxPayload: number,
): LogMessage[] {
  return consecutiveRuns(entries).flatMap((run) => runToMessages(stream, run, maxPayload));
}

/** Of a log with several writers each hands over its own entries only. */
function consecutiveRuns<Entry extends LogEntry>(entries: readonly Entry[]): Entry[][] {
  const runs: Entry[][] = [];
  for (const entry of entries) {
    const run = runs.at(-1);
    if (run !== undefined && run.at(-1)?.position === entry.position - 1) run.push(entry);
    else runs.push([entry]);
  }
  return runs;
}

function runToMessages<Entry extends LogEntry>(
  stream: LogStream<Entry>,
  entries: readonly Entry[],
  maxPayload: number,
): LogMessage[] {
  const first = entries.at(0);
  const last = entries.at(-1);
  if (first === undefined || last === undefined) return [];
  const payload = stream.encode(entries);
  if (payload.length + reservedBytes > maxPayload && entries.length > 1) {
    const middle = entries.length >> 1;
    return [
      ...runToMessages(stream, entries.slice(0, middle), maxPayload),
      ...runToMessages(stream, entries.slice(middle), maxPayload),
    ];
  }
  const [traceparent = '', ...links] = tracesOf(entries);
  return [
    {
      first: first.position,
      last: last.position,
      count: entries.length,
      traceparent,
      links,
      payload: payload.length + reservedBytes > maxPayload ? new Uint8Array() : payload,
    },
  ];
}

/** The traces that entries were made in, at most 32, the earliest first. */
export function tracesOf(entries: readonly LogEntry[]): Set<string> {
  const traces = new Set<string>();
  for (const { traceparent } of entries) if (traceparent !== '' && traces.size < maxTraces) traces.add(traceparent);
  return traces;
}

export function toHeaders(message: LogMessage): MsgHdrs {
  const result = headers();
  result.set(messageHeaders.firstPosition, String(message.first));
  result.set(messageHeaders.lastPosition, String(message.last));
  if (message.traceparent !== '') result.set(messageHeaders.traceparent, message.traceparent);
  return result;
}

type Headed = { readonly headers?: MsgHdrs | undefined };

/** The first position a message carries, by its header; undefined when it is not one of ours. */
export function firstPositionOf(message: Headed): number | undefined {
  return positionIn(message, messageHeaders.firstPosition);
}

/** The last position a message carries, by its header; undefined when it is not one of ours. */
export function lastPositionOf(message: Headed): number | undefined {
  return positionIn(message, messageHeaders.lastPosition);
}

function positionIn(message: Headed, header: string): number | undefined {
  const text = message.headers?.get(header) ?? '';
  const position = Number(text);
  return text !== '' && Number.isSafeInteger(position) && position >= 0 ? position : undefined;
}
