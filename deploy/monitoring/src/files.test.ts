import { expect, test } from 'vitest';
import { generatedFiles, readInCheckout } from './files.ts';

test.each([...generatedFiles()])('%s is as it is generated: node deploy/monitoring/src/main.ts', (path, content) => {
  expect(readInCheckout(path)).toBe(content);
});
