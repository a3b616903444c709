import { expect, test } from 'vitest';
import { postgresSettings, sizes } from './postgres-settings.ts';

const gigabyte = 1024 ** 3;

test('PostgreSQL takes an eighth of the memory, between 64 MB and 1 GB', () => {
  expect(sizes(4 * gigabyte, 2)).toContain('shared_buffers = 512MB');
  expect(sizes(64 * gigabyte, 2)).toContain('shared_buffers = 1024MB');
  expect(sizes(gigabyte / 4, 2)).toContain('shared_buffers = 64MB');
});

test('only the database of tests does not wait for the disk', () => {
  const listener = { kind: 'socket', folder: "/tmp/it's" } as const;
  expect(postgresSettings(listener, true)).not.toMatch(/fsync|synchronous_commit|full_page_writes/);
  expect(postgresSettings(listener, false)).toContain('fsync = off');
  expect(postgresSettings(listener, true)).toContain("unix_socket_directories = '/tmp/it''s'");
});
