import {
  isJsonObject,
  type JsonObject,
  ownValue,
  parseUserId,
  type ServerName,
  type UserId,
  userIdFrom,
} from '@plexus/matrix';

/**
 * The user that a login or a password stage names: `identifier` of type m.id.user, or the `user` that older clients send. A
 * localpart or a whole user id. Undefined for identifiers by which nobody is known here (m.id.thirdparty, m.id.phone, medium
 * and address). Client-server API, "Identifier types".
 */
export function namedUser(body: JsonObject): string | undefined {
  const identifier = ownValue(body, 'identifier');
  if (isJsonObject(identifier))
    return ownValue(identifier, 'type') === 'm.id.user' ? textOf(identifier, 'user') : undefined;
  return textOf(body, 'user');
}

/** The user id of a localpart, or of a whole user id. */
export function userIdOfName(name: string, serverName: ServerName): UserId | undefined {
  return name.startsWith('@') ? parseUserId(name) : userIdFrom(name, serverName);
}

function textOf(body: JsonObject, key: string): string | undefined {
  const value = ownValue(body, key);
  return typeof value === 'string' && value !== '' ? value : undefined;
}
