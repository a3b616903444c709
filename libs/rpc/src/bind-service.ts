import type { BoundService, ServiceDefinition, ServiceOf } from './types.ts';

/** Joins an implementation to its definition. @throws TypeError when a method of the definition is not implemented. */
export function bindService<Definition extends ServiceDefinition>(
  definition: Definition,
  implementation: ServiceOf<Definition>,
): BoundService {
  const methods = new Map<string, (request: unknown) => unknown>();
  for (const key of Object.keys(definition.methods)) {
    const method: unknown = Reflect.get(implementation, key);
    if (typeof method !== 'function') throw new TypeError(`${definition.fullName} has no implementation of ${key}`);
    methods.set(key, method.bind(implementation));
  }
  return {
    definition,
    call: async (key, request) => {
      const method = methods.get(key);
      if (method === undefined) throw new TypeError(`${definition.fullName} has no method ${key}`);
      return method(request);
    },
  };
}
