import { expect, test } from 'vitest';
import { parsePasswd } from './unprivileged-user.ts';

const passwd =
  'root:x:0:0:root:/root:/bin/bash\npostgres:x:101:104:PostgreSQL:/var/lib/postgresql:/bin/bash\nbroken:x:\n';

test('a user is found by the whole name', () => {
  expect(parsePasswd(passwd, 'postgres')).toEqual({ name: 'postgres', uid: 101, gid: 104 });
  expect(parsePasswd(passwd, 'post')).toBeUndefined();
});
