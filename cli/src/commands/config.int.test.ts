import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { checkout } from '../infrastructure/checkout.ts';

const folder = mkdtempSync(join(tmpdir(), 'plexus-config-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

writeFileSync(
  join(folder, 'signing.key'),
  `ed25519 a_1 ${Buffer.alloc(32, 7).toString('base64').replace(/=+$/, '')}\n`,
);

const whole = `
serverName: example.org
publicBaseUrl: https://matrix.example.org
postgres: { url: 'postgresql://plexus:pg-secret@db/plexus' }
nats: { servers: ['nats://nats:4222'] }
signingKeyFile: signing.key
media: { directory: media }
`;

function config(command: string, content: string, ...flags: string[]) {
  const file = join(folder, `${command}.yaml`);
  writeFileSync(file, content);
  const main = join(checkout, 'cli', 'src', 'main.ts');
  const given = command === 'schema' ? [] : ['--config', file];
  return spawnSync(process.execPath, [main, 'config', command, ...given, ...flags], { encoding: 'utf8' });
}

describe('plexus config', () => {
  it('check: a file in order is said to be so; of another every error is a line with its key, and the exit code is 2', () => {
    expect(config('check', whole)).toMatchObject({ status: 0, stdout: expect.stringContaining('example.org') });
    const wrong = config('check', `${whole}colour: blue\nlogLevel: loud\n`);
    expect(wrong.status).toBe(2);
    expect(wrong.stderr.split('\n')).toEqual(
      expect.arrayContaining([expect.stringMatching(/^colour: /), expect.stringMatching(/^logLevel: /)]),
    );
  });

  it('show: prints what is in force, with secrets only when asked for them', () => {
    const shown = config('show', whole, '--redacted').stdout;
    expect(shown).toContain('maxConnections: 16');
    expect(shown).not.toContain('pg-secret');
    expect(config('show', whole).stdout).toBe(shown);
    expect(config('show', whole, '--with-secrets').stdout).toContain('pg-secret');
    expect(config('show', whole, '--with-secrets', '--redacted').status).toBe(2);
  });

  it('schema: is a JSON schema that knows the keys', () => {
    expect(JSON.parse(config('schema', '').stdout)).toMatchObject({
      properties: { serverName: { type: 'string' }, postgres: { required: ['url'] } },
    });
  });
});
