import { randomUUID } from 'node:crypto';
import { type Answer, type Json, send, textAt } from './http-client.ts';

/** A signed-in user over plain HTTP. */
export interface User {
  readonly userId: string;
  readonly token: string;
  readonly deviceId: string;
  call(method: string, path: string, body?: object, timeoutMs?: number): Promise<Answer>;
  /** As call, but throws for anything but 200. */
  ok(method: string, path: string, body?: object): Promise<Json>;
}

/** Makes an account through open registration and signs it in. */
export async function registerUser(base: string, name = `u${randomUUID().slice(0, 8)}`): Promise<User> {
  const path = '/_matrix/client/v3/register';
  const body = { username: name, password: `pass-${randomUUID()}` };
  const first = await send(base, 'POST', path, { body });
  const auth = { type: 'm.login.dummy', session: textAt(first.json, 'session') };
  const answer = await send(base, 'POST', path, { body: { ...body, auth } });
  if (answer.status !== 200) throw new Error(`register: ${answer.status} ${answer.text}`);
  return userOf(base, answer.json);
}

export function userOf(base: string, session: Json): User {
  const token = textAt(session, 'access_token');
  const call = (method: string, path: string, body?: object, timeoutMs?: number) =>
    send(base, method, path, {
      token,
      ...(body !== undefined && { body }),
      ...(timeoutMs !== undefined && { timeoutMs }),
    });
  return {
    userId: textAt(session, 'user_id'),
    deviceId: textAt(session, 'device_id'),
    token,
    call,
    async ok(method, path, body) {
      const answer = await call(method, path, body);
      if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${answer.text}`);
      return answer.json;
    },
  };
}

/** The path of a room's operation. */
export function roomPath(roomId: string, rest: string): string {
  return `/_matrix/client/v3/rooms/${encodeURIComponent(roomId)}/${rest}`;
}
