import { serviceNames } from '@plexus/service';
import { expect, test } from 'vitest';
import { heldBy, processNames, services } from './process-plan.ts';

test('the supervisor knows every service that there is', () => {
  expect(Object.keys(services).toSorted()).toEqual([...serviceNames].toSorted());
});

test('both layouts run every service and the gateway', () => {
  const all = [...serviceNames, 'gateway'].toSorted();
  expect(processNames('one').flatMap(heldBy).toSorted()).toEqual(all);
  expect(processNames('each').flatMap(heldBy).toSorted()).toEqual(all);
});
