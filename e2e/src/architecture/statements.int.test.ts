import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { service as appservice } from '@plexus/appservice';
import { service as federationapi } from '@plexus/federationapi';
import { service as mediaapi } from '@plexus/mediaapi';
import { declaredStatements } from '@plexus/postgres';
import { service as roomserver } from '@plexus/roomserver';
import { service as syncapi } from '@plexus/syncapi';
import { StatementDescriber, type TestDatabase, testDatabase } from '@plexus/testkit';
import { service as userapi } from '@plexus/userapi';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { root } from './source-files.ts';

/** Every module that declares a typed statement is loaded, so that none escapes the comparison. */
async function loadDeclarations(): Promise<void> {
  const files = globSync('{services,libs}/*/src/**/*.ts', { cwd: root }).filter((path) => !path.endsWith('.test.ts'));
  for (const path of files) {
    const file = join(root, path);
    if (/\bstatement\(\n? +'/.test(readFileSync(file, 'utf8'))) await import(pathToFileURL(file).href);
  }
}

/** `text?[]` is `text[]` to PostgreSQL, which does not know of NULL in parameters and columns. */
function typeName(type: string | { readonly type: string }): string {
  return (typeof type === 'string' ? type : type.type).replace('?', '');
}

describe('typed statements', () => {
  let database: TestDatabase;
  let describer: StatementDescriber;

  beforeAll(async () => {
    database = await testDatabase([appservice, federationapi, mediaapi, roomserver, syncapi, userapi]);
    describer = await StatementDescriber.connect(database.url);
    await loadDeclarations();
  });

  afterAll(async () => {
    await describer?.close();
    await database?.drop();
  });

  it('have the parameters and columns that PostgreSQL finds in them', async () => {
    const statements = declaredStatements();
    expect(statements.length).toBeGreaterThan(0);
    const differences: unknown[] = [];
    for (const { name, text, parameters, parameterTypes, columns } of statements) {
      const declared = {
        parameterTypes: parameters.map((parameter) => typeName(parameterTypes[parameter] ?? '')),
        columns: Object.fromEntries(Object.entries(columns).map(([column, type]) => [column, typeName(type)])),
      };
      const found = await describer.describe(text).catch((error: unknown) => String(error));
      try {
        expect(found).toEqual(declared);
      } catch {
        differences.push({ name, declared, found });
      }
    }
    expect(differences).toEqual([]);
  });

  it('are seen through when they are declared wrongly', async () => {
    const text = 'SELECT key_id, valid_until_ts FROM federationapi.verify_key WHERE server_name = ANY($1)';
    expect(await describer.describe(text)).toEqual({
      parameterTypes: ['text[]'],
      columns: { key_id: 'text', valid_until_ts: 'bigint' },
    });
    await expect(describer.describe('SELECT no_such_column FROM federationapi.verify_key')).rejects.toThrow(
      'no_such_column',
    );
  });
});
