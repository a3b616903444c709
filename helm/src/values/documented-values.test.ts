import { describe, expect, test } from 'vitest';
import { documentedValues, leavesOf } from './documented-values.ts';
import { valuesSchema } from './values-schema.ts';
import { valuesTable } from './values-table.ts';

const text = `
# A heading that documents nothing.
store:
  # -- Where it is,
  # in two lines.
  # @schema {"pattern":"^a"}
  host: a|b
  # -- Its port.
  port: 1
# -- What all have.
defaults:
  # -- How many.
  replicas: 2
# -- For one alone.
gateway:
  replicas: 3
`;

test('comments, additions to the schema and defaults are read from over the keys', () => {
  const leaves = leavesOf(documentedValues(text));
  expect(leaves.map(({ key, description, value }) => [key, description, value])).toEqual([
    ['store.host', 'Where it is, in two lines.', 'a|b'],
    ['store.port', 'Its port.', 1],
    ['defaults', 'What all have.', { replicas: 2 }],
    ['defaults.replicas', 'How many.', 2],
    ['gateway', 'For one alone.', { replicas: 3 }],
  ]);
  expect(leaves[0]?.schema).toEqual({ pattern: '^a' });
});

describe('a key without a comment', () => {
  test('is an error that names it', () => {
    expect(() => documentedValues('a:\n  # -- One.\n  b: 1\n  c: 2\nd: 3\n')).toThrow(
      /^a\.c: has no comment.*\nd: has no comment/,
    );
  });
});

test('the schema takes no key that is not there, and sections of services are shaped like the defaults', () => {
  const { properties, additionalProperties, $defs } = valuesSchema(documentedValues(text), ['gateway']);
  expect(additionalProperties).toBe(false);
  expect(properties).toMatchObject({
    store: {
      additionalProperties: false,
      properties: { host: { type: 'string', pattern: '^a' }, port: { type: 'integer' } },
    },
    gateway: { $ref: '#/$defs/service' },
  });
  expect($defs).toMatchObject({
    service: { additionalProperties: false, properties: { replicas: { type: 'integer' } } },
  });
});

test('the table has a row for each value', () => {
  expect(valuesTable(documentedValues(text)).split('\n').slice(2)).toEqual([
    '| `store.host` | `"a\\|b"` | Where it is, in two lines. |',
    '| `store.port` | `1` | Its port. |',
    '| `defaults` |  | What all have. |',
    '| `defaults.replicas` | `2` | How many. |',
    '| `gateway` | `{"replicas":3}` | For one alone. |',
  ]);
});
