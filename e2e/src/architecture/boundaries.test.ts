import { describe, expect, it } from 'vitest';
import { importsOf, isTest, sourceFiles } from './source-files.ts';

const services = ['appservice', 'clientapi', 'federationapi', 'mediaapi', 'roomserver', 'syncapi', 'typing', 'userapi'];

function offenders(pattern: string, isForbidden: (imported: string, path: string) => boolean): string[] {
  const files = sourceFiles(pattern);
  expect(files.length, `no file matches ${pattern}`).toBeGreaterThan(0);
  return files
    .filter((file) => !isTest(file))
    .flatMap((file) =>
      importsOf(file)
        .filter((imported) => isForbidden(imported, file.path))
        .map((imported) => `${file.path} imports ${imported}`),
    );
}

describe('the house stays as it is drawn', () => {
  it('no service imports a service', () => {
    const isService = (imported: string) => services.some((name) => imported === `@plexus/${name}`);
    expect(offenders('services/*/src/**/*.ts', isService)).toEqual([]);
    const leaves = (imported: string) => /(^|\/)services\//.test(imported) || imported.startsWith('../../../../');
    expect(offenders('services/*/src/**/*.ts', leaves)).toEqual([]);
  });

  it('no library imports a service or the command line', () => {
    const isAbove = (imported: string) =>
      [...services, 'cli', 'e2e', 'bench'].some((name) => imported === `@plexus/${name}`);
    expect(offenders('libs/!(testkit)/src/**/*.ts', isAbove)).toEqual([]);
  });

  it('libs/http defines its ports and depends on none of their implementations', () => {
    const allowed = ['cache', 'contracts', 'matrix', 'observability', 'routes'].map((name) => `@plexus/${name}`);
    const isForbidden = (imported: string) => imported.startsWith('@plexus/') && !allowed.includes(imported);
    expect(offenders('libs/http/src/**/*.ts', (imported) => isForbidden(imported.split('/', 2).join('/')))).toEqual([]);
  });

  it('libs/matrix does no I/O', () => {
    const allowed = ['node:crypto', 'tweetnacl', 'lru-cache'];
    const isImpure = (imported: string) => !imported.startsWith('.') && !allowed.includes(imported);
    expect(offenders('libs/matrix/src/**/*.ts', isImpure)).toEqual([]);
  });

  it('decisions do no I/O', () => {
    const isImpure = (imported: string) =>
      [
        '@plexus/postgres',
        '@plexus/streams',
        '@plexus/rpc',
        '@plexus/cache',
        '@plexus/service',
        'undici',
        'pg',
      ].includes(imported) ||
      (imported.startsWith('node:') && imported !== 'node:crypto' && imported !== 'node:net');
    expect(offenders('services/*/src/domain/**/*.ts', isImpure)).toEqual([]);
  });

  it('roomserver reads bodies through the view that knows cold ones', () => {
    const found = sourceFiles('services/roomserver/src/**/*.ts')
      .filter((file) => !isTest(file) && /(?<!DELETE )(?:FROM|JOIN) roomserver\.event_bodies/.test(file.text))
      .map((file) => file.path)
      .filter((path) => !path.endsWith('/storage/cold-rows.ts'));
    expect(found).toEqual([]);
  });

  it('decisions and libs/matrix read neither the clock nor chance', () => {
    const impure =
      /\bDate\.now\(|\bnew Date\(\)|\bMath\.random\(|\bperformance\.now\(|\bprocess\.(?:env|hrtime|uptime)|\brandomBytes\(|\brandomUUID\(/;
    const found = sourceFiles('libs/matrix/src/**/*.ts', 'services/*/src/domain/**/*.ts')
      .filter((file) => !isTest(file) && impure.test(file.text))
      .map((file) => file.path);
    expect(found).toEqual([]);
  });

  it("no other part reads JSON with the platform's parser, which takes keys of one text for those of another", () => {
    const found = sourceFiles('libs/!(testkit)/src/**/*.ts', 'services/*/src/**/*.ts')
      .filter(
        (file) =>
          !isTest(file) && !/\/(?:testing|bench)\//.test(file.path) && /\bJSON\.parse\b|\.json\(\)/.test(file.text),
      )
      .map((file) => file.path)
      .filter((path) => !/^libs\/matrix\/src\/canonical-json\/(?:strict|stored|request)-json\.ts$/.test(path));
    expect(found).toEqual([]);
  });

  it('an error is logged whole, under one name', () => {
    const found = sourceFiles('libs/!(testkit)/src/**/*.ts', 'services/*/src/**/*.ts', 'cli/src/**/*.ts')
      .filter((file) => !isTest(file))
      .flatMap(({ path, text }) =>
        [...text.matchAll(/\blog\??\.(?:debug|info|warn|error)\([^;]*?\{([^}]*)\}/g)]
          .filter(([, fields = '']) => /\berr\b|\berror: (?:String\(|\w+\.message|`)/.test(fields))
          .map(([call]) => `${path}: ${call}`),
      );
    expect(found).toEqual([]);
  });

  it('only the command line and the configuration read the environment', () => {
    const found = sourceFiles('libs/!(testkit|config)/src/**/*.ts', 'services/*/src/**/*.ts')
      .filter((file) => !isTest(file) && file.text.includes('process.env'))
      .map((file) => file.path);
    expect(found).toEqual([]);
  });

  it('a service speaks SQL of its own schema only', () => {
    const found = services.flatMap((service) =>
      sourceFiles(`services/${service}/src/**/*.ts`).flatMap((file) =>
        services
          .filter((other) => other !== service)
          .filter((other) => new RegExp(`\\b(?:FROM|JOIN|INTO|UPDATE)\\s+${other}\\.`).test(file.text))
          .map((other) => `${file.path} names ${other}.*`),
      ),
    );
    expect(found).toEqual([]);
  });
});
