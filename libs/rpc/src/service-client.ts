import type { MethodDefinition, ServiceDefinition, ServiceOf } from './types.ts';

/** The generated interface over a function that makes one method's calls. */
export function serviceClient<Definition extends ServiceDefinition>(
  definition: Definition,
  methodCall: (key: string, method: MethodDefinition) => (request: unknown) => Promise<unknown>,
): ServiceOf<Definition> {
  const calls: Record<string, unknown> = {};
  for (const [key, method] of Object.entries(definition.methods)) calls[key] = methodCall(key, method);
  // The types of the messages are those of the codecs in the same definition; no type can say that of a loop over its keys.
  return calls as ServiceOf<Definition>;
}
