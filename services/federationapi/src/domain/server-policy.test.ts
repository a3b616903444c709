import { parseServerName } from '@plexus/matrix';
import { describe, expect, it } from 'vitest';
import { serverPolicy } from './server-policy.ts';

function allows(lists: { allowedServers?: string[]; deniedServers?: string[] }, name: string): boolean {
  const server = parseServerName(name);
  if (server === undefined) throw new Error(`no server name: ${name}`);
  return serverPolicy({ deniedServers: [], ...lists }).allows(server);
}

describe('the servers that this one talks to', () => {
  it('are all but the denied ones', () => {
    expect(allows({}, 'a.org')).toBe(true);
    expect(allows({ deniedServers: ['a.org'] }, 'a.org')).toBe(false);
    expect(allows({ deniedServers: ['a.org'] }, 'b.org')).toBe(true);
  });

  it('are those of the list of allowed ones, when there is one, and an empty list allows nobody', () => {
    expect(allows({ allowedServers: ['a.org'] }, 'a.org')).toBe(true);
    expect(allows({ allowedServers: ['a.org'] }, 'b.org')).toBe(false);
    expect(allows({ allowedServers: [] }, 'a.org')).toBe(false);
    expect(allows({ allowedServers: ['a.org'], deniedServers: ['a.org'] }, 'a.org')).toBe(false);
  });

  it('cannot escape the list by another spelling of their names', () => {
    expect(allows({ deniedServers: ['a.org'] }, 'A.ORG')).toBe(false);
    expect(allows({ deniedServers: ['A.org'] }, 'a.org')).toBe(false);
  });
});
