import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { dashboards, type Panel } from '@plexus/monitoring';
import { eventually } from '@plexus/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type ScriptedBridge, startBridge } from '../journeys/bridge.ts';
import { at, type Json, listAt, send } from '../stack/http-client.ts';
import { checkout, type Stack, startStack } from '../stack/stack.ts';
import { registerUser, type User, userOf } from '../stack/user.ts';
import { configFile } from './config-file.ts';
import { everydayTraffic, registrationOf } from './everyday-traffic.ts';
import { type Prometheus, ruleProblems, startPrometheus } from './prometheus.ts';

const run = promisify(execFile);
const MAX_SERIES = 3_000;
/** So many seconds of scrapes are in each rate. */
const WINDOW = '30s';

const manyOf = { perSecond: 1_000, burst: 1_000 };
const rateLimits = {
  classes: {
    general: manyOf,
    message: manyOf,
    login: manyOf,
    registration: manyOf,
    registrationCheck: manyOf,
    join: manyOf,
    invite: manyOf,
  },
};

let bridge: ScriptedBridge;
let stack: Stack;
let prometheus: Prometheus;

beforeAll(async () => {
  bridge = await startBridge();
  await using config = await configFile({ adminApi: true, rateLimits, statistics: { reportSeconds: 1 } });
  const extra = ['--config', config.path, '--appservice', await registrationOf(bridge)];
  stack = await startStack('each', extra, { rateLimits: true });
  prometheus = await startPrometheus((await stack.state()).metricsUrls);
  await eventually('first scraped', async () => (await series('plexus_ready')).length === 9, 30_000);
  await everydayTraffic(stack.url, (await stack.state()).federationUrl);
  const doneAt = Date.now() / 1_000;
  await eventually('all of it scraped', () => isScraped(doneAt), 30_000);
});

afterAll(async () => {
  bridge?.server.close();
  await prometheus?.[Symbol.asyncDispose]();
  await stack?.[Symbol.asyncDispose]();
});

describe.each(dashboards)('the dashboard $uid, of a stack in use', ({ rows }) => {
  const panels = rows.flatMap((row) => row.panels);

  it('has no panel that fails or stays empty', async () => {
    const problems = await Promise.all(panels.map(problemsOf));
    expect(problems.flat()).toEqual([]);
  });
});

it('the rules are evaluated without an error, and of alerts none fires that a healthy stack should not have', async () => {
  expect(await ruleProblems(prometheus)).toEqual([]);
  const firing = await series('ALERTS{alertstate="firing"}');
  expect(firing.map((alert) => at(alert, 'metric', 'alertname'))).toEqual([]);
});

it('administrators are told who uses the server, by the command and by HTTP, and nobody else is', async () => {
  const { stdout } = await run(join(checkout, 'plexus'), ['admin', 'stats', '--json', '--data', stack.data]);
  const told: Json = JSON.parse(stdout);
  expect(at(told, 'activeUsers')).toBe(4);
  expect(at(told, 'appserviceAccounts')).toBe(1);
  const operations = listAt(told, 'operations').map((each) => at(each, 'operation'));
  expect(operations).toEqual(expect.arrayContaining(['client.sendMessage', 'client.sync', 'client.login']));
  expect(listAt(told, 'resources').map((each) => at(each, 'service'))).toEqual(
    expect.arrayContaining(['clientapi', 'syncapi', 'mediaapi']),
  );
  const path = '/_plexus/admin/v1/statistics?from=2026-01-01';
  const somebody = await registerUser(stack.url);
  expect((await somebody.call('GET', path)).status).toBe(403);
  const admin = await signedInAdmin();
  const answer = await admin.call('GET', `${path}&to=${new Date().toISOString().slice(0, 10)}`);
  expect([answer.status, at(answer.json, 'operations', 0, 'requests')]).toEqual([200, expect.any(Number)]);
  expect((await admin.call('GET', '/_plexus/admin/v1/statistics?from=never')).status).toBe(400);
});

it('no service has many series', async () => {
  const counts = await series('count by (job) ({app="plexus",__name__!~".*:.*"})');
  expect(counts.length).toBe(9);
  const bySize = counts.map((each) => [at(each, 'metric', 'job'), Number(at(each, 'value', 1))] as const);
  console.log(`series: ${bySize.map(([job, count]) => `${JSON.stringify(job)} ${count}`).join(', ')}`);
  expect(bySize.filter(([, count]) => count >= MAX_SERIES)).toEqual([]);
});

async function signedInAdmin(): Promise<User> {
  const making = run(join(checkout, 'plexus'), [
    'admin',
    'user',
    'create',
    'root',
    '--admin',
    '--password-stdin',
    '--data',
    stack.data,
  ]);
  making.child.stdin?.end('a long password');
  await making;
  const identifier = { type: 'm.id.user', user: 'root' };
  const body = { type: 'm.login.password', identifier, password: 'a long password' };
  return userOf(stack.url, (await send(stack.url, 'POST', '/_matrix/client/v3/login', { body })).json);
}

async function problemsOf({ title, queries, waitsFor }: Panel): Promise<string[]> {
  const problems: string[] = [];
  for (const { expr } of queries) {
    const answer = await prometheus.query(expanded(expr));
    const results = listAt(answer.json, 'data', 'result');
    if (answer.status !== 200) problems.push(`${title}: ${answer.text}`);
    else if (waitsFor === undefined && !results.some(hasNumber)) problems.push(`${title} is empty: ${expanded(expr)}`);
  }
  return problems;
}

/** As Grafana fills in its variables. */
function expanded(expression: string): string {
  return expression.replaceAll('$namespace', '.*').replaceAll('$job', '.*').replaceAll('$__rate_interval', WINDOW);
}

/** NaN is what a quantile of nothing is. */
function hasNumber(result: Json): boolean {
  return Number.isFinite(Number(at(result, 'value', 1)));
}

async function series(expression: string): Promise<Json[]> {
  return listAt((await prometheus.query(expression)).json, 'data', 'result');
}

/** Every process was scraped twice after that time, so that rates see what was last. */
async function isScraped(after: number): Promise<boolean> {
  const behind = await series(`count_over_time(plexus_ready[${Math.ceil(Date.now() / 1_000 - after) + 1}s]) < 3`);
  return Date.now() / 1_000 - after > 3 && behind.length === 0;
}
