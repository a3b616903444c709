import { argon2, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';

/** What one hash costs: memory in KiB, passes over it, lanes. */
export interface PasswordCost {
  readonly memoryKib: number;
  readonly iterations: number;
  readonly parallelism: number;
}

interface Encoded extends PasswordCost {
  readonly salt: Buffer;
  readonly tag: Buffer;
}

const TAG_BYTES = 32;
const encodedForm = /^\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$([A-Za-z0-9+/]+)\$([A-Za-z0-9+/]+)$/;

/** On libuv's threads. See docs/decisions/argon2-of-node.md for why not the package. */
const derive = promisify(argon2);

/** argon2id (RFC 9106) of a password, encoded with its salt and cost: `$argon2id$v=19$m=…,t=…,p=…$salt$tag`. */
export async function argon2id(password: string, salt: Buffer, cost: PasswordCost): Promise<string> {
  return encode({ ...cost, salt, tag: await tagOf(password, salt, cost, TAG_BYTES) });
}

/**
 * Whether an encoded hash is that of the password; its own cost counts, so that the configured one may change.
 * @throws TypeError when the text is not an encoded hash
 */
export async function verifyArgon2id(encoded: string, password: string): Promise<boolean> {
  const { salt, tag, ...cost } = decode(encoded);
  return timingSafeEqual(tag, await tagOf(password, salt, cost, tag.length));
}

function tagOf(password: string, nonce: Buffer, cost: PasswordCost, tagLength: number): Promise<Buffer> {
  const { memoryKib: memory, iterations: passes, parallelism } = cost;
  return derive('argon2id', { message: password, nonce, memory, passes, parallelism, tagLength });
}

function encode({ memoryKib, iterations, parallelism, salt, tag }: Encoded): string {
  return `$argon2id$v=19$m=${memoryKib},t=${iterations},p=${parallelism}$${base64(salt)}$${base64(tag)}`;
}

function decode(encoded: string): Encoded {
  const [, memory, iterations, parallelism, salt, tag] = encodedForm.exec(encoded) ?? [];
  if (salt === undefined || tag === undefined) throw new TypeError('not an argon2id hash');
  return {
    memoryKib: Number(memory),
    iterations: Number(iterations),
    parallelism: Number(parallelism),
    salt: Buffer.from(salt, 'base64'),
    tag: Buffer.from(tag, 'base64'),
  };
}

function base64(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}
