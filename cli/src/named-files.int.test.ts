import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseConfig } from '@plexus/config';
import { selfSignedCertificate } from '@plexus/federationapi/self-signed';
import { parseServerName } from '@plexus/matrix';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CliError } from './cli-error.ts';
import { checkout } from './infrastructure/checkout.ts';
import { checkedConfig } from './load-config.ts';
import { checkNamedFiles } from './named-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'plexus-named-files-'));
const at = (name: string): string => join(folder, name);
const write = (name: string, content: string): string => {
  writeFileSync(at(name), content);
  return at(name);
};

beforeAll(async () => {
  const name = parseServerName('example.org');
  if (name === undefined) throw new Error('a fixture is wrong');
  const [one, other] = await Promise.all([
    selfSignedCertificate(name, Date.now()),
    selfSignedCertificate(name, Date.now()),
  ]);
  write('tls.crt', one.cert);
  write('tls.key', one.key);
  write('other.key', other.key);
  write('signing.key', `ed25519 a_1 ${Buffer.alloc(32, 7).toString('base64').replace(/=+$/, '')}\n`);
  write('secret', 'sesame\n');
  write('garbage', 'no key, no certificate: and no registration\n');
  const registration = { id: 'irc', url: null, as_token: 'a', hs_token: 'h', sender_localpart: 'irc', namespaces: {} };
  write('irc.yaml', JSON.stringify(registration));
  write('same-token.yaml', JSON.stringify({ ...registration, id: 'other', sender_localpart: 'other' }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const whole = {
  serverName: 'example.org',
  publicBaseUrl: 'https://matrix.example.org',
  postgres: { url: 'postgresql://db.invalid/plexus' },
  nats: { servers: ['nats://nats.invalid:4222'] },
  signingKeyFile: 'signing.key',
  media: { directory: 'media' },
  registration: { sharedSecretFile: 'secret' },
  appservices: ['irc.yaml'],
  listen: { tls: { certificateFile: 'tls.crt', keyFile: 'tls.key' } },
  federation: { tls: { certificateFile: 'tls.crt', keyFile: 'tls.key' }, authoritiesFile: 'tls.crt' },
};

const plexus = (args: readonly string[], parts: object) => {
  const file = write('plexus.yaml', JSON.stringify({ ...whole, ...parts }));
  const main = join(checkout, 'cli', 'src', 'main.ts');
  return spawnSync(process.execPath, [main, ...args, '--config', file], { encoding: 'utf8', cwd: tmpdir() });
};

test('files are found from the folder of the configuration, whatever the working directory is', () => {
  expect(plexus(['config', 'check'], {})).toMatchObject({ status: 0, stderr: '' });
  expect(plexus(['config', 'show'], {}).stdout).toContain(`directory: ${at('media')}`);
});

const wrong: [what: string, parts: object, sentence: string | RegExp][] = [
  [
    'a signing key that is missing',
    { signingKeyFile: 'none' },
    /^signingKeyFile: the file .*none does not exist; restore it/,
  ],
  ['a signing key that is none', { signingKeyFile: 'garbage' }, /^signingKeyFile: .* does not hold lines of the form/],
  [
    'a signing key that is a folder',
    { signingKeyFile: '.' },
    /^signingKeyFile: the file .* is a folder and not a file/,
  ],
  [
    'a registration that is missing',
    { appservices: ['irc.yaml', 'none'] },
    /^appservices\[1\]: the file .*none does not exist/,
  ],
  ['a registration that is none', { appservices: ['garbage'] }, /^appservices\[0\]: .*garbage: /],
  ['registrations that clash', { appservices: ['irc.yaml', 'same-token.yaml'] }, /^appservices: other: its as_token/],
  [
    'a certificate that is missing',
    { listen: { tls: { certificateFile: 'none', keyFile: 'tls.key' } } },
    /^listen\.tls\.certificateFile: the file .*none does not exist/,
  ],
  [
    'a certificate that is none',
    { listen: { tls: { certificateFile: 'garbage', keyFile: 'tls.key' } } },
    /^listen\.tls\.certificateFile: .* holds no certificate in PEM/,
  ],
  [
    'a key that is none',
    { federation: { tls: { certificateFile: 'tls.crt', keyFile: 'garbage' } } },
    /^federation\.tls\.keyFile: .* holds no private key/,
  ],
  [
    'a key of another certificate',
    { federation: { tls: { certificateFile: 'tls.crt', keyFile: 'other.key' } } },
    /^federation\.tls\.keyFile: the key in .* does not belong/,
  ],
  [
    'authorities that are none',
    { federation: { authoritiesFile: 'garbage' } },
    /^federation\.authoritiesFile: .* holds no certificate/,
  ],
  ['a secret that is missing', { rpc: { tokenFile: 'none' } }, /^rpc\.tokenFile: the file .*none does not exist/],
  ['a media folder below a file', { media: { directory: 'secret/media' } }, /^media\.directory: /],
];

/** As the commands check it. */
const checked = async (parts: object): Promise<void> =>
  checkNamedFiles(checkedConfig(write('plexus.yaml', JSON.stringify({ ...whole, ...parts }))));

describe('a sentence that names the key is said of', () => {
  test.each(wrong)('%s', async (_what, parts, sentence) => {
    const error: unknown = await checked(parts).catch((thrown: unknown) => thrown);
    if (!(error instanceof CliError)) throw new Error('nothing was wrong');
    expect(error.exitCode).toBe(2);
    for (const line of error.message.split('\n')) expect(line).toMatch(sentence);
  });
});

test.each([
  ['config check', ['config', 'check']],
  ['run', ['run', 'all']],
])('%s ends with that sentence and exit code 2', (_command, args) => {
  const keyFile = { tls: { certificateFile: 'tls.crt', keyFile: 'garbage' } };
  const { status, stdout, stderr } = plexus(args, { listen: keyFile });
  expect(stderr).toMatch(/^listen\.tls\.keyFile: the file .* holds no private key[^\n]*\n$/);
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
});

test('everything that is wrong is said at once', () => {
  const { stderr } = plexus(['config', 'check'], { signingKeyFile: 'none', appservices: ['none'], logLevel: 'info' });
  expect(stderr.trim().split('\n')).toHaveLength(2);
});

test('a process reads no file that its services do not need', async () => {
  const parsed = parseConfig({ ...whole, signingKeyFile: 'none', appservices: ['none'], listen: {}, registration: {} });
  if (parsed.kind === 'errors') throw new Error(parsed.errors.join('\n'));
  await checkNamedFiles(parsed.config, { services: ['typing', 'clientapi'], gateway: true });
  await expect(checkNamedFiles(parsed.config, { services: ['appservice'], gateway: false })).rejects.toThrow(
    /^appservices\[0\]: the file none does not exist$/,
  );
});
