import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { readSecretFiles } from './secret-files.ts';

const directory = mkdtempSync(join(tmpdir(), 'plexus-config-'));
const file = join(directory, 'secret');
const empty = join(directory, 'empty');
writeFileSync(file, '  postgres://u:p@h/d\n');
writeFileSync(empty, '\n');

function errorsOf(tree: Record<string, unknown>): string[] {
  const errors: string[] = [];
  readSecretFiles(tree, errors);
  return errors;
}

test('secrets are read from their files, without the white space around; the rest stays', () => {
  const errors: string[] = [];
  const tree = {
    postgres: { urlFile: file, maxConnections: 4 },
    registration: { sharedSecretFile: file },
    logLevel: 'x',
  };
  expect(readSecretFiles(tree, errors)).toEqual({
    postgres: { url: 'postgres://u:p@h/d', maxConnections: 4 },
    registration: { sharedSecret: 'postgres://u:p@h/d' },
    logLevel: 'x',
  });
  expect(errors).toEqual([]);
});

test('a file that is missing, empty, or given beside the value is one error', () => {
  expect(errorsOf({ postgres: { urlFile: '/nowhere/x' } })).toEqual([
    'postgres.urlFile: the file /nowhere/x does not exist',
  ]);
  expect(errorsOf({ rpc: { tokenFile: empty } })).toEqual([`rpc.tokenFile: the file ${empty} is empty`]);
  expect(errorsOf({ rpc: { tokenFile: file, token: 'x' } })).toEqual([
    'rpc.tokenFile: must not be given together with rpc.token',
  ]);
  expect(errorsOf({ rpc: { tokenFile: 7 } })).toEqual(['rpc.tokenFile: must be the path of a file']);
});
