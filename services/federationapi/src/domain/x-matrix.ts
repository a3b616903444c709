import { type JsonValue, parseServerName, type ServerName } from '@plexus/matrix';

/** What the Authorization header of a request between servers says. Server-Server API, "Request Authentication". */
export interface XMatrix {
  readonly origin: ServerName;
  /** Absent from servers older than v1.3. */
  readonly destination: ServerName | undefined;
  readonly keyId: string;
  /** Unpadded base64. */
  readonly signature: string;
}

const MAX_HEADER = 8192;
/** One `name=value` or `name="quoted value"`, with what separates it from the next. No repetition inside a repetition: linear time. */
const PARAMETER = /[ \t]*([a-z]+)[ \t]*=[ \t]*(?:"((?:[^"\\]|\\.)*)"|([^",\s]+))[ \t]*(?:,|$)/giy;

/** Reads the header; undefined for anything that is not exactly one X-Matrix authorization with all its parts. */
export function parseXMatrix(header: string): XMatrix | undefined {
  if (header.length > MAX_HEADER || !/^x-matrix /i.test(header)) return undefined;
  const parameters = new Map<string, string>();
  const rest = header.slice('x-matrix '.length).trimEnd();
  PARAMETER.lastIndex = 0;
  while (PARAMETER.lastIndex < rest.length) {
    const match = PARAMETER.exec(rest);
    const name = match?.[1]?.toLowerCase();
    if (match === null || name === undefined || parameters.has(name)) return undefined;
    parameters.set(name, match[2]?.replace(/\\(.)/g, '$1') ?? match[3] ?? '');
  }
  const origin = parseServerName(parameters.get('origin') ?? '');
  const destinationText = parameters.get('destination');
  const destination = destinationText === undefined ? undefined : parseServerName(destinationText);
  const [keyId, signature] = [parameters.get('key'), parameters.get('sig')];
  if (origin === undefined || keyId === undefined || signature === undefined) return undefined;
  if (destinationText !== undefined && destination === undefined) return undefined;
  if (!/^ed25519:\w{1,100}$/.test(keyId)) return undefined;
  return { origin, destination, keyId, signature };
}

/** The header of a request of ours. */
export function formatXMatrix({ origin, destination, keyId, signature }: XMatrix): string {
  const target = destination === undefined ? '' : `,destination="${destination}"`;
  return `X-Matrix origin="${origin}"${target},key="${keyId}",sig="${signature}"`;
}

/** What the signature of a request covers, before signing. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query as they stand in the request line. */
  readonly uri: string;
  readonly origin: ServerName;
  /** Signed since the first version of the protocol, whether or not the header names it too. */
  readonly destination: ServerName;
  /** Absent when the request has no body. */
  readonly content: JsonValue | undefined;
}

/** The JSON object that is signed for a request. */
export function signedRequestObject({ method, uri, origin, destination, content }: SignedRequest): {
  [key: string]: JsonValue;
} {
  return {
    method,
    uri,
    origin,
    destination,
    ...(content !== undefined && { content }),
  };
}
