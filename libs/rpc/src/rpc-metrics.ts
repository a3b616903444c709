import { gauge, histogram, type Observability, rpcMetrics } from '@plexus/observability';

export type RpcSide = 'client' | 'server' | 'local';

/** Count and latency by outcome, and calls in flight, of one method on one side. */
export interface MethodMetrics {
  started(): void;
  /** @param code `OK` or an RpcCode */
  ended(code: string, milliseconds: number): void;
}

/** Metrics of the method; `service` without its package, for example `RoomserverService`. */
export function methodMetrics(
  observability: Observability,
  side: RpcSide,
  service: string,
  method: string,
): MethodMetrics {
  const seconds = histogram(observability, rpcMetrics.seconds);
  const inFlight = gauge(observability, rpcMetrics.inFlight);
  const flying = inFlight.labels({ side, service, method });
  const byCode = new Map<string, ReturnType<typeof seconds.labels>>();
  return {
    started: () => flying.inc(),
    ended: (code, milliseconds) => {
      flying.dec();
      let observed = byCode.get(code);
      if (observed === undefined) {
        observed = seconds.labels({ side, service, method, code });
        byCode.set(code, observed);
      }
      observed.observe(milliseconds / 1000);
    },
  };
}
