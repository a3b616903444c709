import { flushCompileCache } from 'node:module';
import { loadModules, serviceNames } from './service-modules.ts';

// Run once when an image is built: loads what its processes load, and leaves it compiled where NODE_COMPILE_CACHE says.
await Promise.all([
  import('commander'),
  import('@plexus/service'),
  import('./load-config.ts'),
  import('./commands/run.ts'),
  import('./commands/migrate.ts'),
  import('./commands/keys.ts'),
  loadModules(serviceNames),
]);
flushCompileCache();
