import type { PlexusConfig } from './schema.ts';
import { secretKeys } from './secret-files.ts';

const REDACTED = '[redacted]';

/** The configuration in force as it may be shown to anybody: defaults filled in, no secret in it, passwords of URLs among them. */
export function redactedConfig(config: PlexusConfig): Record<string, unknown> {
  const shown: Record<string, unknown> = { ...config };
  for (const [section, key] of secretKeys) {
    const keys = shown[section];
    if (typeof keys !== 'object' || keys === null || !(key in keys)) continue;
    const held: Record<string, unknown> = { ...keys };
    const value = held[key];
    if (typeof value === 'string') held[key] = withoutSecrets(value);
    shown[section] = held;
  }
  return { ...shown, nats: { ...config.nats, ...nats(config) } };
}

function nats({ nats: { servers, token, password } }: PlexusConfig): Record<string, unknown> {
  return {
    servers: servers.map(withoutSecrets),
    ...(token !== undefined && { token: REDACTED }),
    ...(password !== undefined && { password: REDACTED }),
  };
}

/** A URL keeps its host and user: what an operator compares. */
function withoutSecrets(value: string): string {
  if (!value.includes('://') || !URL.canParse(value)) return REDACTED;
  const url = new URL(value);
  // The token of a NATS server stands in the place of a user.
  if (url.protocol === 'nats:' && url.password === '' && url.username !== '') url.username = REDACTED;
  if (url.password !== '') url.password = REDACTED;
  return decodeURI(url.href);
}
