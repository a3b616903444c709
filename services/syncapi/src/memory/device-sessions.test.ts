import { expect, it } from 'vitest';
import { DeviceSessions } from './device-sessions.ts';

it('remembers what was sent while the device goes on from its answers', () => {
  const sessions = new DeviceSessions(10);
  const first = sessions.resume('@a:x', 'D', undefined);
  first.sent('!r:x', '@b:x', '$1');
  first.nextBatch = 's1';
  expect(sessions.resume('@a:x', 'D', 's1').membersOf('!r:x')?.get('@b:x')).toBe('$1');
  expect(sessions.resume('@a:x', 'OTHER', 's1').membersOf('!r:x')).toBeUndefined();
});

it.each([undefined, 's0'])('forgets everything when the device comes with %s instead', (since) => {
  const sessions = new DeviceSessions(10);
  const session = sessions.resume('@a:x', 'D', undefined);
  session.sent('!r:x', '@b:x', '$1');
  session.nextBatch = 's1';
  expect(sessions.resume('@a:x', 'D', since).membersOf('!r:x')).toBeUndefined();
});

it('forgets the device that was longest away when there are too many', () => {
  const sessions = new DeviceSessions(2);
  for (const device of ['A', 'B']) sessions.resume('@a:x', device, undefined).nextBatch = device;
  sessions.resume('@a:x', 'A', 'A').sent('!r:x', '@b:x', '$1');
  sessions.resume('@a:x', 'C', undefined);
  expect(sessions.resume('@a:x', 'A', 'A').membersOf('!r:x')).toBeDefined();
  expect(sessions.resume('@a:x', 'B', 'B').nextBatch).toBe('');
});
