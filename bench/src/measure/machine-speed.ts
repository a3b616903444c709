import { generateKeyPairSync, sign, verify } from 'node:crypto';

const MESSAGE_BYTES = 600;
const WARM_UP = 500;
const VERIFICATIONS = 2_000;

/** Microseconds of a bare Ed25519 verification, which is the same work on every machine: a figure is worth what the machine was when it was taken. */
export function machineSpeed(): number {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const message = Buffer.alloc(MESSAGE_BYTES, 7);
  const signature = sign(null, message, privateKey);
  const run = (count: number) => {
    for (let index = 0; index < count; index++) verify(null, message, publicKey, signature);
  };
  run(WARM_UP);
  const startedAt = performance.now();
  run(VERIFICATIONS);
  return ((performance.now() - startedAt) * 1_000) / VERIFICATIONS;
}
