export type HttpMethod = 'GET' | 'POST' | 'PUT' | 'DELETE';

/** The service that answers an operation, as the gateways route it. */
export type OperationOwner = 'clientapi' | 'syncapi' | 'mediaapi' | 'appservice' | 'federationapi' | 'typing';

/** How a request says who makes it. `federation` is a request signed by another server. */
export type AuthKind = 'none' | 'accessToken' | 'optionalAccessToken' | 'appserviceToken' | 'federation';

/**
 * Which bucket a token is taken from. Each class has its own limit in the configuration. A route names the class that its requests count
 * in; what a request does (a wrong password, an account that is made) is counted by its handler.
 */
export type RateClass =
  | 'none'
  | 'general'
  | 'message'
  | 'login'
  | 'loginAccount'
  | 'interactiveAuth'
  | 'registration'
  | 'registrationCheck'
  | 'join'
  | 'invite'
  | 'inviteReceived'
  | 'accountData'
  | 'presence'
  | 'mediaUpload'
  | 'thirdPartyIdentifier';

/**
 * `json`: an object. `optionalJson`: an object, or nothing at all where the specification demands no field of it: clients leave it out.
 * `eventContent`: an object that becomes the content of an event, so its numbers are those of
 * canonical JSON, and it is handed on as text. `raw`: the handler reads the stream.
 */
export type BodyKind = 'json' | 'optionalJson' | 'eventContent' | 'raw' | 'none';

export interface Operation<Key extends string = string> {
  /** `<api>.<operationId>`; media counts as `client`, the server-server API is `federation`. */
  readonly key: Key;
  /** The specification's name. */
  readonly operationId: string;
  readonly method: HttpMethod;
  /** The path as the specification writes it, parameters as `{name}`. */
  readonly path: string;
  /** That path and every other one it is served under; a parameter that an alias lacks is absent from the request. */
  readonly paths: readonly string[];
  readonly owner: OperationOwner;
  readonly auth: AuthKind;
  readonly rate: RateClass;
  readonly body: BodyKind;
  /** The largest JSON body in bytes, where it is not that of all operations with the same kind of authentication. */
  readonly maxBodyBytes: number | undefined;
}

interface OperationOptions {
  readonly owner: OperationOwner;
  readonly auth: AuthKind;
  readonly rate?: RateClass;
  /** Without it: `json` for POST and PUT, `none` otherwise. */
  readonly body?: BodyKind;
  readonly maxBodyBytes?: number;
  /** Paths besides the specification's, each with its own aliases of older versions. */
  readonly also?: readonly string[];
}

/** An operation with the aliases that every path of its kind has. */
export function operation<const Key extends string>(
  key: Key,
  method: HttpMethod,
  path: string,
  options: OperationOptions,
): Operation<Key> {
  return {
    key,
    operationId: key.slice(key.indexOf('.') + 1),
    method,
    path,
    paths: [path, ...(options.also ?? [])].flatMap(withOlderVersions),
    owner: options.owner,
    auth: options.auth,
    rate: options.rate ?? 'none',
    body: options.body ?? (method === 'POST' || method === 'PUT' ? 'json' : 'none'),
    maxBodyBytes: options.maxBodyBytes,
  };
}

const clientV3 = '/_matrix/client/v3/';
const mediaV3 = '/_matrix/media/v3/';

/** Hydrogen, old bots and bridges call r0 for nearly everything, and media under r0 and v1. */
function withOlderVersions(path: string): string[] {
  if (path.startsWith(clientV3)) return [path, `/_matrix/client/r0/${path.slice(clientV3.length)}`];
  if (path.startsWith(mediaV3))
    return ['v3', 'r0', 'v1'].map((v) => `/_matrix/media/${v}/${path.slice(mediaV3.length)}`);
  return [path];
}
