import { describe, expect, it } from 'vitest';
import { serverName } from '../../test/event-fixtures.ts';
import type { JsonValue } from '../canonical-json/json-value.ts';
import { redactContent } from '../redaction/redact-event.ts';
import { rulesOf } from '../room-versions/room-versions.ts';
import { compileServerAcl } from '../server-acl/server-acl.ts';

const allows = (server: string, deny: JsonValue[], allow: JsonValue[] = ['*'], more = {}) =>
  compileServerAcl({ deny, allow, ...more }).allows(serverName(server));

describe('A14 a server ACL', { timeout: 60_000 }, () => {
  it.each(['evil.example', 'EVIL.example', 'evil.EXAMPLE:443', 'evil.example:8448', 'evil.example:00443'])(
    'denies %s, whatever its case and port',
    (server) => {
      for (const pattern of ['evil.example', 'EVIL.EXAMPLE', '*.example', '*vil*', '????.example', '*'])
        expect(allows(server, [pattern])).toBe(false);
    },
  );

  it.each(['evil.example.', 'evil-example', 'xevil.example', 'evil.example.org', 'evi.example'])(
    'does not deny %s, which is another name',
    (server) => expect(allows(server, ['evil.example'])).toBe(true),
  );

  it('knows addresses in their literal forms, and names that only look like them', () => {
    const keepOut = { allow_ip_literals: false };
    for (const server of ['127.0.0.1', '127.0.0.1:8448', '[::1]', '[::1]:1', '[::ffff:10.0.0.1]', '255.255.255.255'])
      expect(allows(server, [], ['*'], keepOut)).toBe(false);
    for (const server of ['127.0.0.256', '1.2.3', '1.2.3.4.5', 'a.1.2.3.4', '1.2.3.4.', 'xn--bcher-kva.example'])
      expect(allows(server, [], ['*'], keepOut)).toBe(true);
    expect([allows('[::1]:80', ['[::1]']), allows('[::1]', ['[*]']), allows('127.0.0.1', ['127.*'])]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('matches the names of internationalised domains in the form servers are named by', () => {
    expect([allows('xn--bcher-kva.example', ['bücher.example']), allows('xn--bcher-kva.example', ['xn--*'])]).toEqual([
      true,
      false,
    ]);
  });

  it('has nothing to do with regular expressions', () => {
    for (const pattern of ['.*', 'a.b', '[a-z]+', '(evil|good).example', '^evil.example$', 'evil\\.example'])
      expect(allows('evil.example', [pattern])).toBe(true);
  });

  it('takes wrong things in its lists for nothing, and wrong lists for empty ones', () => {
    for (const odd of [1, null, true, {}, ['evil.example']] satisfies JsonValue[])
      expect(allows('evil.example', [odd])).toBe(true);
    for (const list of [null, '*', {}, 1] satisfies JsonValue[])
      expect(compileServerAcl({ allow: list }).allows(serverName('a.org'))).toBe(false);
    for (const list of [null, '*', {}, 1] satisfies JsonValue[])
      expect(compileServerAcl({ allow: ['*'], deny: list }).allows(serverName('a.org'))).toBe(true);
  });

  it('that was redacted allows nobody, in every room version', () => {
    const acl = { allow: ['*'], deny: [], allow_ip_literals: true };
    for (const version of ['1', '6', '11', '12'] as const) {
      const redacted = redactContent('m.room.server_acl', acl, rulesOf(version));
      expect(compileServerAcl(redacted).allows(serverName('a.org'))).toBe(false);
    }
  });

  it('of 100,000 entries is read and asked in a moment', () => {
    const deny = Array.from({ length: 100_000 }, (_, i) => (i % 2 === 0 ? `*a*${i}*a*b` : `host${i}.example`));
    const start = process.cpuUsage();
    const acl = compileServerAcl({ allow: ['*'], deny });
    const name = `${'a'.repeat(60)}.${'a'.repeat(60)}.${'a'.repeat(60)}.${'a'.repeat(60)}`;
    for (let i = 0; i < 3; i++) expect(acl.allows(serverName(name))).toBe(true);
    expect(acl.allows(serverName('host99999.example'))).toBe(false);
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(3);
  });

  it('of patterns that make others backtrack is asked in a moment', () => {
    const patterns = [
      '*a*a*a*b',
      `${'*a'.repeat(120)}b`,
      `${'a*'.repeat(120)}b`,
      `${'*?a'.repeat(60)}b`,
      `${'*'.repeat(60_000)}b`,
      `${'?'.repeat(60_000)}`,
      `*${'?'.repeat(200)}b*`,
    ];
    const name = Array.from({ length: 4 }, () => 'a'.repeat(60)).join('.');
    const start = process.cpuUsage();
    for (let i = 0; i < 200; i++) expect(allows(name, patterns)).toBe(true);
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(3);
    expect(allows(name, [`${'*'.repeat(60_000)}a`])).toBe(false);
  });
});
