import { describe, expect, it } from 'vitest';
import { judged, versions } from '../../test/auth-fixtures.ts';
import { newEvent, signingKey } from '../../test/event-fixtures.ts';
import { readEvent, wireEvent } from '../../test/wire-events.ts';
import { canonicalJson } from '../canonical-json/canonical-json.ts';
import { isJsonObject } from '../canonical-json/json-value.ts';
import { parseRequestJson } from '../canonical-json/request-json.ts';
import { clientEvent } from '../client-events/client-event.ts';
import { buildEvent } from '../events/build-event.ts';
import { parsePdu } from '../events/parse-pdu.ts';
import { redactEvent } from '../redaction/redact-event.ts';
import { roomVersion, rulesOf } from '../room-versions/room-versions.ts';
import { signJson, verifyJson } from '../signatures/sign-json.ts';

const names = [
  '__proto__',
  'constructor',
  'prototype',
  'toString',
  'valueOf',
  'toJSON',
  'hasOwnProperty',
  'length',
  '__defineGetter__',
  'then',
  '1',
  '01',
  '-1',
  '1e3',
  '4294967295',
  '',
  ' ',
  '.',
  '\\',
  '"',
  '$ref',
];

describe('B6 keys that mean something to JavaScript', () => {
  const content = `{${[...names]
    .sort()
    .map((name) => `${JSON.stringify(name)}:{"polluted":1}`)
    .join(',')}}`;

  it.each(versions)('come through an event of room version %s byte for byte', (version) => {
    const text = canonicalJson(wireEvent(version, { content: '@' })).replace('"@"', () => content);
    const parsed = parsePdu(text, rulesOf(version));
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.error));
    expect(parsed.value.json).toBe(text);
    expect(canonicalJson(parsed.value.pdu.content)).toBe(content);
    const shown = clientEvent(parsed.value.object, { eventId: '$a', rules: rulesOf(version) });
    expect(canonicalJson(isJsonObject(shown['content']) ? shown['content'] : {})).toBe(content);
    expect(canonicalJson(redactEvent(parsed.value.object, rulesOf(version)))).toContain('"content":{}');
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('come through a request into an event', () => {
    const parsed = parseRequestJson(Buffer.from(content), { numbers: 'canonical' });
    if (!parsed.ok || !isJsonObject(parsed.value)) throw new Error('not parsed');
    const built = buildEvent(newEvent({}, parsed.value));
    expect(built.ok && built.value.json).toContain(`"content":${content},`);
    expect(Reflect.get({}, 'polluted')).toBeUndefined();
  });

  it('are signed like others, and may be the names of signers and keys', () => {
    const parsed = parseRequestJson(Buffer.from(content));
    if (!parsed.ok || !isJsonObject(parsed.value)) throw new Error('not parsed');
    for (const signer of names) {
      const signed = signJson(parsed.value, signer, signingKey);
      expect(verifyJson(signed, signer, 'ed25519:1', signingKey.publicKey)).toBe(true);
      for (const other of names)
        if (other !== signer) expect(verifyJson(signed, other, 'ed25519:1', signingKey.publicKey)).toBe(false);
    }
  });

  it.each(versions)('are types and state keys like others in room version %s', (version) => {
    for (const name of names) {
      expect(readEvent(version, { type: name, state_key: name })).toBe('ok');
      expect(judged(version, '@bob:one', { type: name, stateKey: name })).toBe('allowed');
      expect(judged(version, '@carol:two', { type: name, stateKey: name })).toBe('insufficient_power');
    }
  });

  it.each(versions)('are no top-level keys that room version %s reads', (version) => {
    for (const name of names) {
      const text = JSON.stringify(wireEvent(version, { zz: '@' })).replace('"zz":"@"', `${JSON.stringify(name)}:{}`);
      expect(parsePdu(text, rulesOf(version)).ok).toBe(true);
    }
    const inherited = '{"__proto__":{"type":"a","sender":"@a:b"}}';
    expect(parsePdu(inherited, rulesOf(version)).ok).toBe(false);
  });

  it('name no room version, no kind of anything', () => {
    for (const name of names) if (name !== '1') expect(roomVersion(name)).toBeUndefined();
  });
});
