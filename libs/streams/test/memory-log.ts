import type { LogConsumerOptions, LogEntry, LogStream, ReadLog } from '../src/types.ts';

export interface TestEntry extends LogEntry {
  text: string;
}

export const testLog: LogStream<TestEntry> = {
  kind: 'log',
  name: 'TEST_LOG',
  subject: 'plexus.log.test',
  maxAgeMs: 60_000,
  maxBytes: 64 * 1024 * 1024,
  producer: 'test',
  consumers: ['test'],
  encode: (entries) => Buffer.from(JSON.stringify(entries)),
  decode: (payload) => JSON.parse(Buffer.from(payload).toString()),
  lineOf: () => undefined,
};

/** The owner's side: entries in memory instead of a table. */
export class MemoryLog {
  readonly entries: TestEntry[] = [];
  reads = 0;
  failing = false;

  append(count: number, text = 'x'): TestEntry[] {
    const added = Array.from({ length: count }, (_, index) => ({
      position: this.entries.length + index + 1,
      traceparent: '',
      text,
    }));
    this.entries.push(...added);
    return added;
  }

  /** As a restore to an earlier point does. */
  truncate(length: number): void {
    this.entries.length = length;
  }

  readonly read: ReadLog<TestEntry> = async ({ from, to, limit }) => {
    this.reads += 1;
    if (this.failing) throw new Error('the owner is away');
    return {
      entries: this.entries.slice(from - 1, Math.min(to ?? Number.POSITIVE_INFINITY, from - 1 + limit)),
      head: this.entries.length,
    };
  };
}

/** The consumer's side: its store with the position and what was applied. */
export class MemoryStore {
  position = 0;
  readonly applied: number[] = [];
  readonly batches: number[] = [];
  readonly parked: number[] = [];
  poison: (entry: TestEntry) => boolean = () => false;

  constructor(position = 0) {
    this.position = position;
  }

  options(log: MemoryLog): LogConsumerOptions<TestEntry> {
    return {
      stream: testLog,
      consumer: 'test',
      loadPosition: async () => this.position,
      readLog: log.read,
      apply: async (entries) => {
        if (entries.some(this.poison)) throw new Error('poison');
        if (entries[0]?.position !== this.position + 1) throw new Error('a gap reached apply');
        this.batches.push(entries.length);
        for (const entry of entries) this.applied.push(entry.position);
        this.position = entries.at(-1)?.position ?? this.position;
      },
      park: async (entry) => {
        this.parked.push(entry.position);
        this.position = entry.position;
      },
    };
  }
}

export function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}
