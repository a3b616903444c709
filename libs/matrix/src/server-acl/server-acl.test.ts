import { describe, expect, it } from 'vitest';
import { serverName } from '../../test/event-fixtures.ts';
import type { JsonObject } from '../canonical-json/json-value.ts';
import { compileServerAcl } from './server-acl.ts';

const allows = (content: JsonObject | undefined, server: string) =>
  compileServerAcl(content).allows(serverName(server));

describe('a server ACL', () => {
  it('as large as an event can be is asked in no time: the work is bounded', () => {
    const patternOf = (n: number) => `*?${String.fromCharCode(98 + (n % 20))}${n % 1000}*`;
    const content = { allow: ['*'], deny: Array.from({ length: 7500 }, (_, n) => patternOf(n)) };
    const name = `${'a'.repeat(60)}.${'a'.repeat(60)}.example`;
    const start = process.cpuUsage();
    for (let n = 0; n < 100; n++) expect(allows(content, name)).toBe(true);
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(2);
    expect(allows(content, 'xb0y.example')).toBe(false);
  });

  it('that is absent allows everybody, one that is empty nobody', () => {
    expect([allows(undefined, 'a.org'), allows({}, 'a.org'), allows({ allow: 'a.org' }, 'a.org')]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('denies before it allows, whatever the case and the port', () => {
    const acl = { allow: ['*'], deny: ['evil.com', '*.evil.com', 'bad?.org'] };
    for (const server of ['evil.com', 'EVIL.com:8448', 'x.evil.com', 'bad1.org'])
      expect(allows(acl, server)).toBe(false);
    for (const server of ['notevil.com', 'bad.org', 'evil.com.example']) expect(allows(acl, server)).toBe(true);
  });

  it('allows only what is listed', () => {
    expect([allows({ allow: ['*.good.org'] }, 'a.good.org'), allows({ allow: ['*.good.org'] }, 'a.bad.org')]).toEqual([
      true,
      false,
    ]);
  });

  it('can keep out IP addresses', () => {
    for (const server of ['1.2.3.4', '1.2.3.4:80', '[::1]', '[::1]:80']) {
      expect(allows({ allow: ['*'], allow_ip_literals: false }, server)).toBe(false);
      for (const other of [true, 'false', null])
        expect(allows({ allow: ['*'], allow_ip_literals: other }, server)).toBe(true);
    }
    expect(allows({ allow: ['*'], allow_ip_literals: false }, '1.2.3.4.example')).toBe(true);
    expect([allows({ allow: ['[::1]'] }, '[::1]:1'), allows({ allow: ['1.2.*'] }, '1.2.3.4')]).toEqual([true, true]);
  });

  it('ignores what is no pattern', () => {
    expect(allows({ allow: ['*'], deny: [1, null, {}, ['a.org']] }, 'a.org')).toBe(true);
  });
});
