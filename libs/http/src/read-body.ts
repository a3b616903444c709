import type { IncomingMessage } from 'node:http';
import { isJsonObject, isNotJson, type JsonObject, type NumberRules, parseRequestJson } from '@plexus/matrix';
import { errors, MatrixHttpError } from './errors.ts';

/** A JSON body must be there this long after its request's headers; uploads have the server's own, longer limit. */
const BODY_DEADLINE_MS = 30_000;

export interface ParsedBody {
  readonly body: JsonObject;
  readonly text: string;
}

const NO_BODY: ParsedBody = { body: Object.freeze({}), text: '' };

interface JsonBodyRules {
  readonly numbers: 'ordinary' | 'preserved';
  /** No body at all counts as an empty object. */
  readonly isOptional: boolean;
}

/** The body of an operation that takes a JSON object. M_NOT_JSON, also for an empty one that is not optional; M_BAD_JSON, M_TOO_LARGE. */
export async function readJsonBody(
  incoming: IncomingMessage,
  maxBytes: number,
  { numbers, isOptional }: JsonBodyRules,
): Promise<ParsedBody> {
  const bytes = await readBytes(incoming, maxBytes);
  if (bytes.length > 0) return { body: parseObject(bytes, numbers), text: '' };
  if (!isOptional) throw errors.notJson();
  return NO_BODY;
}

/** The body of an operation that makes it an event's content: the text goes on as it came, once it is known to be sound. */
export async function readEventContent(incoming: IncomingMessage, maxBytes: number): Promise<ParsedBody> {
  const bytes = await readBytes(incoming, maxBytes);
  if (bytes.length === 0) throw errors.notJson();
  return { body: parseObject(bytes, 'canonical'), text: bytes.toString('utf8') };
}

export function noBody(): ParsedBody {
  return NO_BODY;
}

function parseObject(bytes: Buffer, numbers: NumberRules): JsonObject {
  const result = parseRequestJson(bytes, { numbers });
  if (!result.ok) throw isNotJson(result.error.code) ? errors.notJson() : errors.badJson(reason(result.error.code));
  if (!isJsonObject(result.value)) throw errors.badJson('The request body must be a JSON object');
  return result.value;
}

function reason(code: string): string {
  return `The request body is not acceptable: ${code.replaceAll('_', ' ')}`;
}

/** Reads a whole body, refusing it as soon as it is known to be too large or encoded. */
export function readBytes(incoming: IncomingMessage, maxBytes: number): Promise<Buffer> {
  const encoding = incoming.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity')
    return Promise.reject(new MatrixHttpError(415, 'M_UNKNOWN', 'Content-Encoding is not supported'));
  if (Number(incoming.headers['content-length'] ?? 0) > maxBytes) return Promise.reject(errors.tooLarge());
  return new Promise((resolve, reject) => collect(incoming, maxBytes, resolve, reject));
}

function collect(
  incoming: IncomingMessage,
  maxBytes: number,
  resolve: (bytes: Buffer) => void,
  reject: (error: Error) => void,
): void {
  const chunks: Buffer[] = [];
  let length = 0;
  const fail = (error: Error) => {
    clearTimeout(deadline);
    incoming.off('data', onData).off('end', onEnd);
    incoming.resume();
    reject(error);
  };
  const onData = (chunk: Buffer) => {
    length += chunk.length;
    if (length > maxBytes) fail(errors.tooLarge());
    else chunks.push(chunk);
  };
  const onEnd = () => {
    clearTimeout(deadline);
    const [first] = chunks;
    resolve(chunks.length === 1 && first !== undefined ? first : Buffer.concat(chunks, length));
  };
  const deadline = setTimeout(
    () => fail(new MatrixHttpError(408, 'M_UNKNOWN', 'The request body took too long')),
    BODY_DEADLINE_MS,
  );
  incoming.on('data', onData);
  incoming.once('end', onEnd);
  incoming.once('error', () => fail(new MatrixHttpError(400, 'M_UNKNOWN', 'The request was cut off')));
}
