import { describe, expect, expectTypeOf, it } from 'vitest';
import { branded, execute, type RowOf, statement } from './statement.ts';
import type { Queryable, SqlValue, Statement } from './types.ts';

type UserId = string & { readonly brand: 'UserId' };

const selectUsers = statement(
  'test_select_users',
  { names: 'text[]', newest: 'bigint' },
  { user_id: branded<UserId>()('text'), created: 'bigint', avatar: 'text?', tags: 'text?[]' },
  'SELECT user_id, created, avatar, tags FROM users WHERE created < $newest AND name = ANY($names) AND $newest > 0',
);

describe('a typed statement', () => {
  it('numbers its parameters in the order of their declaration', () => {
    expect(selectUsers.text).toContain('created < $2 AND name = ANY($1) AND $2 > 0');
  });

  it('is run with its parameters by name', async () => {
    const asked: [string, readonly SqlValue[]][] = [];
    const queryable: Queryable = {
      query: async ({ text }: Statement, values: readonly SqlValue[]) => {
        asked.push([text, values]);
        return [];
      },
    };
    await execute(queryable, selectUsers, { newest: 5, names: ['a'] });
    expect(asked).toEqual([[selectUsers.text, [['a'], 5]]]);
  });

  it('gives rows of the types that it declares', () => {
    expectTypeOf<RowOf<typeof selectUsers>>().toEqualTypeOf<{
      readonly user_id: UserId;
      readonly created: number;
      readonly avatar: string | null;
      readonly tags: readonly (string | null)[];
    }>();
  });

  it('is refused when its text and its declaration disagree', () => {
    expect(() => statement('test_undeclared', {}, {}, 'SELECT $name')).toThrow('does not declare its parameter name');
    expect(() => statement('test_unused', { name: 'text' }, {}, 'SELECT 1')).toThrow(
      'does not use its parameters name',
    );
  });
});
