import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { since, versions } from '../../test/auth-fixtures.ts';
import { eventId, must, roomId, userId } from '../../test/event-fixtures.ts';
import { resolveByTheBook } from '../../test/reference-resolver.ts';
import { isJsonObject, type JsonObject, type JsonValue } from '../canonical-json/json-value.ts';
import type { KnownEvent } from '../events/pdu.ts';
import type { EventId } from '../identifiers/event-id.ts';
import { rulesOf } from '../room-versions/room-versions.ts';
import type { RoomVersion } from '../room-versions/rules.ts';
import { resolveWholeStates } from './resolve.ts';
import type { StateEntry } from './state.ts';

/** An event by what state resolution looks at; its id and those it cites are names within the scenario. */
type ScenarioEvent = {
  readonly sender: string;
  readonly type: string;
  readonly state_key: string;
  readonly content: JsonObject;
  readonly auth_events: readonly string[];
  readonly origin_server_ts: number;
};

/** States that others published as cases, made anew: what they resolve to by each algorithm. */
type Scenario = {
  readonly name: string;
  readonly source: string;
  readonly events: Readonly<Record<string, ScenarioEvent>>;
  readonly states: readonly (readonly string[])[];
  readonly expect: { readonly v2: readonly string[]; readonly 'v2.1': readonly string[] };
};

const scenarios: Scenario[] = JSON.parse(
  readFileSync(new URL('../../test/scenarios/state-resolution.json', import.meta.url), 'utf8'),
);

const createName = 'C'.repeat(43);
const idOf = (name: string): EventId => eventId(`$${name === 'create' ? createName : name}`);

class ScenarioRoom {
  readonly roomId;
  readonly events = new Map<EventId, KnownEvent>();

  constructor({ events }: Scenario, version: RoomVersion) {
    this.roomId = roomId(version === '12' ? `!${createName}` : '!room:one');
    for (const [name, event] of Object.entries(events)) {
      const cited = version === '12' ? event.auth_events.filter((each) => each !== 'create') : event.auth_events;
      const pdu = {
        eventId: idOf(name),
        roomId: this.roomId,
        type: event.type,
        stateKey: event.state_key,
        sender: userId(event.sender),
        content: contentFor(version, event),
        prevEvents: name === 'create' ? [] : [idOf('some')],
        authEvents: cited.map(idOf),
        depth: 1,
        originServerTs: event.origin_server_ts,
        redacts: undefined,
      };
      this.events.set(pdu.eventId, { pdu, rejected: false });
    }
  }

  state(names: readonly string[]): StateEntry[] {
    return names.map((name) => {
      const { type, stateKey = '', eventId: id } = must(this.events.get(idOf(name))).pdu;
      return { type, stateKey, eventId: id };
    });
  }
}

/** Creators are named in the content before room version 11, and in no power levels since 12. */
function contentFor(version: RoomVersion, { type, sender, content }: ScenarioEvent): JsonObject {
  if (type === 'm.room.create' && !since('11').includes(version)) return { creator: sender, ...content };
  const users: JsonValue | undefined = content['users'];
  if (version !== '12' || !isJsonObject(users)) return content;
  return { ...content, users: Object.fromEntries(Object.entries(users).filter(([user]) => user !== '@alice:one')) };
}

function permutations<Item>(items: readonly Item[]): Item[][] {
  if (items.length <= 1) return [[...items]];
  return items.flatMap((item, i) => permutations(items.toSpliced(i, 1)).map((rest) => [item, ...rest]));
}

const cases = scenarios.flatMap((scenario) =>
  versions.filter((version) => version !== '1').map((version) => ({ ...scenario, version })),
);

describe.each(cases)('$source: $name, in room version $version', (scenario) => {
  const { version, states } = scenario;
  const room = new ScenarioRoom(scenario, version);
  const rules = rulesOf(version);
  const event = (id: EventId) => room.events.get(id);
  const expected = [...scenario.expect[version === '12' ? 'v2.1' : 'v2']].map((name) => String(idOf(name))).sort();
  const idsOf = (entries: readonly StateEntry[]) => entries.map(({ eventId: id }) => String(id)).sort();

  it('holds in every order of the states and of what is in them', () => {
    for (const ordered of permutations(states)) {
      for (const turn of [0, 1, 2, 3, 4, 5]) {
        const turned = ordered.map((names) => room.state([...names.slice(turn), ...names.slice(0, turn)]));
        expect(idsOf(resolveWholeStates({ rules, roomId: room.roomId, states: turned, event }))).toEqual(expected);
      }
    }
  });

  it('holds for every order in which the conflicting events are named', () => {
    const conflicting = states.flat().filter((name) => !states.every((names) => names.includes(name)));
    const few = [...new Set(conflicting)].slice(0, 5);
    for (const order of permutations(few)) {
      const rank = (name: string) => order.indexOf(name);
      const sorted = states.map((names) => room.state(names.toSorted((a, b) => rank(a) - rank(b))));
      expect(idsOf(resolveWholeStates({ rules, roomId: room.roomId, states: sorted, event }))).toEqual(expected);
    }
  });

  it('holds by the words of the specification', () => {
    const input = { rules, roomId: room.roomId, states: states.map((names) => room.state(names)), event };
    expect(idsOf(resolveByTheBook(input))).toEqual(expected);
  });
});
