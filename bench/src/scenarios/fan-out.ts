import { at, type BenchUser, type Json, text } from '../client/homeserver.ts';
import { type Measurement, measured } from '../measure/measurement.ts';
import { type Bench, message, prepare, type Scenario } from './scenario.ts';

const RECEIVERS = 100;
const MESSAGES = 100;
const GAP_MS = 250;
/** Until the code of the live path is compiled to its end; measured after 20 messages a delivery costs half as much again. */
const WARMING = { messages: 400, gapMs: 25 };

/** 100 long-polling members of a room; a message every 250 ms: how long until each of them has it. */
export const fanOut: Scenario = async (bench) => {
  const users = await bench.users(bench.size(RECEIVERS));
  const [sender] = users;
  if (sender === undefined) return;
  const room = await bench.server.createRoom(sender, { preset: 'public_chat' });
  await prepare(users.length - 1, 4, (index) => bench.server.join(users[index + 1] ?? sender, room));
  const receivers = new Receivers(bench, users, room);
  await receivers.start();
  await deliver(bench, receivers, sender, room, WARMING.messages, WARMING.gapMs);
  bench.add(await deliver(bench, receivers, sender, room, bench.scale(MESSAGES), GAP_MS));
  await receivers.stop(() => bench.server.send(sender, room, message(0)));
};

function deliver(
  bench: Bench,
  receivers: Receivers,
  sender: BenchUser,
  room: string,
  count: number,
  gapMs: number,
): Promise<Measurement> {
  return measured('fan-out to 100, 4 messages/s', bench.target.groups, async (latencies, errors) => {
    const done = receivers.expect(count, latencies, errors);
    const startedAt = performance.now();
    for (let index = 0; index < count; index++) {
      const wait = startedAt + index * gapMs - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      receivers.sent(index);
      await bench.server.send(sender, room, { ...message(index), bench: index });
    }
    await done;
  });
}

/** The clients, each with one poll in flight at any time. */
class Receivers {
  readonly #bench: Bench;
  readonly #users: readonly BenchUser[];
  readonly #room: string;
  #stopped = false;
  #polls: Promise<void>[] = [];
  #sentAt: number[] = [];
  #onDelivery: (latency: number) => void = () => {};
  #errors: string[] = [];

  constructor(bench: Bench, users: readonly BenchUser[], room: string) {
    this.#bench = bench;
    this.#users = users;
    this.#room = room;
  }

  async start(): Promise<void> {
    const tokens = await prepare(this.#users.length, 8, async (index) => {
      const user = this.#users[index];
      return user === undefined ? '' : text(await this.#bench.server.sync(user), 'next_batch');
    });
    this.#polls = this.#users.map((user, index) => this.#poll(user, tokens[index] ?? ''));
  }

  /** Resolves when so many messages have reached everybody; after 20 s what is missing counts as errors. */
  expect(count: number, latencies: number[], errors: string[]): Promise<void> {
    this.#sentAt = [];
    this.#errors = errors;
    const wanted = count * this.#users.length;
    return new Promise((resolve) => {
      const late = setTimeout(
        () => {
          errors.push(`${wanted - latencies.length} deliveries are missing`);
          resolve();
        },
        count * GAP_MS + 20_000,
      );
      this.#onDelivery = (latency) => {
        latencies.push(latency);
        if (latencies.length < wanted) return;
        clearTimeout(late);
        resolve();
      };
    });
  }

  sent(index: number): void {
    this.#sentAt[index] = performance.now();
  }

  async stop(wake: () => Promise<unknown>): Promise<void> {
    this.#stopped = true;
    await wake();
    await Promise.all(this.#polls);
  }

  async #poll(user: BenchUser, from: string): Promise<void> {
    let since = from;
    while (!this.#stopped) {
      try {
        const answer = await this.#bench.server.sync(user, { since, timeoutMs: 20_000 });
        this.#take(answer, performance.now());
        since = text(answer, 'next_batch');
      } catch (error) {
        this.#errors.push(error instanceof Error ? error.message : String(error));
      }
    }
  }

  #take(answer: Json, now: number): void {
    const events = at(answer, 'rooms', 'join', this.#room, 'timeline', 'events');
    if (!Array.isArray(events)) return;
    for (const event of events) {
      const index = at(event, 'content', 'bench');
      const sentAt = typeof index === 'number' ? this.#sentAt[index] : undefined;
      if (sentAt !== undefined) this.#onDelivery(now - sentAt);
    }
  }
}
