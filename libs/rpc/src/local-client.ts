import type { Observability } from '@plexus/observability';
import { callOptions } from './call-options.ts';
import { RpcError } from './rpc-error.ts';
import { ServedMethod, sameOrigin } from './served-method.ts';
import { serviceClient } from './service-client.ts';
import type { BoundService, ServiceDefinition, ServiceOf } from './types.ts';

export interface LocalClientOptions {
  readonly defaultTimeoutMs: number;
  readonly observability: Observability;
}

/**
 * A service of the same process through its generated interface. Requests and responses are handed over as they are, not copied: neither
 * side changes one it has given away. Calls made before the service is bound wait for it, up to their deadline.
 */
export function localClient<Definition extends ServiceDefinition>(
  definition: Definition,
  service: BoundService | Promise<BoundService>,
  { defaultTimeoutMs, observability }: LocalClientOptions,
): ServiceOf<Definition> {
  return serviceClient(definition, (key) => {
    let target: ServedMethod | undefined;
    const bind = (bound: BoundService): ServedMethod => {
      target ??= new ServedMethod(bound, key, 'local', observability);
      return target;
    };
    if (!(service instanceof Promise)) bind(service);
    return async (request) => {
      const options = callOptions();
      if (options?.signal?.aborted === true) throw cancelled();
      const timeoutMs = options?.timeoutMs ?? defaultTimeoutMs;
      if (target === undefined) bind(await bound(service, definition, timeoutMs));
      if (target === undefined) throw new RpcError('UNAVAILABLE', `${definition.name} did not start`);
      const response = target.serve(request, timeoutMs, sameOrigin);
      return options?.signal === undefined ? response : cancellable(response, options.signal);
    };
  });
}

/** Rejects with CANCELLED when the signal is aborted before the response is there. */
function cancellable<T>(response: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const cancel = () => reject(cancelled());
    signal.addEventListener('abort', cancel, { once: true });
    response.then(resolve, reject).finally(() => signal.removeEventListener('abort', cancel));
  });
}

function cancelled(): RpcError {
  return new RpcError('CANCELLED', 'the caller no longer waits');
}

function bound(
  service: BoundService | Promise<BoundService>,
  definition: ServiceDefinition,
  timeoutMs: number,
): Promise<BoundService> {
  return new Promise((resolve, reject) => {
    const deadline = setTimeout(
      () => reject(new RpcError('UNAVAILABLE', `${definition.name} did not start within ${timeoutMs} ms`)),
      timeoutMs,
    );
    Promise.resolve(service)
      .then(resolve, () => reject(new RpcError('UNAVAILABLE', `${definition.name} did not start`)))
      .finally(() => clearTimeout(deadline));
  });
}
