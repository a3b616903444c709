import { defineConfig } from 'vitest/config';

const elsewhere = ['**/node_modules/**', '**/.plexus/**'];

/** `plexus test` runs these one after another and gives the servers that int and e2e need. */
export default defineConfig({
  test: {
    projects: [
      {
        test: {
          name: 'unit',
          include: [
            '{libs,services}/*/{src,test}/**/*.test.ts',
            '{cli,bench,e2e,helm,deploy/monitoring,deploy/supply-chain}/src/**/*.test.ts',
          ],
          exclude: [...elsewhere, '**/*.int.test.ts', '**/*.e2e.test.ts'],
        },
      },
      {
        test: {
          name: 'int',
          include: [
            '{libs,services}/*/{src,test}/**/*.int.test.ts',
            '{cli,bench,e2e,helm,deploy/monitoring,deploy/supply-chain}/src/**/*.int.test.ts',
          ],
          exclude: elsewhere,
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['**/*.e2e.test.ts'],
          exclude: elsewhere,
          // Each brings up the whole product: two at a time would measure each other.
          fileParallelism: false,
          testTimeout: 120_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
});
