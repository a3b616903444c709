import { serveRpc } from '../src/server/serve-rpc.ts';
import { ScriptedService, watchedObservability } from './scripted-service.ts';

/* A process that serves the scripted service and sends its port, to be stopped and killed by tests. */
const { port } = await serveRpc({
  bound: [new ScriptedService('process').bound],
  listen: { host: '127.0.0.1', port: 0 },
  observability: watchedObservability(),
});
process.send?.(port);
