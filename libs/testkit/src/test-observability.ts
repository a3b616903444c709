import { Writable } from 'node:stream';
import { createObservability, type Observability } from '@plexus/observability';

export interface TestObservability extends Observability {
  /** Log lines so far, parsed. */
  readonly lines: readonly Record<string, unknown>[];
}

/** Metrics in a registry of their own, and log lines kept in memory instead of printed. */
export function testObservability(service = 'test'): TestObservability {
  const lines: Record<string, unknown>[] = [];
  const destination = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().split('\n')) if (line !== '') lines.push(JSON.parse(line));
      done();
    },
  });
  const { log, metrics } = createObservability({ service, level: 'debug', destination });
  return { log, metrics, lines };
}
