import { type Operation, operations } from '@plexus/routes';
import { describe, expect, test } from 'vitest';
import { routeTable } from './route-table.ts';

const table = routeTable(operations);
const paths = operations.flatMap(({ owner, paths: all }) => all.map((path) => ({ owner, path })));
/** A request's path: what a client writes for parameters is a segment of any text. */
const sample = (path: string): string => path.replaceAll(/\{\w+\}/g, '!x%2Fy:example.org');
const ownersMatching = (path: string): string[] =>
  Object.entries(table.services)
    .filter(([, { expressions }]) => expressions.some((expression) => new RegExp(expression).test(path)))
    .map(([owner]) => owner);

describe('expressions', () => {
  test('every path that is served is matched by its owner and by no other service; one of several owners by none', () => {
    const owners = Map.groupBy(paths, ({ path }) => sample(path));
    for (const [path, owned] of owners) {
      const [owner, ...others] = new Set(owned.map((one) => one.owner));
      const expected = others.length > 0 || /^\/_(?:synapse|plexus\/admin)\//.test(path) ? '' : owner;
      expect(ownersMatching(path).join(), path).toBe(expected);
    }
  });

  test('the paths of several owners are those that clientapi writes and syncapi reads', () => {
    const shared = [...Map.groupBy(paths, ({ path }) => sample(path))].filter(
      ([, owned]) => new Set(owned.map(({ owner }) => owner)).size > 1,
    );
    const stateEvents = /^\/_matrix\/client\/(?:r0|v3)\/rooms\/[^/]+\/state\/[^/]+(?:\/[^/]*)?$/;
    expect(shared.map(([path]) => path).filter((path) => !stateEvents.test(path))).toEqual([]);
    expect(shared).not.toEqual([]);
  });

  test("nothing else is matched, nor the administrators' API", () => {
    for (const path of ['/', '/_matrix/client/v3/unknown', '/_matrix/client/v3/sync/more', '/x/_matrix/client/v3/sync'])
      expect(ownersMatching(path)).toEqual([]);
    for (const path of ['/_synapse/admin/v1/register', '/_plexus/admin/v1/statistics'])
      expect(ownersMatching(path)).toEqual([]);
    const open = [...table.prefixes, ...Object.values(table.services).flatMap(({ prefixes }) => prefixes)];
    expect(open.filter((prefix) => /^\/_(?:synapse|plexus)/.test(prefix))).toEqual([]);
  });

  test('they keep the limits of an HTTPRoute: 1024 characters a value, 64 matches a rule', () => {
    for (const { expressions } of Object.values(table.services)) {
      expect(expressions.length).toBeLessThanOrEqual(64);
      for (const expression of expressions) expect(expression.length).toBeLessThanOrEqual(1024);
    }
  });

  test('they know nothing but literals, alternatives and segments, as every engine of expressions does', () => {
    for (const { expressions } of Object.values(table.services))
      for (const expression of expressions)
        expect(expression).toMatch(/^\^(?:\/|[\w-]|\\\.|\(\?:|\||\)\??|\[\^\/\]\+)+\$$/);
  });
});

describe('prefixes', () => {
  test('below a prefix of a service there is no path of another', () => {
    for (const [owner, { prefixes }] of Object.entries(table.services))
      for (const prefix of prefixes) {
        const below = paths.filter(({ path }) => path === prefix || path.startsWith(`${prefix}/`));
        expect([...new Set(below.map((one) => one.owner))]).toEqual([owner]);
      }
  });

  test('every path begins with a prefix of the table', () => {
    const known = [...table.prefixes, ...table.admin];
    expect(paths.filter(({ path }) => !known.some((prefix) => path.startsWith(`${prefix}/`)))).toEqual([]);
  });
});

test('a path that two services share by method is routed to neither', () => {
  const operation = (owner: Operation['owner'], method: Operation['method'], path: string): Operation => ({
    key: `${owner}${method}`,
    operationId: method,
    method,
    path,
    paths: [path],
    owner,
    auth: 'none',
    rate: 'none',
    body: 'none',
    maxBodyBytes: undefined,
  });
  const { services } = routeTable([
    operation('clientapi', 'GET', '/_matrix/a/{b}'),
    operation('syncapi', 'PUT', '/_matrix/a/{c}'),
    operation('syncapi', 'PUT', '/_matrix/b'),
  ]);
  expect(services.clientapi).toEqual({ expressions: [], prefixes: [] });
  expect(services.syncapi).toEqual({ expressions: ['^/_matrix/b$'], prefixes: ['/_matrix/b'] });
});
