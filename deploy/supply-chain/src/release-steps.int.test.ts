import { execFile } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '../../..');
const folder = mkdtempSync(join(tmpdir(), 'plexus-supply-'));
const at = (name: string): string => join(folder, name);

interface Ran {
  readonly code: number;
  readonly output: string;
}

const run = async (program: string, args: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<Ran> => {
  try {
    const options = { cwd: root, env: { ...process.env, ...environment }, maxBuffer: 1 << 26 };
    const { stdout, stderr } = await promisify(execFile)(program, [...args], options);
    return { code: 0, output: stdout + stderr };
  } catch (error) {
    const { code, stdout, stderr } = error as { code?: unknown; stdout?: string; stderr?: string };
    return { code: typeof code === 'number' ? code : 127, output: `${stdout ?? ''}${stderr ?? ''}${String(error)}` };
  }
};

describe('the gate on advisories', () => {
  /** A registry that answers as npm's does. */
  let registry: Server;
  let url: string;
  let asked: Record<string, string[]> = {};
  let answer: { status: number; body: object };

  beforeAll(async () => {
    const [pnpm = ''] = globSync('.plexus/tools/pnpm-*/node_modules/pnpm/bin/pnpm.mjs', { cwd: root });
    const options = [
      '--prod',
      '--filter-prod',
      '@plexus/cli...',
      '--sbom-format',
      'cyclonedx',
      '--sbom-type',
      'application',
    ];
    const made = await run(process.execPath, [join(root, pnpm), 'sbom', ...options, '--out', at('sbom.json')]);
    expect(made, made.output).toMatchObject({ code: 0 });
    registry = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => {
        body += chunk.toString();
      });
      request.on('end', () => {
        asked = JSON.parse(body);
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((resolve) => registry.listen(0, '127.0.0.1', () => resolve()));
    const address = registry.address();
    url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}`;
  });

  afterAll(() => registry?.close());

  const gate = (...args: string[]) =>
    run(process.execPath, ['deploy/supply-chain/src/main.ts', '--sbom', at('sbom.json'), ...args]);

  it('asks about every package of the product, and passes when none is known to be weak', async () => {
    answer = { status: 200, body: {} };
    expect(await gate('--registry', url)).toMatchObject({
      code: 0,
      output: expect.stringMatching(/^\d{2,} packages, 0 problems/m),
    });
    expect(Object.keys(asked)).toEqual(expect.arrayContaining(['pg', 'zod', 'undici']));
    expect(asked['pg']).toEqual([expect.stringMatching(/^\d+\.\d+\.\d+/)]);
  });

  it('fails on an advisory, with or without a network', async () => {
    const pg = [
      {
        id: 7,
        url: 'https://github.com/advisories/GHSA-aaaa-bbbb-cccc',
        title: 'leaks',
        severity: 'high',
        vulnerable_versions: '<99',
      },
    ];
    answer = { status: 200, body: { pg } };
    const failed = { code: 1, output: expect.stringContaining('pg <99: high, leaks (GHSA-aaaa-bbbb-cccc)') };
    expect(await gate('--registry', url, '--save', at('answer.json'))).toMatchObject(failed);
    expect(await gate('--answer', at('answer.json'))).toMatchObject(failed);
  });

  it('does not pass when nobody answers', async () => {
    answer = { status: 405, body: {} };
    expect(await gate('--registry', url)).toMatchObject({
      code: 2,
      output: expect.stringContaining('does not answer'),
    });
  });
});

describe('the signature of an image', () => {
  const digest = `sha256:${'ab'.repeat(32)}`;
  const reference = 'registry.example.org/plexus:1.0.0';
  const sign = (...args: string[]) => run('sh', ['deploy/images/sign-image.sh', ...args]);
  const verify = (...args: string[]) => run('sh', ['deploy/images/verify-image.sh', ...args]);

  beforeAll(async () => {
    await run('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', at('release.key')]);
    await run('openssl', ['ec', '-in', at('release.key'), '-pubout', '-out', at('release.pub')]);
    expect(await sign(reference, digest, at('release.key'), at('signature'))).toMatchObject({ code: 0 });
  });

  it('is one that cosign knows: the payload names the image and its digest, and is signed by ECDSA over SHA-256', async () => {
    expect(JSON.parse(readFileSync(join(at('signature'), 'payload.json'), 'utf8'))).toEqual({
      critical: {
        identity: { 'docker-reference': 'registry.example.org/plexus' },
        image: { 'docker-manifest-digest': digest },
        type: 'cosign container image signature',
      },
      optional: null,
    });
    writeFileSync(at('raw'), Buffer.from(readFileSync(join(at('signature'), 'payload.sig'), 'utf8'), 'base64'));
    const dgst = [
      'dgst',
      '-sha256',
      '-verify',
      at('release.pub'),
      '-signature',
      at('raw'),
      join(at('signature'), 'payload.json'),
    ];
    expect(await run('openssl', dgst)).toMatchObject({ code: 0, output: expect.stringContaining('Verified OK') });
  });

  it('is accepted for that image alone, and by that key alone', async () => {
    expect(await verify(reference, digest, at('release.pub'), at('signature'))).toMatchObject({ code: 0 });
    const other = `sha256:${'cd'.repeat(32)}`;
    expect(await verify(reference, other, at('release.pub'), at('signature'))).toMatchObject({
      code: 1,
      output: expect.stringContaining('is of another image'),
    });
    expect(await verify('registry.example.org/other:1', digest, at('release.pub'), at('signature'))).toMatchObject({
      code: 1,
    });
    await run('openssl', ['ecparam', '-name', 'prime256v1', '-genkey', '-noout', '-out', at('other.key')]);
    await run('openssl', ['ec', '-in', at('other.key'), '-pubout', '-out', at('other.pub')]);
    expect(await verify(reference, digest, at('other.pub'), at('signature'))).toMatchObject({
      code: 1,
      output: expect.stringContaining('is not by this key'),
    });
    writeFileSync(
      join(at('signature'), 'payload.json'),
      readFileSync(join(at('signature'), 'payload.json'), 'utf8').replace(digest, other),
    );
    expect(await verify(reference, other, at('release.pub'), at('signature'))).toMatchObject({ code: 1 });
  });
});
