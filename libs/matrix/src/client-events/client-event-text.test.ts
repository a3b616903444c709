import { describe, expect, it } from 'vitest';
import {
  ClientEventText,
  clientStyle,
  type EventReceiver,
  type EventStyle,
  type KeptEvent,
} from './client-event-text.ts';

const pdu = {
  auth_events: [],
  content: { body: 'hello', nested: { deep: 1, other: 2 }, 'with.dot': true },
  depth: 3,
  hashes: { sha256: 'x' },
  origin_server_ts: 1_000,
  room_id: '!room:example.org',
  sender: '@alice:example.org',
  type: 'm.room.message',
};

function kept(changes: Partial<KeptEvent> = {}): KeptEvent {
  return {
    eventId: '$event',
    roomId: '!room:example.org',
    roomVersion: '12',
    json: JSON.stringify(pdu),
    originServerTs: 1_000,
    ...changes,
  };
}

const inSync: EventStyle = { withRoomId: false, format: 'client', fields: undefined };
const shown = (event: KeptEvent, style: EventStyle = clientStyle, receiver: EventReceiver = { now: 1_500 }) =>
  JSON.parse(new ClientEventText(event).text(style, receiver));

describe('an event for a client', () => {
  it('has what clients need of the PDU, its id, its room and its age', () => {
    const { content, origin_server_ts, sender, type, room_id } = pdu;
    const own = { content, origin_server_ts, sender, type };
    expect(shown(kept())).toEqual({ ...own, room_id, event_id: '$event', unsigned: { age: 500 } });
    expect(shown(kept(), inSync)).toEqual({ ...own, event_id: '$event', unsigned: { age: 500 } });
  });

  it('is never younger than nothing, whatever the clock of its server', () => {
    expect(shown(kept(), clientStyle, { now: 10 }).unsigned.age).toBe(0);
  });

  it('tells the receiver their membership, and the sending device its transaction id', () => {
    const receiver = { now: 1_500, membership: 'join', transactionId: 't"1' };
    expect(shown(kept(), inSync, receiver).unsigned).toEqual({
      age: 500,
      membership: 'join',
      transaction_id: 't"1',
    });
  });

  it('is written once and differs between receivers in what is theirs alone', () => {
    const text = new ClientEventText(kept());
    const first = JSON.parse(text.text(inSync, { now: 1_500, transactionId: 'a' }));
    const second = JSON.parse(text.text(inSync, { now: 2_500, membership: 'leave' }));
    expect(first.unsigned).toEqual({ age: 500, transaction_id: 'a' });
    expect(second.unsigned).toEqual({ age: 1_500, membership: 'leave' });
    expect({ ...first, unsigned: {} }).toEqual({ ...second, unsigned: {} });
  });

  const redaction = {
    eventId: '$redaction',
    json: JSON.stringify({
      content: { redacts: '$event' },
      origin_server_ts: 2,
      sender: '@mod:example.org',
      type: 'm.room.redaction',
    }),
  };
  const state = { prevContent: '{"name":"before"}', replacesState: '$before', redaction };

  it.each([clientStyle, inSync, { ...inSync, format: 'federation' as const }])(
    'has in %j what replaced what',
    (style) => {
      const { unsigned } = shown(kept(state), style);
      expect(unsigned).toMatchObject({ age: 500, prev_content: { name: 'before' }, replaces_state: '$before' });
      expect(unsigned.redacted_because).toMatchObject({
        event_id: '$redaction',
        room_id: '!room:example.org',
        redacts: '$event',
        type: 'm.room.redaction',
      });
    },
  );

  it('keeps the numbers of old room versions as they were written', () => {
    const json = '{"content":{"n":1e2,"big":123456789012345678901},"origin_server_ts":1,"sender":"@a:b","type":"x"}';
    for (const style of [clientStyle, { ...clientStyle, fields: [['content']] }]) {
      const text = new ClientEventText(kept({ json, roomVersion: '5' })).text(style, { now: 5 });
      expect(text).toContain('123456789012345678901');
    }
  });

  it('has keys that are special to JavaScript like any other', () => {
    const json = '{"content":{"__proto__":{"a":1}},"origin_server_ts":1,"sender":"@a:b","type":"x"}';
    for (const format of ['client', 'federation'] as const) {
      const text = new ClientEventText(kept({ json })).text({ ...clientStyle, format }, { now: 5 });
      expect(text).toContain('"__proto__":{"a":1}');
    }
  });
});

describe('the style of a filter', () => {
  it('writes the fields that event_fields names and no others', () => {
    const style = {
      ...inSync,
      fields: [['content', 'nested', 'deep'], ['content', 'with.dot'], ['sender'], ['nothing']],
    };
    expect(shown(kept(), style)).toEqual({
      content: { nested: { deep: 1 }, 'with.dot': true },
      sender: '@alice:example.org',
    });
    expect(shown(kept(), { ...inSync, fields: [['unsigned', 'age']] })).toEqual({ unsigned: { age: 500 } });
    expect(shown(kept(), { ...inSync, fields: [] })).toEqual({});
  });

  it('writes the PDU with its event id when event_format is federation', () => {
    const style = { ...inSync, format: 'federation' as const };
    expect(shown(kept(), style, { now: 1_500, membership: 'join' })).toEqual({
      ...pdu,
      event_id: '$event',
      unsigned: { age: 500, membership: 'join' },
    });
  });
});
