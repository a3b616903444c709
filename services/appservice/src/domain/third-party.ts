import { isJsonObject, type JsonObject, type JsonValue, ownValue, parseRequestJson } from '@plexus/matrix';

/** What one bridge says about a protocol. */
export interface ProtocolOfBridge {
  readonly bridgeId: string;
  readonly protocol: JsonObject;
}

/**
 * One protocol of several bridges: the first describes it, and the instances of all are listed. Each gets the id by which clients name the
 * network to the room directory (`third_party_instance_id`). Client-Server API, "Third-party Lookups".
 */
export function mergedProtocol(answers: readonly ProtocolOfBridge[]): JsonObject | undefined {
  const [first] = answers;
  if (first === undefined) return undefined;
  const instances = answers.flatMap(({ bridgeId, protocol }) =>
    instancesOf(protocol).map((instance) => {
      const network = ownValue(instance, 'network_id');
      return typeof network === 'string' ? { ...instance, instance_id: `${bridgeId}|${network}` } : instance;
    }),
  );
  return { ...first.protocol, instances };
}

function instancesOf(protocol: JsonObject): JsonObject[] {
  const instances = ownValue(protocol, 'instances');
  return Array.isArray(instances) ? instances.filter(isJsonObject) : [];
}

/** The description of a protocol that a bridge answered; undefined when it is none. */
export function protocolIn(body: string): JsonObject | undefined {
  const value = parsed(body);
  return isJsonObject(value) && Array.isArray(ownValue(value, 'instances')) ? value : undefined;
}

export type LookupKind = 'user' | 'location';

/** The users or locations that a bridge answered, without what is none. */
export function resultsIn(body: string, kind: LookupKind): JsonObject[] {
  const value = parsed(body);
  if (!Array.isArray(value)) return [];
  const id = kind === 'user' ? 'userid' : 'alias';
  return value
    .filter(isJsonObject)
    .filter(
      (result) =>
        typeof ownValue(result, id) === 'string' &&
        typeof ownValue(result, 'protocol') === 'string' &&
        isJsonObject(ownValue(result, 'fields')),
    );
}

function parsed(body: string): JsonValue | undefined {
  const result = parseRequestJson(Buffer.from(body));
  return result.ok ? result.value : undefined;
}
