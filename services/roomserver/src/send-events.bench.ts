import { readdir, readFile } from 'node:fs/promises';
import type { RoomserverService } from '@plexus/contracts/roomserver';
import { type Database, sql } from '@plexus/postgres';

/** One figure of a benchmark. */
export interface Measured {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
}

export interface SendEventsBench {
  readonly service: RoomserverService;
  /** The service's database, on this machine. */
  readonly database: Database;
  readonly serverName: string;
  readonly rooms: number;
  readonly callers: number;
  readonly seconds: number;
  readonly kind: 'message' | 'topic';
}

const selectBackend = sql('bench_select_backend', `SELECT pg_backend_pid() AS pid`);
const selectSizes = sql(
  'bench_select_sizes',
  `SELECT relname AS name, pg_total_relation_size(oid) AS bytes FROM pg_class
   WHERE relnamespace = 'roomserver'::regnamespace AND relkind = 'r' ORDER BY relname`,
);

/** Milliseconds of a clock tick of /proc. */
const TICK_MS = 10;

/** Sends events from a number of callers, each waiting for its answer, and measures rate, latency, CPU and bytes. */
export async function benchSendEvents(options: SendEventsBench): Promise<Measured[]> {
  const { database, seconds, rooms, callers, kind } = options;
  const roomIds = await Promise.all(Array.from({ length: rooms }, () => makeRoom(options)));
  await sendFor(options, roomIds, 1);
  const sizesBefore = await sizes(database);
  const before = { own: process.cpuUsage(), database: await databaseCpuMs(database), at: performance.now() };
  const latencies = await sendFor(options, roomIds, seconds);
  const elapsed = (performance.now() - before.at) / 1_000;
  const own = process.cpuUsage(before.own);
  const databaseCpu = (await databaseCpuMs(database)) - before.database;
  const events = latencies.length;
  latencies.sort((a, b) => a - b);
  const label = `${kind} ${rooms} rooms ${callers} callers`;
  const sizesAfter = await sizes(database);
  const growth = [...sizesAfter].map(
    ([table, bytes]) => [table, (bytes - (sizesBefore.get(table) ?? 0)) / events] as const,
  );
  return [
    { name: `${label}: rate`, value: events / elapsed, unit: 'events/s' },
    { name: `${label}: p50`, value: percentile(latencies, 0.5), unit: 'ms' },
    { name: `${label}: p99`, value: percentile(latencies, 0.99), unit: 'ms' },
    { name: `${label}: CPU of the service`, value: (own.user + own.system) / 1_000 / events, unit: 'ms/event' },
    { name: `${label}: CPU of the database`, value: databaseCpu / events, unit: 'ms/event' },
    ...growth
      .filter(([, bytes]) => bytes >= 0.5)
      .map(([table, bytes]) => ({ name: `${label}: ${table}`, value: bytes, unit: 'B/event' })),
    { name: `${label}: all tables`, value: growth.reduce((sum, [, bytes]) => sum + bytes, 0), unit: 'B/event' },
  ];
}

async function makeRoom({ service, serverName }: SendEventsBench): Promise<string> {
  const creator = `@bench:${serverName}`;
  const { result } = await service.createRoom({
    creator,
    roomVersion: '12',
    creationContent: '{}',
    events: [
      { type: 'm.room.member', stateKey: creator, content: '{"membership":"join"}' },
      { type: 'm.room.power_levels', stateKey: '', content: '{}' },
      { type: 'm.room.join_rules', stateKey: '', content: '{"join_rule":"public"}' },
      { type: 'm.room.history_visibility', stateKey: '', content: '{"history_visibility":"shared"}' },
    ],
    alias: undefined,
    published: false,
  });
  if (result?.$case !== 'roomId') throw new Error(`createRoom: ${result?.value.error}`);
  return result.value;
}

/** Latencies in milliseconds. */
async function sendFor(
  { service, serverName, callers, kind }: SendEventsBench,
  roomIds: readonly string[],
  seconds: number,
): Promise<number[]> {
  const end = performance.now() + seconds * 1_000;
  const latencies: number[] = [];
  const caller = async (number: number) => {
    const roomId = roomIds[number % roomIds.length] ?? '';
    for (let count = 0; performance.now() < end; count++) {
      const start = performance.now();
      const { results } = await service.sendEvents({
        events: [eventOf(kind, roomId, `@bench:${serverName}`, `${Math.round(end * 1_000)}.${number}.${count}`)],
      });
      const result = results[0]?.result;
      if (result?.$case !== 'eventId') throw new Error(`sendEvents: ${result?.value.error}`);
      latencies.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: callers }, (_, number) => caller(number)));
  return latencies;
}

function eventOf(kind: 'message' | 'topic', roomId: string, sender: string, unique: string) {
  const text = unique.padEnd(100, ' lorem ipsum');
  const common = { roomId, sender, originServerTs: undefined, redacts: undefined };
  return kind === 'message'
    ? {
        ...common,
        type: 'm.room.message',
        stateKey: undefined,
        content: JSON.stringify({ msgtype: 'm.text', body: text }),
        deviceId: 'BENCHDEVICE',
        transactionId: `m${unique}`,
      }
    : {
        ...common,
        type: 'm.room.topic',
        stateKey: '',
        content: JSON.stringify({ topic: text }),
        deviceId: undefined,
        transactionId: undefined,
      };
}

function percentile(sorted: readonly number[], part: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0;
}

async function sizes(database: Database): Promise<Map<string, number>> {
  const rows = await database.query<{ name: string; bytes: number }>(selectSizes, []);
  return new Map(rows.map(({ name, bytes }) => [name, bytes]));
}

/** CPU time of all processes of the database server. */
async function databaseCpuMs(database: Database): Promise<number> {
  const [backend] = await database.query<{ pid: number }>(selectBackend, []);
  const postmaster = (await statOf(String(backend?.pid))).parent;
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const stats = await Promise.all(pids.map((pid) => statOf(pid).catch(() => undefined)));
  return stats.reduce((sum, stat) => sum + (stat?.parent === postmaster ? stat.cpuMs : 0), 0);
}

async function statOf(pid: string): Promise<{ parent: number; cpuMs: number }> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(fields[1]), cpuMs: (Number(fields[11]) + Number(fields[12])) * TICK_MS };
}
