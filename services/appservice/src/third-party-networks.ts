import type { JsonObject } from '@plexus/matrix';
import type { Clock } from '@plexus/observability';
import type { Bridge } from './clients/bridge.ts';
import type { Registration } from './domain/registration.ts';
import { type LookupKind, mergedProtocol, type ProtocolOfBridge, protocolIn, resultsIn } from './domain/third-party.ts';

/** What a bridge says of its protocols changes when it is configured anew. */
const FRESH_MS = 3_600_000;
/** A bridge that did not answer is not asked again for so long. */
const RETRY_MS = 60_000;

interface Asked {
  readonly answer: Promise<ProtocolOfBridge | undefined>;
  until: number;
}

/** The networks that the bridges of one set of registrations connect to. Application Service API, "Third-party networks". */
export class ThirdPartyNetworks {
  readonly #registrations: readonly Registration[];
  readonly #bridges: ReadonlyMap<string, Bridge>;
  readonly #clock: Clock;
  /** By bridge and protocol; no more than the registrations name. */
  readonly #asked = new Map<string, Asked>();

  constructor(registrations: readonly Registration[], bridges: ReadonlyMap<string, Bridge>, clock: Clock) {
    this.#registrations = registrations;
    this.#bridges = bridges;
    this.#clock = clock;
  }

  /** All protocols that a bridge describes, by their names. */
  async protocols(): Promise<JsonObject> {
    const names = [...new Set(this.#registrations.flatMap(({ protocols }) => protocols))];
    const described = await Promise.all(names.map(async (name) => [name, await this.protocol(name)] as const));
    return Object.fromEntries(
      described.flatMap(([name, protocol]) => (protocol === undefined ? [] : [[name, protocol]])),
    );
  }

  /** Undefined when no bridge describes it. */
  async protocol(name: string): Promise<JsonObject | undefined> {
    const answers = await Promise.all(this.#bridgesOf(name).map(([id, bridge]) => this.#describe(id, bridge, name)));
    return mergedProtocol(answers.flatMap((answer) => answer ?? []));
  }

  /** The users or locations that match the fields in the networks of a protocol. */
  lookUp(kind: LookupKind, protocol: string, fields: URLSearchParams): Promise<JsonObject[]> {
    const bridges = this.#bridgesOf(protocol).map(([, bridge]) => bridge);
    return ask(bridges, kind, `${kind}/${encodeURIComponent(protocol)}`, fields);
  }

  /** What a Matrix user or alias of a bridge's namespace is in its network. */
  reverseLookUp(kind: LookupKind, id: string): Promise<JsonObject[]> {
    const bridges = this.#registrations.flatMap((registration) => {
      const namespaces = kind === 'user' ? registration.users : registration.aliases;
      return namespaces.some(({ matches }) => matches(id)) ? (this.#bridges.get(registration.id) ?? []) : [];
    });
    return ask(bridges, kind, kind, new URLSearchParams({ [kind === 'user' ? 'userid' : 'alias']: id }));
  }

  #bridgesOf(protocol: string): (readonly [string, Bridge])[] {
    return this.#registrations.flatMap(({ id, protocols }) => {
      const bridge = protocols.includes(protocol) ? this.#bridges.get(id) : undefined;
      return bridge === undefined ? [] : [[id, bridge] as const];
    });
  }

  #describe(bridgeId: string, bridge: Bridge, name: string): Promise<ProtocolOfBridge | undefined> {
    const key = JSON.stringify([bridgeId, name]);
    const known = this.#asked.get(key);
    if (known !== undefined && this.#clock.monotonic() < known.until) return known.answer;
    const answer = bridge.thirdParty(`protocol/${encodeURIComponent(name)}`, new URLSearchParams()).then((answered) => {
      const isGiven = answered.kind === 'answered' && answered.status === 200;
      const protocol = isGiven ? protocolIn(answered.body) : undefined;
      asked.until = this.#clock.monotonic() + (protocol === undefined ? RETRY_MS : FRESH_MS);
      return protocol && { bridgeId, protocol };
    });
    const asked: Asked = { answer, until: Number.POSITIVE_INFINITY };
    this.#asked.set(key, asked);
    return answer;
  }
}

async function ask(bridges: readonly Bridge[], kind: LookupKind, path: string, query: URLSearchParams) {
  const answers = await Promise.all(bridges.map((bridge) => bridge.thirdParty(path, query)));
  return answers.flatMap((answer) =>
    answer.kind === 'answered' && answer.status === 200 ? resultsIn(answer.body, kind) : [],
  );
}
