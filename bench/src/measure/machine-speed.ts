import { generateKeyPairSync, sign, verify } from 'node:crypto';

const MESSAGE_BYTES = 600;
const ROUNDS = 8;
const VERIFICATIONS = 500;

/**
 * Microseconds of a bare Ed25519 verification, in the fastest of some rounds. It is the same work on every machine: a figure is worth what
 * the machine was when it was taken.
 */
export function machineSpeed(): number {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const message = Buffer.alloc(MESSAGE_BYTES, 7);
  const signature = sign(null, message, privateKey);
  const round = () => {
    const startedAt = performance.now();
    for (let index = 0; index < VERIFICATIONS; index++) verify(null, message, publicKey, signature);
    return ((performance.now() - startedAt) * 1_000) / VERIFICATIONS;
  };
  return Math.min(...Array.from({ length: ROUNDS }, round));
}
