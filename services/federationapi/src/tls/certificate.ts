import { readFile } from 'node:fs/promises';
import type { ServerName } from '@plexus/matrix';
import { serverNameParts } from '@plexus/matrix';
import type { Logger } from '@plexus/observability';
import { generate } from 'selfsigned';

/** Certificate chain and private key, PEM. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
}

const DAY_MS = 24 * 3_600_000;
const VALID_DAYS = 365;

/**
 * The certificate of the listener for other servers: the configured one, or one that this process makes for itself. Other servers accept
 * the latter only behind a proxy that has a real one, or when they are told not to verify.
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
  const { host, kind } = serverNameParts(serverName);
  const made = await generate([{ name: 'commonName', value: host }], {
    keyType: 'ec',
    curve: 'P-256',
    algorithm: 'sha256',
    notBeforeDate: new Date(now - DAY_MS),
    notAfterDate: new Date(now + VALID_DAYS * DAY_MS),
    extensions: [
      { name: 'subjectAltName', altNames: [kind === 'dns' ? { type: 2, value: host } : { type: 7, ip: host }] },
    ],
  });
  return { cert: made.cert, key: made.private };
}
