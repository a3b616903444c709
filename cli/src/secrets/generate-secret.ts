import { formatSigningKey, signingKeyFromSeed } from '@plexus/matrix';
import { CliError } from '../cli-error.ts';

/** The secrets that an installation needs, under the names that the Helm chart has for them. */
export const secretNames = [
  'signing.key',
  'rpc-token',
  'registration-shared-secret',
  'postgres-password',
  'nats-token',
  'redis-password',
] as const;
export type SecretName = (typeof secretNames)[number];

export const isSecretName = (name: string): name is SecretName => secretNames.some((known) => known === name);

/** A new secret of that name. @param random bytes fit for keys. */
export const generateSecret = (name: SecretName, random: (bytes: number) => Buffer): string => {
  if (name !== 'signing.key') return random(32).toString('hex');
  const key = signingKeyFromSeed(`a_${random(4).toString('hex')}`, random(32));
  if (key === undefined) throw new CliError('the signing key could not be made');
  return formatSigningKey(key);
};
