import {
  authorise,
  buildEvent,
  hasValidContentHash,
  type JsonObject,
  type NewEvent,
  type Pdu,
  parsePdu,
  parseServerName,
  parseUserId,
  requiredSigners,
  roomVersion,
  signingKeyFromSeed,
  verifyEventSignature,
} from '@plexus/matrix';
import { text } from './requests.ts';
import type { RoomsScenario } from './rooms-bench.ts';

const OPERATIONS = 20_000;
const SEED_BYTES = 32;

/** What libs/matrix alone takes for a message: CPU of this process, the compiler warm. */
export const oneEvent: RoomsScenario = async (bench) => {
  const room = smallRoom();
  const messages: string[] = [];
  const send = (number: number) => messages.push(room.send(number));
  const verify = (number: number) => room.verify(messages[number % messages.length] ?? '');
  const operations = bench.scale(OPERATIONS);
  cpuMicros(operations / 4, send);
  bench.addFigure('sign, hash and authorise a message', cpuMicros(operations, send), 'µs');
  cpuMicros(operations / 4, verify);
  bench.addFigure('verify an event of another server', cpuMicros(operations, verify), 'µs');
};

/** CPU of one operation in microseconds. */
function cpuMicros(operations: number, operation: (number: number) => void): number {
  const before = process.cpuUsage();
  for (let number = 0; number < operations; number++) operation(number);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / operations;
}

/** A room of version 12 with a create event, a member, power levels and join rules. */
function smallRoom() {
  const rules = roomVersion('12');
  const origin = parseServerName('bench.example.org');
  const sender = parseUserId('@bench:bench.example.org');
  const signingKey = signingKeyFromSeed('bench', Buffer.alloc(SEED_BYTES, 7));
  if (rules === undefined || origin === undefined || sender === undefined || signingKey === undefined)
    throw new Error('the names of the benchmark are malformed');
  const state = new Map<string, Pdu>();
  let last: Pdu | undefined;
  const next = (type: string, stateKey: string | undefined, content: JsonObject, number: number): NewEvent => ({
    rules,
    roomId: last?.roomId,
    type,
    stateKey,
    sender,
    content,
    prevEvents: last === undefined ? [] : [last.eventId],
    // The create event is in no auth_events of this version; that of the room stands for all.
    authEvents: [...state.values()].filter((event) => event.type !== 'm.room.create').map(({ eventId }) => eventId),
    depth: (last?.depth ?? 0) + 1,
    originServerTs: 1_790_000_000_000 + number,
    origin,
    signingKey,
  });
  const build = (type: string, stateKey: string | undefined, content: JsonObject, number: number): string => {
    const event = next(type, stateKey, content, number);
    const decision = authorise(
      { ...event, roomId: event.roomId, redacts: undefined },
      (wanted, key) => state.get(`${wanted} ${key}`),
      rules,
    );
    if (!decision.allowed) throw new Error(`${type} is refused: ${decision.reason}`);
    const built = buildEvent(event);
    if (!built.ok) throw new Error(`${type} cannot be built: ${built.error}`);
    last = built.value.pdu;
    if (stateKey !== undefined) state.set(`${type} ${stateKey}`, built.value.pdu);
    return built.value.json;
  };
  build('m.room.create', '', { room_version: '12' }, 0);
  build('m.room.member', sender, { membership: 'join' }, 0);
  build('m.room.power_levels', '', {}, 0);
  build('m.room.join_rules', '', { join_rule: 'public' }, 0);
  return {
    send: (number: number) => build('m.room.message', undefined, { msgtype: 'm.text', body: text(number) }, number),
    /** @throws Error when the event is not as its server sent it. */
    verify(json: string) {
      const parsed = parsePdu(json, rules);
      if (!parsed.ok) throw new Error(`an event was refused: ${parsed.error.code}`);
      for (const signer of requiredSigners(parsed.value, rules))
        if (!verifyEventSignature(parsed.value, signer, signingKey.keyId, signingKey.publicKey))
          throw new Error('a signature is not true');
      if (!hasValidContentHash(parsed.value.object)) throw new Error('a content hash is not true');
    },
  };
}
