import { type Measurement, totalCpuMs } from './measure/measurement.ts';

/** One line of the report. `must` is what the figure has to reach; absent: only shown. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly must?: string;
  readonly ok?: boolean;
}

type Aspect = 'per second' | 'CPU' | 'p50' | 'p99';

/** Figures to reach on two cores with the load tool beside the server. */
const limits: Readonly<Record<string, { readonly bound: 'most' | 'least'; readonly limit: number }>> = {
  'send, 1 user: p50': { bound: 'most', limit: 1.5 },
  'send, 32 users in 32 rooms: per second': { bound: 'least', limit: 1500 },
  'send, 32 users in 32 rooms: CPU': { bound: 'most', limit: 0.6 },
  'send, 32 users in one room: per second': { bound: 'least', limit: 1500 },
  'send, 32 users in one room: CPU': { bound: 'most', limit: 0.6 },
  'fan-out to 100, 4 messages/s: p50': { bound: 'most', limit: 12 },
  'fan-out to 100, 4 messages/s: p99': { bound: 'most', limit: 50 },
  'fan-out to 100, 4 messages/s: CPU': { bound: 'most', limit: 0.12 },
  'empty incremental sync: per second': { bound: 'least', limit: 5000 },
  'empty incremental sync: CPU': { bound: 'most', limit: 0.16 },
  'createRoom: per second': { bound: 'least', limit: 250 },
  'createRoom: CPU': { bound: 'most', limit: 4 },
  'start on a fresh data folder, to ready': { bound: 'most', limit: 20_000 },
  'second start, to ready': { bound: 'most', limit: 6000 },
  'idle memory of the services in one process': { bound: 'most', limit: 180 },
  'database bytes per message': { bound: 'most', limit: 1400 },
  'sign, hash and authorise a message': { bound: 'most', limit: 80 },
  'verify an event of another server': { bound: 'most', limit: 120 },
  'SendEvents, 32 rooms: per second': { bound: 'least', limit: 8000 },
  'SendEvents, 32 rooms: CPU': { bound: 'most', limit: 0.2 },
  'SendEvents, one room: per second': { bound: 'least', limit: 8000 },
  'SendEvents, one room: CPU': { bound: 'most', limit: 0.2 },
  'database bytes per topic event': { bound: 'most', limit: 1400 },
  'database bytes per message, fresh': { bound: 'most', limit: 1050 },
  'database bytes per message, cold': { bound: 'most', limit: 650 },
  'state change, 100,000 members: bytes': { bound: 'most', limit: 1000 },
  'state change, 100,000 members against 1,000: bytes': { bound: 'most', limit: 2 },
  'state change, 100,000 members: time in the store': { bound: 'most', limit: 60 },
  'state resolution, 100,000 members, 2 × 100 conflicts: time': { bound: 'most', limit: 100 },
  'state resolution, 100,000 members, 2 × 100 conflicts: extra memory': { bound: 'most', limit: 32 },
  'crafted resolution: p99 of other rooms against quiet': { bound: 'most', limit: 2 },
  'first send into a cold room of 100,000 members': { bound: 'most', limit: 30 },
  'ReadLog, catching up: per second': { bound: 'least', limit: 20_000 },
  'memory with 6,500 rooms touched': { bound: 'most', limit: 400 },
};

/** A figure, held against its limit if it has one. */
export function figure(name: string, value: number, unit: string): Figure {
  const limit = limits[name];
  if (limit === undefined) return { name, value, unit };
  const ok = limit.bound === 'most' ? value <= limit.limit : value >= limit.limit;
  return { name, value, unit, must: `${limit.bound === 'most' ? '≤' : '≥'} ${limit.limit}`, ok };
}

/** The figures of a measurement. */
export function figuresOf(measurement: Measurement): Figure[] {
  const named = (aspect: Aspect, value: number, unit: string) => figure(`${measurement.name}: ${aspect}`, value, unit);
  return [
    named('per second', measurement.perSecond, '1/s'),
    named('p50', measurement.p50Ms, 'ms'),
    named('p99', measurement.p99Ms, 'ms'),
    named('CPU', totalCpuMs(measurement), 'ms'),
    ...Object.entries(measurement.cpuMs).map(([group, value]) =>
      figure(`${measurement.name}: CPU of ${group}`, value, 'ms'),
    ),
    figure(`${measurement.name}: errors`, measurement.errors.length, ''),
  ];
}
