import type { Pusher, UserapiService } from '@plexus/contracts/userapi';
import {
  authenticated,
  emptyObject,
  errors,
  type Handler,
  MatrixHttpError,
  objectField,
  optionalBoolean,
  optionalString,
  stringField,
} from '@plexus/http';
import { type JsonObject, ownValue, type UserId } from '@plexus/matrix';
import type { ClientapiContext } from '../../context.ts';

/** In bytes. Client-server API, "POST /_matrix/client/v3/pushers/set". */
const maxBytes = { app_id: 64, pushkey: 512, text: 1024 } as const;

/**
 * Client-server API, "POST /_matrix/client/v3/pushers/set": `kind` null deletes a pusher. M_THREEPID_NOT_FOUND for an e-mail pusher to an
 * address that is not the user's.
 */
export function postPusher({ clients }: ClientapiContext): Handler {
  const { userapi } = clients;
  return authenticated(async ({ body, requester }) => {
    const { userId, deviceId } = requester;
    const appId = stringField(body, 'app_id', { max: maxBytes.app_id });
    const pushkey = stringField(body, 'pushkey', { max: maxBytes.pushkey });
    if (ownValue(body, 'kind') === null) {
      await userapi.deletePusher({ userId, appId, pushkey });
      return emptyObject();
    }
    const pusher = readPusher(body, appId, pushkey);
    if (pusher.kind === 'email') await requireOwnAddress(userapi, userId, pushkey);
    const append = optionalBoolean(body, 'append') ?? false;
    const { error } = await userapi.setPusher({ userId, deviceId, pusher, append });
    if (error !== undefined) throw errors.fromRpc(error);
    return emptyObject();
  });
}

function readPusher(body: JsonObject, appId: string, pushkey: string): Pusher {
  const kind = stringField(body, 'kind', { max: maxBytes.text });
  const data = objectField(body, 'data');
  if (kind !== 'http' && kind !== 'email') throw errors.invalidParam('kind', 'must be http, email or null');
  if (kind === 'http' && !isPushUrl(stringField(data, 'url', { max: maxBytes.text })))
    throw errors.invalidParam('data.url', 'must be a URL of HTTP that ends in /_matrix/push/v1/notify');
  const profileTag = optionalString(body, 'profile_tag', { max: maxBytes.text });
  return {
    appId,
    pushkey,
    kind,
    appDisplayName: stringField(body, 'app_display_name', { max: maxBytes.text }),
    deviceDisplayName: stringField(body, 'device_display_name', { max: maxBytes.text }),
    ...(profileTag !== undefined && { profileTag }),
    lang: stringField(body, 'lang', { max: maxBytes.text }),
    data: JSON.stringify(data),
  };
}

function isPushUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, pathname } = new URL(text);
  return (protocol === 'https:' || protocol === 'http:') && pathname === '/_matrix/push/v1/notify';
}

async function requireOwnAddress(userapi: UserapiService, userId: UserId, address: string): Promise<void> {
  const { identifiers } = await userapi.getThirdPartyIdentifiers({ userId });
  const isOwn = identifiers.some((identifier) => identifier.medium === 'email' && identifier.address === address);
  if (!isOwn) throw new MatrixHttpError(400, 'M_THREEPID_NOT_FOUND', 'This e-mail address is not yours');
}
