import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { findOperation, readSpecification, specificationFolder } from './specification.ts';

/** One exchange as a client saw it. Bodies are parsed JSON; undefined when there was none or it is not JSON. */
export interface Exchange {
  readonly method: string;
  readonly path: string;
  readonly requestBody: unknown;
  readonly status: number;
  readonly responseBody: unknown;
}

export interface Validator {
  /** What the specification finds wrong with the exchange, one sentence each. */
  check(exchange: Exchange): string[];
  /** Operations that were checked so far. */
  readonly seen: ReadonlySet<string>;
}

/**
 * Members of responses that are null where the specification has no value: Synapse sends them so, and mautrix-go, nio and matrix-commander fail
 * when they are missing.
 */
const nullForClients: Readonly<Record<string, RegExp>> = {
  getDevice: /^\/(display_name|last_seen_ip|last_seen_ts)$/,
  getDevices: /^\/devices\/\d+\/(display_name|last_seen_ip|last_seen_ts)$/,
  getJoinedMembersByRoom: /^\/joined\/[^/]+\/(display_name|avatar_url)$/,
};

/** A validator over the specification's data; undefined where that is not beside the checkout. */
export function openApiValidator(): Validator | undefined {
  const folder = specificationFolder();
  if (folder === undefined) return undefined;
  const specification = readSpecification(folder);
  const ajv = new Ajv2020({
    strict: false,
    validateFormats: false,
    validateSchema: false,
    allErrors: true,
    logger: false,
    verbose: true,
  });
  for (const [uri, document] of specification.documents) ajv.addSchema(document, uri, false, false);
  const compiled = new Map<string, ValidateFunction>();
  const seen = new Set<string>();
  const validate = (reference: string, value: unknown, nullable?: RegExp): string[] => {
    const existing = compiled.get(reference);
    const schema = existing ?? ajv.compile({ $ref: reference });
    if (existing === undefined) compiled.set(reference, schema);
    if (schema(value)) return [];
    return (schema.errors ?? [])
      .filter(({ data, instancePath }) => data !== null || nullable?.test(instancePath) !== true)
      .map((error) => `${error.instancePath || '/'} ${error.message}`);
  };
  return {
    seen,
    check({ method, path, requestBody, status, responseBody }) {
      const operation = findOperation(
        specification,
        method,
        path.replace(/^\/_matrix\/client\/r0\//, '/_matrix/client/v3/'),
      );
      if (operation === undefined) return [];
      seen.add(operation.operationId);
      const where = `${operation.operationId} (${method} ${path})`;
      const problems: string[] = [];
      if (operation.request !== undefined && requestBody !== undefined && status < 400)
        problems.push(...validate(operation.request, requestBody).map((problem) => `${where} request: ${problem}`));
      const response = operation.responses.get(String(status));
      if (response !== undefined)
        problems.push(
          ...validate(response, responseBody, nullForClients[operation.operationId]).map(
            (problem) => `${where} response ${status}: ${problem}`,
          ),
        );
      if (status >= 400 && !isMatrixError(responseBody, status))
        problems.push(`${where} response ${status}: no errcode`);
      return problems;
    },
  };
}

/** Every error names itself, but for the answers of the user-interactive authentication, which name their flows. */
function isMatrixError(body: unknown, status: number): boolean {
  if (typeof body !== 'object' || body === null) return false;
  if ('errcode' in body) return typeof body.errcode === 'string';
  return status === 401 && 'flows' in body;
}
