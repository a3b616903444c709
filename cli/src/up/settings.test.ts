import { expect, test } from 'vitest';
import { mergeSettings, type UpFlags } from './settings.ts';

const noFlags: UpFlags = { data: 'data', rateLimits: true, appservice: [] };

const settingsOf = (flags: Partial<UpFlags>, file: Record<string, unknown> = {}) => {
  const merged = mergeSettings({ ...noFlags, ...flags }, file);
  if ('errors' in merged) throw new Error(merged.errors.join('\n'));
  return merged.settings;
};

const errorsOf = (flags: Partial<UpFlags>, file: Record<string, unknown> = {}) => {
  const merged = mergeSettings({ ...noFlags, ...flags }, file);
  return 'errors' in merged ? merged.errors : [];
};

test('without flags and file it listens on loopback, closed to registration, in one process', () => {
  expect(settingsOf({})).toMatchObject({ bind: '127.0.0.1', port: 8008, federationPort: 8448, layout: 'one' });
  expect(settingsOf({}).product).toEqual({ registration: {}, rateLimits: {}, appservices: [] });
});

test('flags win over the file, the file over the defaults', () => {
  const file = {
    serverName: 'file.org',
    listen: { http: { host: '0.0.0.0', port: 1 }, federation: { port: 2 } },
    registration: { requireToken: true },
    logLevel: 'debug',
  };
  const settings = settingsOf({ serverName: 'flag.org', port: '0', openRegistration: true, rateLimits: false }, file);
  expect(settings).toMatchObject({ serverName: 'flag.org', bind: '0.0.0.0', port: 0, federationPort: 2 });
  expect(settings.product).toMatchObject({
    logLevel: 'debug',
    registration: { requireToken: true, open: true },
    rateLimits: { enabled: false },
  });
});

test('registration files of flags come after those of the file, as absolute paths', () => {
  const { product } = settingsOf({ appservice: ['/b.yaml'] }, { appservices: ['/a.yaml'] });
  expect(product['appservices']).toEqual(['/a.yaml', '/b.yaml']);
});

test('every error is told at once and names its key', () => {
  const file = { registration: 5, services: {}, listen: { rpc: {} }, postgres: { url: 'mysql://root:secret@db' } };
  const errors = errorsOf({ port: '70000', processes: 'two' }, file);
  expect(errors.map((error) => error.split(':')[0])).toEqual(
    expect.arrayContaining([
      'listen.rpc',
      'services',
      'listen.http.port',
      '--processes',
      'postgres.url',
      'registration',
    ]),
  );
  expect(errors.join('\n')).not.toContain('secret');
});
