import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';

function run(statement: string) {
  const script = `
    import { createObservability } from '@plexus/observability';
    import { exitOnUncaughtErrors } from '${new URL('./uncaught-errors.ts', import.meta.url).href}';
    exitOnUncaughtErrors(createObservability({ service: 'test', level: 'info' }).log);
    setInterval(() => {}, 1_000);
    ${statement}`;
  const cwd = new URL('..', import.meta.url);
  return spawnSync(process.execPath, ['--input-type=module', '-e', script], { cwd, timeout: 20_000, encoding: 'utf8' });
}

test.each([
  ['thrown', "setTimeout(() => { throw new Error('boom'); });"],
  ['rejected', "Promise.reject(new Error('boom'));"],
])('an error that nobody handles (%s) is logged as a line of JSON, and the process ends with 1', (_, statement) => {
  const { status, stdout } = run(statement);
  expect(status).toBe(1);
  expect(JSON.parse(stdout)).toMatchObject({ level: 'error', error: { message: 'boom' } });
});
