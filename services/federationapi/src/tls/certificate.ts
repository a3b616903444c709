import { readFile } from 'node:fs/promises';
import type { ServerName } from '@plexus/matrix';
import type { Logger } from '@plexus/observability';

/** Certificate chain and private key, PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

/**
 * The certificate of the listener for other servers: the configured one, or one that this process makes for itself, which other servers
 * accept only when they are told not to verify.
 */
export async function loadCertificate(
  files: { readonly certificateFile: string; readonly keyFile: string } | undefined,
  serverName: ServerName,
  now: number,
  log: Logger,
): Promise<Certificate> {
  if (files !== undefined) {
    const [cert, key] = await Promise.all([readFile(files.certificateFile, 'utf8'), readFile(files.keyFile, 'utf8')]);
    return { cert, key };
  }
  log.warn({}, 'federation.tls is not configured: other servers see a self-signed certificate and will refuse it');
  // Loaded when it is needed: 23 MB that a server with a certificate of its own does without.
  const { selfSignedCertificate } = await import('./self-signed.ts');
  return selfSignedCertificate(serverName, now);
}
